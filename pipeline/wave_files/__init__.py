"""The only readers of delivered files, one module per format; `read_delivery` tells them apart by content."""

from pipeline.wave_files.content import Said
from pipeline.wave_files.delivery import Delivery
from pipeline.wave_files.described import read_delivery

__all__ = ["Delivery", "Said", "read_delivery"]
