"""Where in a sheet the table is: the row of column names among titles, and the last row above the notes."""

from dataclasses import dataclass

import polars as pl

from pipeline.errors import DeliveryError
from pipeline.wave_files.content import Said

LOOKED_AT = 100  # rows among which the column names are sought
NEARLY_ALL = 0.8  # of the cells that rows of the table have, where no names are expected


@dataclass(frozen=True)
class Layout:
    """The table in a sheet; rows from 0, `header_row` as Excel counts."""

    names: tuple[str, ...]  # "" for a column without one
    header_row: int
    first: int
    n_rows: int
    n_below: int  # rows with something in them below the table


def layout_of(cells: pl.DataFrame, said: Said, file_name: str, sheet: str) -> Layout:
    """Return where the table is.

    Raises:
        DeliveryError: the header row that the definition names is not in the sheet.
    """
    filled = cells.select(pl.sum_horizontal(pl.all().is_not_null())).to_series().to_list()
    if said.header_row is not None and not (said.header_row <= cells.height and filled[said.header_row - 1]):
        raise DeliveryError(
            f"{file_name}: row {said.header_row} of sheet '{sheet}' is empty, expected the column names. Correct "
            "'header_row' under 'source' in the definition."
        )
    header = said.header_row - 1 if said.header_row is not None else header_place(cells, filled, said.expected_columns)
    names = list(cells.row(header))
    first = header + 1
    if first < cells.height and is_second_heading(cells.row(first), names):
        names = [one or two for one, two in zip(names, cells.row(first), strict=True)]
        first += 1
    n_names = sum(name is not None for name in names)
    few = min(1, n_names - 1) if said.expected_columns else n_names // 3
    end = table_end(filled, first, few)
    return Layout(
        names=tuple(name or "" for name in names),
        header_row=header + 1,
        first=first,
        n_rows=end - first,
        n_below=sum(count > 0 for count in filled[end:]),
    )


def header_place(cells: pl.DataFrame, filled: list[int], expected: tuple[str, ...]) -> int:
    """Return the row with most of the expected names; without any, the first that is as full as the table's rows."""
    rows = list(cells.head(LOOKED_AT).iter_rows())
    hits = [len({*row} & {*expected}) for row in rows]
    if max(hits, default=0):
        return hits.index(max(hits))
    usual = max(set(filled[:LOOKED_AT]), key=lambda count: (filled.count(count) if count else 0, count))
    return next(place for place, count in enumerate(filled) if count >= max(1, NEARLY_ALL * usual))


def is_second_heading(row: tuple[str | None, ...], names: list[str | None]) -> bool:
    """Return whether a row names only columns that the row above leaves unnamed, as below merged headings."""
    filled = [place for place, cell in enumerate(row) if cell is not None]
    return bool(filled) and all(names[place] is None for place in filled) and any(names)


def table_end(filled: list[int], first: int, few: int) -> int:
    """Return the row after the table's last: notes stand below a blank row and fill at most `few` of its columns."""
    end = len(filled)
    for place in range(len(filled) - 1, first, -1):
        if filled[place] > few:
            break
        if filled[place] and not filled[place - 1]:
            end = place
    while end > first and not filled[end - 1] and end < len(filled):
        end -= 1
    return end
