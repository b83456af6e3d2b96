"""Reading data files: the columns asked for, as they were delivered, with the code books that SPSS and Stata keep."""

import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from pipeline.data_files.formats import CSV, PARQUET, STATISTICS, format_of
from pipeline.data_tables.code_books import LABELS_KEY, METADATA_KEY, CodeBook, books_from_text
from pipeline.data_tables.table import DataTable, refuse_unknown_columns
from pipeline.errors import DeliveryError
from pipeline.wave_files.delimiters import DELIMITERS, fitting_delimiter
from pipeline.wave_files.statistics_files import StatisticsFile, read_statistics_file
from pipeline.wave_files.text_encoding import decode
from pipeline.weighting.replicate_columns import ScannedColumns

Read = TypeVar("Read")

SAMPLE = 1 << 16  # bytes that show the delimiter


def read_table(
    path: Path,
    choose: Callable[[list[str]], Sequence[str]] = list,
    *,
    missing: frozenset[str] = frozenset(),
    later: Callable[[list[str]], Sequence[str]] | None = None,
) -> DataTable:
    """Return a data file's rows, of the columns chosen.

    CSV cells are text, and an empty one is missing. Codes that an SPSS file declares missing stay in the frame
    and count as missing; Stata's tagged missing values (.a to .z) are empty.

    Args:
        choose: from the names of all columns to those wanted.
        missing: codes that mean missing in every column, besides those that the file declares.
        later: from the names of all columns to those that stay in the file until rows of them are asked for.

    Raises:
        DeliveryError: the file is not there, or cannot be read.
        UsageError: a column is not in it.
    """
    kind = format_of(path)
    books: Mapping[str, CodeBook] = {}
    labels: Mapping[str, str] = {}
    if kind == PARQUET:
        rows, books, labels = pl.scan_parquet(path), parquet_books(path), parquet_column_labels(path)
    elif kind == CSV:
        rows = read_csv(path).lazy()
    else:
        stored = read_statistics_file(path, STATISTICS[kind], path.name)
        rows, books = stored.frame.lazy(), _books(stored)
        labels = {name: label for name, label in stored.notes.column_names_to_labels.items() if label}
    known = _guarded(path, lambda: rows.collect_schema().names())
    wanted = list(dict.fromkeys(choose(known)))
    refuse_unknown_columns(wanted, known, path.name)
    frame = _guarded(path, rows.select(wanted).collect)
    left = [] if later is None else list(later(known))
    return DataTable(
        frame,
        path.name,
        {name: books[name] for name in (*wanted, *left) if name in books},
        missing,
        tuple(known),
        {name: labels[name] for name in wanted if name in labels},
        ScannedColumns(rows.select(left), tuple(left), frame.height, path.name) if left else None,
    )


def read_targets(path: Path) -> pl.DataFrame:
    """Return a table of targets as text."""
    return read_csv(path) if format_of(path) == CSV else read_table(path).frame


def read_csv(path: Path) -> pl.DataFrame:
    """Return a delimited file as text, empty cells null; the encoding and the delimiter are found out.

    Raises:
        DeliveryError: it is no text, no delimiter fits, or rows have more cells than the header.
    """
    source: Path | BytesIO = path
    if _is_utf_8(path):
        text = _start(path)
    else:
        text = decode(path.read_bytes(), path.name)[0]
        source = BytesIO(text.encode())
    if not text.strip():
        raise DeliveryError(f"{path.name}: the file is empty.")
    delimiter = _delimiter(text, path.name)
    frame = _guarded(path, lambda: pl.read_csv(source, separator=delimiter, infer_schema=False))
    if not frame.height:
        raise DeliveryError(f"{path.name}: there is no row below the header.")
    names = [name.strip().removeprefix("\ufeff") for name in frame.columns]
    return _blanks_as_null(frame.rename(dict(zip(frame.columns, names, strict=True))))


def parquet_books(path: Path) -> dict[str, CodeBook]:
    """Return the code books that a Parquet file of ours carries; none of any other."""
    text = _guarded(path, lambda: pl.read_parquet_metadata(path)).get(METADATA_KEY)
    return books_from_text(text) if text else {}


def parquet_column_labels(path: Path) -> dict[str, str]:
    """Return what columns are called in words, as a Parquet file of ours carries it; nothing of any other."""
    text = _guarded(path, lambda: pl.read_parquet_metadata(path)).get(LABELS_KEY)
    return dict(json.loads(text)) if text else {}


def statistics_file(path: Path) -> tuple[pl.DataFrame, Any]:
    """Return the rows of an SPSS or Stata file and the reader's notes on them."""
    stored = read_statistics_file(path, STATISTICS[format_of(path)], path.name)
    return stored.frame, stored.notes


def _start(path: Path) -> str:
    """Return the first lines of a UTF-8 file."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    whole = start[: start.rfind(b"\n") + 1] or start
    return whole.decode("utf-8-sig", errors="replace")


def _delimiter(text: str, name: str) -> str:
    """Return the delimiter; a file of one column has a comma."""
    header = text.strip().splitlines()[0]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return fitting_delimiter(text, [], name) if any(one in header for one in DELIMITERS) else ","


def _is_utf_8(path: Path) -> bool:
    """Return whether all of a file is UTF-8 without control characters of UTF-16, a block at a time."""
    decoder = getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 24):
                if "\0" in decoder.decode(block):
                    return False
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _blanks_as_null(frame: pl.DataFrame) -> pl.DataFrame:
    """Return text with quoted empty cells as missing, too."""
    return frame.with_columns(pl.when(pl.all() == "").then(None).otherwise(pl.all()).name.keep())


def _books(stored: StatisticsFile) -> dict[str, CodeBook]:
    """Return what an SPSS, Stata or SAS file says about its codes; tagged missing values are empty, not codes."""
    books = {}
    for column in stored.frame.columns:
        labels = stored.labels(column)
        if stored.storage(column) != "string":
            labels = {code: label for code, label in labels.items() if not isinstance(code, str)}
        if labels or stored.missing_ranges(column):
            books[column] = CodeBook(labels, stored.missing_ranges(column))
    return books


def _guarded(path: Path, read: Callable[[], Read]) -> Read:
    """Return what a library reads, its complaints as an error that names the file."""
    try:
        return read()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeDecodeError) as error:
        raise DeliveryError(f"{path.name}: cannot be read: {str(error).splitlines()[0]}") from error
