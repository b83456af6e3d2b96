"""How a frame's rows get into DuckDB: Enums as its own ENUM by their numbers, everything else as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl

MOST_IN_A_BYTE = 127  # of the numbers 0 to 126 and -1, which is none
_ROWS, _ENUMS = "arrived_rows", "arrived_enums"


@contextmanager
def arrived(connection: Any, frame: pl.DataFrame) -> Iterator[str]:
    """Yield what stands after `from`: the frame's rows; the order of its columns is lost.

    Args:
        frame: at least one column is no Enum; no two names are alike but for their case.

    DuckDB takes an Arrow dictionary for text and would hash every cell again; of a pandas Categorical it takes the
    numbers.
    """
    enums = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)]
    connection.register(_ROWS, frame.drop(enums))
    if enums:
        connection.register(_ENUMS, _categoricals(frame.select(enums)))
    try:
        yield f"{_ROWS} positional join {_ENUMS}" if enums else _ROWS
    finally:
        connection.unregister(_ROWS)
        if enums:
            connection.unregister(_ENUMS)


def _categoricals(frame: pl.DataFrame) -> Any:
    """Return Enums as pandas' Categoricals."""
    import pandas

    return pandas.DataFrame({values.name: _categorical(values) for values in frame}, copy=False)


def _categorical(values: pl.Series) -> Any:
    import pandas

    assert isinstance(values.dtype, pl.Enum)
    categories = values.dtype.categories.to_list()
    codes = values.to_physical().cast(pl.Int8 if len(categories) <= MOST_IN_A_BYTE else pl.Int32)
    return pandas.Categorical.from_codes(codes.fill_null(-1).to_numpy(), categories=categories)
