"""Writing data files: a file's rows with new columns beside them, or a table of estimates."""

import json
import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from shutil import copyfile
from typing import Any

import polars as pl

from pipeline.data_files.formats import CSV, PARQUET, SPSS, STATISTICS, format_of
from pipeline.data_files.parquet_columns import NewColumns, append_columns, notes_of
from pipeline.data_files.reading import parquet_books, parquet_column_labels, read_csv, read_table, statistics_file
from pipeline.data_tables.code_books import LABELS_KEY, METADATA_KEY, books_as_text
from pipeline.data_tables.table import DataTable
from pipeline.errors import DeliveryError, UsageError

WITH_COLUMNS = (PARQUET, CSV, SPSS)
DELIVERED = "_delivered"  # added to the name of a column whose name is needed
ARROW_SCHEMA, PANDAS = "ARROW:schema", "pandas"  # what libraries note in Parquet of the columns' types


def refuse_unwritable(out: Path, data: Path) -> None:
    """Raise a UsageError for a file that cannot be written, before any work is done."""
    if out.suffix.lower() not in WITH_COLUMNS:
        raise UsageError(f"--out {out}: expected a name that ends in {', '.join(WITH_COLUMNS)}.")
    if out.exists() and data.exists() and out.samefile(data):
        raise UsageError(f"--out {out} is the file with the data. Write the weights to another file.")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.absolute().parent}.")


def write_with_columns(data: Path, out: Path, new: NewColumns) -> list[str]:
    """Write a data file's rows with new columns beside them; return in words what could not stay as it was.

    A column of the data that has a new one's name stays as `<name>_delivered`. To Parquet the new columns go block
    by block, so that memory does not grow with rows × columns. Codes, labels of columns and values, and missing
    codes of an SPSS file stay in .sav and (in its metadata) in .parquet; a CSV gets the labels of values, and empty
    cells for missing codes.
    """
    with _replaced(out) as part:
        if out.suffix.lower() == PARQUET:
            notes = _write_parquet(data, part, new)
        elif out.suffix.lower() == CSV:
            notes = _write_csv(data, part, new)
        else:
            notes = _write_spss(data, part, new)
    return notes


def write_rows_to(out: Path, rows: pl.DataFrame) -> None:
    """Write a table of estimates as an Excel sheet with a frozen header and a filter."""
    import xlsxwriter

    with _replaced(out) as part, xlsxwriter.Workbook(part, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("estimates")
        heading = book.add_format({"bold": True, "bottom": 1})
        for column, name in enumerate(rows.columns):
            sheet.set_column(column, column, max(10, len(name) + 2))
        sheet.write_row(0, 0, rows.columns, heading)
        for number, row in enumerate(rows.iter_rows(), start=1):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, rows.height, len(rows.columns) - 1)


class _replaced:
    """A file beside `out` that takes its place when all of it is written, and goes when something fails."""

    def __init__(self, out: Path) -> None:
        self.out, self.part = out, out.with_name(f".{out.name}.part{out.suffix}")

    def __enter__(self) -> Path:
        return self.part

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            os.replace(self.part, self.out)
            return
        self.part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DeliveryError(f"{self.out}: cannot be written: {error}") from error


