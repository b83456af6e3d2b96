"""A workbook as a delivery: the sheet that holds the table, its cells as text, errors named by row and column."""

from typing import Any

import polars as pl

from pipeline.errors import DeliveryError
from pipeline.wave_files.code_text import numbered
from pipeline.wave_files.content import Content
from pipeline.wave_files.csv_files import checked_names
from pipeline.wave_files.delivery import Delivery
from pipeline.wave_files.sheet_layout import Layout, layout_of
from pipeline.wave_files.workbook_size import ADVICE, refuse_too_large

ZIP = b"PK\x03\x04"
ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
ERRORS_NAMED = 5
MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
MOMENT = r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)$"
CLOCK = r"^1899-12-3[01] (\d\d:\d\d:\d\d(?:\.\d+)?)$"  # a time without a day


def read_workbook(content: Content) -> Delivery:
    """Return the rows of the table in an Excel or OpenDocument workbook.

    Raises:
        DeliveryError: it is damaged, locked or too large; the sheet or the header row is not there; the names of
            columns are no header; there is no row.
    """
    import fastexcel

    if content.head.startswith(ZIP):
        refuse_too_large(content.source, content.name)
    try:
        book = fastexcel.read_excel(content.source)
        sheets = {name: sheet for name in book.sheet_names if (sheet := _sheet(book, name, content.said.sheet))}
    except fastexcel.FastExcelError as error:
        raise DeliveryError(
            f"{content.name}: cannot be read as a workbook, it is damaged or locked by a password. {ADVICE}"
        ) from error
    name, (cells, errors) = _table_sheet(sheets, book.sheet_names, content)
    layout = layout_of(cells, content.said, content.name, name)
    names = checked_names(list(layout.names), content.said.expected_columns, content.name, f"row {layout.header_row}")
    below = cells.slice(layout.first, layout.n_rows)
    named = {column: one for column, one in zip(below.columns, names, strict=True) if one}
    _refuse_unnamed(below, names, layout, content.name)
    frame, n_dropped = numbered(below.select(list(named)).rename(named), content.name)
    return Delivery(
        frame=frame,
        file_name=content.name,
        n_blank_rows_dropped=n_dropped,
        format="excel",
        notes=(*_notes(name, sheets, layout), *_error_notes(errors, names, layout)),
    )


Sheet = tuple[pl.DataFrame, dict[tuple[int, int], str]]


def _sheet(book: Any, name: str, wanted: str | None) -> Sheet | None:
    """Return the cells of a visible or wanted sheet as text, row 1 first, and its errors; None of another."""
    if wanted is not None and name != wanted:
        return None
    sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if sheet.visible != "visible" and wanted is None:
        return None
    batch, faults = sheet.to_arrow_with_errors()
    cells = pl.DataFrame(batch)
    errors = {one.position: _error_text(one.detail) for one in (faults.errors if faults else [])}
    return with_errors(cells.select(moments_as_iso(pl.all())), errors), errors


def moments_as_iso(cells: pl.Expr) -> pl.Expr:
    """Return text without outer spaces, dates and times in ISO 8601, null where nothing is left."""
    text = cells.str.strip_chars()
    text = text.str.replace(CLOCK, "$1").str.replace(MIDNIGHT, "$1").str.replace(MOMENT, "${1}T${2}")
    return pl.when(text != "").then(text)


def _error_text(detail: str) -> str:
    """Return what Excel shows for an error."""
    kind = detail.partition("Error(")[2].partition(")")[0]
    return ERRORS.get(kind, "#ERROR")


def with_errors(cells: pl.DataFrame, errors: dict[tuple[int, int], str]) -> pl.DataFrame:
    """Return the cells with errors as Excel shows them, so that validation names them as answers it cannot take."""
    for column in sorted({column for _, column in errors}):
        values = cells.to_series(column).to_list()
        for (row, other), text in errors.items():
            if other == column:
                values[row] = text
        cells = cells.with_columns(pl.Series(cells.columns[column], values, dtype=pl.String))
    return cells


def _table_sheet(sheets: dict[str, Sheet], names: list[str], content: Content) -> tuple[str, Sheet]:
    """Return the sheet with most expected columns in one of its rows, then with most cells."""
    said = content.said
    if said.sheet is not None and said.sheet not in sheets:
        raise DeliveryError(
            f"{content.name}: there is no sheet '{said.sheet}', found {', '.join(names)}. Correct 'sheet' under "
            "'source' in the definition, or the workbook."
        )
    filled = {name: sheet for name, sheet in sheets.items() if sheet[0].width and sheet[0].height}
    if not filled:
        raise DeliveryError(f"{content.name}: no visible sheet holds anything. Export the answers again.")

    def score(name: str) -> tuple[int, int]:
        cells = filled[name][0]
        hits = max((len({*row} & {*said.expected_columns}) for row in cells.head(100).iter_rows()), default=0)
        return hits, sum(cells.height - one.null_count() for one in cells)

    best = max(filled, key=score)
    return best, filled[best]


def _refuse_unnamed(below: pl.DataFrame, names: list[str], layout: Layout, file_name: str) -> None:
    """Raise a DeliveryError when a column has cells and no name."""
    for column, name in zip(below.columns, names, strict=True):
        if not name and below[column].null_count() < below.height:
            place = below.columns.index(column) + 1
            raise DeliveryError(
                f"{file_name}: column {place} of the table has cells and no name in row {layout.header_row}. Name it, "
                "or empty it."
            )


def _notes(name: str, sheets: dict[str, Sheet], layout: Layout) -> list[str]:
    """Return what of the workbook is no part of the table."""
    said = [f"sheet '{name}' of {len(sheets)}"] if len(sheets) > 1 else []
    if layout.header_row > 1:
        said.append(f"the column names are in row {layout.header_row}")
    if layout.n_below:
        said.append(f"rows below the table, which are notes, were left out: {layout.n_below}")
    return said


def _error_notes(errors: dict[tuple[int, int], str], names: list[str], layout: Layout) -> list[str]:
    """Return which cells of the table hold errors, by Excel's row and the column's name."""
    inside = {at: one for at, one in errors.items() if layout.first <= at[0] < layout.first + layout.n_rows}
    if not inside:
        return []
    shown = [f"{text} in row {row + 1}, column {names[column]}" for (row, column), text in sorted(inside.items())]
    more = f" and {len(shown) - ERRORS_NAMED} more" if len(shown) > ERRORS_NAMED else ""
    return [f"errors in cells: {'; '.join(shown[:ERRORS_NAMED])}{more}"]
