"""Numbers written with a decimal comma ("3,5", "1.234,5"), as the numbers that everything after reads."""

from collections.abc import Collection

import polars as pl

from pipeline.wave_files.delivery import ROW_NUMBER

NUMBER = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$"
WITH_COMMA = r"^[+-]?[\d.]+,\d+$"
NAMES_SHOWN = 8


def with_decimal_points(
    frame: pl.DataFrame, delimiter: str, *, declared: bool | None, words: Collection[str] = ()
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the cells with decimal points, and what was changed, in words.

    A column is changed when all its cells are numbers and one of them has a decimal comma: always where the
    definition says so, never where it denies it, else in files whose delimiter is no comma.

    Args:
        words: columns that hold codes or text, not numbers: left as they are, whatever is declared.
    """
    if declared is False or (declared is None and delimiter == ","):
        return frame, ()
    kept = {ROW_NUMBER, *words}
    changed = [name for name in frame.columns if name not in kept and has_decimal_commas(frame[name])]
    if not changed:
        return frame, ()
    whole = pl.col(changed).cast(pl.String).str.replace_all(".", "", literal=True)
    more = " …" if len(changed) > NAMES_SHOWN else ""
    note = (
        f"{len(changed)} columns have decimal commas, read as numbers: {', '.join(changed[:NAMES_SHOWN])}{more}; "
        "'decimal_comma: false' under 'source' leaves them as they are"
    )
    return frame.with_columns(whole.str.replace(",", ".", literal=True)), (note,)


def has_decimal_commas(values: pl.Series) -> bool:
    """Return whether all cells of a column are numbers, one of them with a decimal comma."""
    if isinstance(values.dtype, pl.Enum):
        values = values.unique().cast(pl.String)
    if values.dtype != pl.String or not values.str.contains(WITH_COMMA).any():
        return False
    return bool(values.str.contains(NUMBER).all())
