"""Columns of few different values as Enums of text: a byte a cell, for everything that comes after."""

from collections.abc import Collection, Mapping

import polars as pl

FEW = 100  # different values of a column that becomes an Enum
SAMPLE_ROWS = 10_000  # that tell which columns these are


def with_enums(frame: pl.DataFrame, *, but: Collection[str] = ()) -> pl.DataFrame:
    """Return the frame with its text of few different values as Enums; a blank column stays text.

    Args:
        but: columns that stay as they are.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in but]
    guessed = {name: few_values(frame[name].head(SAMPLE_ROWS)) for name in texts}
    kinds = {name: pl.Enum(values) for name, values in guessed.items() if values is not None and values.len()}
    cast = frame.select(pl.col(name).cast(kind, strict=False) for name, kind in kinds.items())
    missed = [name for name in kinds if cast[name].null_count() > frame[name].null_count()]
    missed += [name for name, values in guessed.items() if values is not None and not values.len()]
    return frame.with_columns(cast.drop(missed, strict=False)).with_columns(_enum(frame[name]) for name in missed)


def with_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with text in place of Enums."""
    return frame.with_columns(pl.col(name).cast(pl.String) for name in frame.columns if is_enum(frame.schema[name]))


def is_enum(dtype: pl.DataType) -> bool:
    """Return whether a column holds few values by their numbers."""
    return isinstance(dtype, pl.Enum)


def few_values(text: pl.Series) -> pl.Series | None:
    """Return the different values of a column, sorted; None when they are many."""
    values = text.drop_nulls().unique()
    return values.sort() if values.len() <= FEW else None


def seeds(sample: pl.DataFrame, *, in_a_byte: bool = True) -> dict[str, pl.Series]:
    """Return the values of each column that has few, as Categoricals; a reader of the rest goes on numbering them.

    Args:
        in_a_byte: their numbers, of which there are 255; a reader that needs more raises Polars' ComputeError.
    """
    number = pl.UInt8 if in_a_byte else pl.UInt32
    found = [values for column in sample if (values := few_values(column)) is not None]
    return {values.name: values.cast(pl.Categorical(pl.Categories.random(physical=number))) for values in found}


def from_categoricals(cells: pl.DataFrame, known: Mapping[str, pl.Series]) -> pl.DataFrame:
    """Return cells read as Categoricals as Enums, as text where they turn out to be many.

    Args:
        known: the seeds that the cells were read with.
    """
    return cells.with_columns(_from_categorical(cells[name], values) for name, values in known.items())


def _from_categorical(cells: pl.Series, known: pl.Series) -> pl.Series:
    numbers = cells.to_physical()
    highest = numbers.max()
    if isinstance(highest, int) and highest < known.len():
        return numbers.cast(pl.UInt8).cat.to(pl.Enum(known.cast(pl.String)))
    values = few_values(cells.unique().cast(pl.String))
    return cells.cast(pl.Enum(values) if values is not None and values.len() else pl.String)


def _enum(text: pl.Series) -> pl.Series:
    values = few_values(text)
    return text if values is None or not values.len() else text.cast(pl.Enum(values))
