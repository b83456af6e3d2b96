"""The only readers of delivered files, one module per format; `read_delivery` tells them apart by content.

The names are looked up when they are asked for, because who needs one format (`pipeline.data_files`) need not wait
for the import of all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.wave_files.content import Said
    from pipeline.wave_files.delivery import Delivery
    from pipeline.wave_files.described import read_delivery

__all__ = ["Delivery", "Said", "read_delivery"]
MODULES = {"Delivery": "delivery", "Said": "content", "read_delivery": "described"}


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
