"""How typed values become the text of a delivery: whole numbers without a decimal point, moments in ISO 8601."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import polars as pl

from pipeline.errors import DeliveryError
from pipeline.wave_files.delivery import ROW_NUMBER
from pipeline.wave_files.few_values import FEW
from pipeline.wave_files.moments import moment_text

EXACT_INTEGERS = 2.0**53  # floats beyond it are not written as whole numbers
FEW_VALUES = 1000  # below, each value is written once and looked up


def as_text(values: pl.Series, *, as_enum: bool = False) -> pl.Series:
    """Return values as the text they stand for, stripped, null where nothing is left.

    Args:
        as_enum: numbers of few different values become an Enum.
    """
    if not values.dtype.is_numeric() or values.len() <= FEW_VALUES:
        return _text(values)
    steps = _steps(values)
    known = values.unique().drop_nulls() if steps is None else _occurring(values, steps)
    if known.len() >= FEW_VALUES:
        return _text(values)
    texts = _text(known)
    kind = pl.Enum(texts.drop_nulls().unique().sort()) if as_enum and 0 < known.len() <= FEW else pl.String
    if steps is None:
        return values.replace_strict(known, texts, default=None, return_dtype=kind)
    places = (known - known[0]).cast(pl.UInt32)
    by_step = pl.int_range(places[-1] + 1, dtype=pl.UInt32, eager=True).replace_strict(
        places, texts, default=None, return_dtype=kind
    )
    return by_step.gather(steps).alias(values.name)


def as_texts(columns: Iterable[pl.Series], *, as_enum: bool = False) -> list[pl.Series]:
    """Return columns as the text they stand for, several at a time."""
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        return list(pool.map(lambda values: as_text(values, as_enum=as_enum), columns))


def _steps(values: pl.Series) -> pl.Series | None:
    """Return how far above the lowest each value is; None unless all are whole numbers close to each other."""
    if not (values.dtype.is_integer() or values.dtype.is_float()):
        return None
    low, high = cast(tuple[float, float], (values.min(), values.max()))
    if low is None or not (high - low < FEW_VALUES and low > -EXACT_INTEGERS and high < EXACT_INTEGERS):
        return None
    whole = values.cast(pl.Int64, strict=False)
    if values.dtype.is_float() and not (whole == values).all():
        return None
    return (whole - int(low)).cast(pl.UInt32)


def _occurring(values: pl.Series, steps: pl.Series) -> pl.Series:
    """Return the different values there are, in order."""
    found = np.flatnonzero(np.bincount(steps.drop_nulls().to_numpy()))
    return pl.Series(found + int(cast(float, values.min()))).cast(values.dtype)


def _text(values: pl.Series) -> pl.Series:
    dtype = values.dtype
    if dtype.is_float():
        return _number_text(values.fill_nan(None))
    if dtype in (pl.Date, pl.Time) or isinstance(dtype, pl.Datetime):
        return moment_text(values)
    text = values.cast(pl.String)
    stripped = text.str.strip_chars()
    return pl.select(pl.when(stripped != "").then(stripped).alias(values.name)).to_series()


def _number_text(values: pl.Series) -> pl.Series:
    """Return numbers as text: 1.0 is "1"."""
    is_whole = (values == values.round()) & (values.abs() < EXACT_INTEGERS)
    whole = values.zip_with(is_whole.fill_null(False), pl.Series([None], dtype=values.dtype))
    return whole.cast(pl.Int64).cast(pl.String).zip_with(is_whole.fill_null(False), values.cast(pl.String))


def code(value: float | str) -> str:
    """Return one code as text: 1.0 is "1"."""
    if isinstance(value, str):
        return value.strip()
    return str(int(value)) if float(value).is_integer() else str(float(value))


def last_filled_row(cells: pl.DataFrame) -> int:
    """Return how many rows there are down to the last one that holds anything."""
    if cells.height and any(cell is not None for cell in cells.row(-1)):
        return cells.height
    filled = cells.select(pl.any_horizontal(pl.lit(False), pl.all().is_not_null())).to_series().arg_true()
    return int(filled[-1]) + 1 if len(filled) else 0


def numbered(cells: pl.DataFrame, file_name: str) -> tuple[pl.DataFrame, int]:
    """Return text with row numbers first, without blank rows at the end, and how many of those there were.

    Raises:
        DeliveryError: no row holds anything, or a column has a name that we need ourselves.
    """
    if ROW_NUMBER in cells.columns:
        raise DeliveryError(
            f"{file_name}: a column is named {ROW_NUMBER}, which stands for the row's place in the file. "
            "Rename it in the export."
        )
    n_rows = last_filled_row(cells)
    if not n_rows:
        raise DeliveryError(f"{file_name}: there are column names and no row below them. Export the answers again.")
    numbers = pl.int_range(1, n_rows + 1, dtype=pl.Int32, eager=True).alias(ROW_NUMBER)
    return cells.head(n_rows).insert_column(0, numbers), cells.height - n_rows