def _renamed(columns: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Return new names for the columns whose names are needed."""
    needed = set(new)
    return {name: name + DELIVERED for name in columns if name in needed}


def _renaming_notes(renamed: Mapping[str, str]) -> list[str]:
    """Return which columns of the data got another name."""
    if not renamed:
        return []
    first, *others = renamed
    if not others:
        return [f"the data's column '{first}' stays as '{first}{DELIVERED}'"]
    return [f"{len(renamed)} columns of the data ('{first}' …) stay under their name with {DELIVERED} added"]


def _write_parquet(data: Path, out: Path, new: NewColumns) -> list[str]:
    """Write a Parquet file: the data's own copied as it lies, or made of its rows, then the new columns at its end."""
    if format_of(data) == PARQUET:
        books, labels = parquet_books(data), parquet_column_labels(data)
        copyfile(data, out)
    else:
        table = read_table(data)
        books, labels = dict(table.books), dict(table.column_labels)
        typed(table.frame).write_parquet(out)
    schema = pl.read_parquet_schema(out)
    renamed = _renamed(list(schema), new.names)
    kept = {renamed.get(column, column): book for column, book in books.items()}
    words = {renamed.get(column, column): label for column, label in labels.items()}
    together = {renamed.get(name, name): kind for name, kind in schema.items()} | dict.fromkeys(new.names, pl.Float64())
    notes = {
        METADATA_KEY: books_as_text(kept) if kept else None,
        LABELS_KEY: json.dumps(words) if words else None,
        ARROW_SCHEMA: _arrow_schema(out, together),
        PANDAS: None,  # tells of the columns before
    }
    append_columns(out, new, renamed=renamed, notes=notes)
    return _renaming_notes(renamed)


def _arrow_schema(path: Path, schema: Mapping[str, pl.DataType]) -> str | None:
    """Return what Arrow notes of columns' types, such as enums, in Parquet; None where the file has no such note."""
    with path.open("rb") as file:
        if ARROW_SCHEMA not in notes_of(file):
            return None
    empty = BytesIO()
    pl.DataFrame(schema=schema).write_parquet(empty)
    return notes_of(empty)[ARROW_SCHEMA]


def _frame(new: NewColumns, n_rows: int) -> pl.DataFrame:
    """Return the new columns of all rows."""
    return pl.DataFrame(dict(zip(new.names, new.values(slice(0, n_rows)), strict=True)))


def _write_csv(data: Path, out: Path, new: NewColumns) -> list[str]:
    """Write a CSV: text as it was, labels for the codes of SPSS and Stata."""
    table = DataTable(read_csv(data), data.name) if format_of(data) == CSV else read_table(data)
    renamed = _renamed(table.frame.columns, new.names)
    columns = [table.text(name) if name in table.books else table.frame[name] for name in table.frame.columns]
    frame = pl.DataFrame(columns).rename(renamed)
    pl.concat([frame, _frame(new, table.n)], how="horizontal").write_csv(out)
    notes = _renaming_notes(renamed)
    if any(book.missing for book in table.books.values()):
        notes.append("codes that the data declares missing are empty cells; --out .sav or .parquet keeps them")
    return notes


def _write_spss(data: Path, out: Path, new: NewColumns) -> list[str]:
    """Write an SPSS file, with the labels, missing codes and formats that the data has."""
    import pyreadstat

    kind = format_of(data)
    about: dict[str, Any] = {}
    if kind in STATISTICS:
        frame, notes = statistics_file(data)
        renamed = _renamed(frame.columns, new.names)
        about = _spss_notes(notes, kind, renamed)
    else:
        table = read_table(data)
        frame = typed(table.frame)
        renamed = _renamed(frame.columns, new.names)
        about = {
            "column_labels": {renamed.get(name, name): label for name, label in table.column_labels.items()},
            "variable_value_labels": {renamed.get(name, name): dict(book.labels) for name, book in table.books.items()},
            "missing_ranges": {
                renamed.get(name, name): [{"lo": low, "hi": high} for low, high in book.missing]
                for name, book in table.books.items()
                if book.missing
            },
        }
    together = pl.concat([frame.rename(renamed), _frame(new, frame.height)], how="horizontal")
    try:
        pyreadstat.write_sav(_plain(together), out, **about)
    except Exception as error:
        if type(error).__module__.startswith("pyreadstat"):
            raise DeliveryError(
                f"{out.name}: cannot be written as SPSS: {error}. Rename the column, or write .parquet or .csv."
            ) from error
        raise
    return _renaming_notes(renamed)


def _spss_notes(notes: Any, kind: str, renamed: Mapping[str, str]) -> dict[str, Any]:
    """Return what the data's file says about its columns, as the writer takes it."""
    said = {
        "column_labels": {name: label for name, label in notes.column_names_to_labels.items() if label},
        "variable_value_labels": {
            name: {code: label for code, label in labels.items() if kind == SPSS or not isinstance(code, str)}
            for name, labels in notes.variable_value_labels.items()
        },
        "variable_measure": {name: one for name, one in notes.variable_measure.items() if one != "unknown"},
    }
    if kind == SPSS:
        said |= {"missing_ranges": notes.missing_ranges, "variable_format": notes.original_variable_types}
    return {key: {renamed.get(name, name): one for name, one in found.items()} for key, found in said.items()}


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose types SPSS has: categories as text, true and false as 1 and 0."""
    return frame.with_columns(
        pl.col(pl.Boolean).cast(pl.Float64),
        pl.col(pl.Categorical, pl.Enum).cast(pl.String),
        pl.col(pl.Null).cast(pl.Float64),
    )


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table of text with columns of numbers as numbers, where that loses nothing: 007 stays text."""
    return frame.with_columns(_typed(frame[name]) for name in frame.columns if frame[name].dtype == pl.String)


def _typed(text: pl.Series) -> pl.Series:
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == text.null_count():
        return whole if (whole.cast(pl.String) == text).all() else text
    number = text.cast(pl.Float64, strict=False)
    is_number = number.null_count() == text.null_count() and not number.is_nan().any()
    has_leading_zero = text.str.contains(r"^[+-]?0\d").any()
    return number if is_number and not has_leading_zero else text
