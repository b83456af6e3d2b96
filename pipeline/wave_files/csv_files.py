"""Delimited text: the names of its columns, and rows that all have as many cells."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice

import polars as pl

from pipeline.errors import DeliveryError, names_listed
from pipeline.wave_files.code_text import last_filled_row
from pipeline.wave_files.delimiters import fitting_delimiter, lines_of
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery
from pipeline.wave_files.few_values import SAMPLE_ROWS, from_categoricals, seeds
from pipeline.wave_files.text_encoding import count_of

SEPARATOR_LINE = re.compile(r'"?sep=(.)"?')  # the first line of some Excel exports
LONGEST_SEPARATOR_LINE = 64  # characters, spaces included
LEADING_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
CHUNK_ROWS = 50_000  # rows held as Python text at a time
ROWS_NAMED = 3  # in messages
MOST_COLUMNS = 50_000  # the widest exports have some ten thousand
csv.field_size_limit(1 << 28)  # characters of one answer; Python's own limit of 131,072 is a long letter


def read_csv_text(
    text: str, *, expected_columns: Sequence[str], file_name: str, encoding: str, as_enums: bool = False
) -> Delivery:
    """Return the rows of delimited text.

    Args:
        as_enums: columns of few different values are Enums.

    Raises:
        DeliveryError: no delimiter fits; a column has no name, or another's; rows differ in their number of
            cells; a quotation mark is never closed; there is nothing below the header.
    """
    text = with_newlines(text)
    declared = SEPARATOR_LINE.fullmatch(text[:LONGEST_SEPARATOR_LINE].partition("\n")[0].strip())
    text = text.partition("\n")[2] if declared else text
    delimiter = declared.group(1) if declared else fitting_delimiter(text, expected_columns, file_name)
    names = header_names(text, delimiter, expected_columns, file_name)
    cells = blanks_as_null(read_cells(text, delimiter, len(names), file_name, as_enums=as_enums))
    n_rows = last_filled_row(cells)
    if n_rows == 0:
        raise DeliveryError(f"{file_name}: there is a header and no row below it. Export the answers again.")
    return Delivery(
        frame=named_and_numbered(cells.head(n_rows), names, file_name),
        file_name=file_name,
        encoding=encoding,
        delimiter=delimiter,
        n_blank_rows_dropped=cells.height - n_rows,
    )


def with_newlines(text: str) -> str:
    """Return the text with one kind of line end and no blank lines before the header."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    blank = LEADING_BLANK_LINES.match(text)
    return text[blank.end() :] if blank else text


def header_names(text: str, delimiter: str, expected_columns: Sequence[str], file_name: str) -> list[str]:
    """Return the names in line 1, stripped; '' for a column without one.

    Raises:
        DeliveryError: no expected name is there, two columns share one, or one has a name that we need ourselves.
    """
    try:
        first = next(csv.reader(lines_of(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DeliveryError(
            f"{file_name}: line 1 is no header, it has a quotation mark out of place. Export it again."
        ) from error
    return checked_names([name.strip() for name in first], expected_columns, file_name, "line 1")


def checked_names(names: list[str], expected_columns: Sequence[str], file_name: str, place: str) -> list[str]:
    """Return the names of columns, which stand in `place`; '' for a column without one.

    Raises:
        DeliveryError: no expected name is there, two columns share one, or one has a name that we need ourselves.
    """
    if len(names) > MOST_COLUMNS:
        raise DeliveryError(
            f"{file_name}: {place} has {len(names):,} cells, expected at most {MOST_COLUMNS:,} columns. Export the "
            "answers with one row a respondent and one column an item."
        )
    if expected_columns and not set(names) & set(expected_columns):
        raise DeliveryError(
            f"{file_name}: none of the columns {', '.join(expected_columns[:8])} is in {place}; found "
            f"{names_shown(names)}. Export the names in {place}, or correct 'columns' in the definition."
        )
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DeliveryError(
            f"{file_name}: more than one column is named {', '.join(twice)}, expected each name once. "
            "Rename or remove the copies in the export."
        )
    if ROW_NUMBER in names:
        raise DeliveryError(
            f"{file_name}: a column is named {ROW_NUMBER}, which stands for the row's place in the file. "
            "Rename it in the export."
        )
    return names


def names_shown(names: Sequence[str]) -> str:
    """Return the names of line 1 for a message, unless they look like somebody's answers."""
    is_header = len(set(names)) == len(names) and all(name[:1].isalpha() for name in names)
    return names_listed(names) if is_header else f"{len(names)} cells that are no names"


def read_cells(text: str, delimiter: str, n_columns: int, file_name: str, *, as_enums: bool = False) -> pl.DataFrame:
    """Return every cell below the header as text, one column a field, named by position.

    Polars splits the text where that is plain: no quotes, no blank line, rows of one length. Python's reader,
    slower and exact about quotes, does the rest and finds every row that is too short or too long.
    """
    text = text.rstrip("\n") if text.endswith("\n\n") else text
    if n_columns > 1 and delimiter.isascii() and '"' not in text:
        content = text.encode()
        n_lines = content.count(b"\n") + (not content.endswith(b"\n"))
        is_even = count_of(ord(delimiter), content) == n_lines * (n_columns - 1)
        if is_even and n_lines > 1:
            with suppress(pl.exceptions.ComputeError):  # a row is too long, and so another one too short
                return read_plain_cells(content, delimiter, n_columns, as_enums=as_enums)
    return read_quoted_cells(text, delimiter, n_columns, file_name)


def read_plain_cells(content: bytes, delimiter: str, n_columns: int, *, as_enums: bool) -> pl.DataFrame:
    """Return the cells below line 1 without quotes; a row that is too long raises Polars' ComputeError."""
    kinds: dict[str, pl.DataType] = dict.fromkeys(field_names(n_columns), pl.String())
    read = partial(pl.read_csv, content, has_header=False, skip_lines=1, separator=delimiter, quote_char=None)
    if not as_enums:
        return read(schema=kinds)
    sample = read(schema=kinds, n_rows=SAMPLE_ROWS)
    try:
        known = seeds(sample)
        cells = read(schema=kinds | {name: values.dtype for name, values in known.items()})
    except pl.exceptions.ComputeError:  # more different values further down than have a number in a byte
        known = seeds(sample, in_a_byte=False)
        cells = read(schema=kinds | {name: values.dtype for name, values in known.items()})
    return from_categoricals(cells, known)


def field_names(n_columns: int) -> list[str]:
    """Return a name for each field by its position."""
    return [f"field_{position}" for position in range(n_columns)]


def read_quoted_cells(text: str, delimiter: str, n_columns: int, file_name: str) -> pl.DataFrame:
    """Return every cell below the header; rows of another length, and quotes out of place, are refused.

    Raises:
        DeliveryError: a row has too few or too many cells, or a quotation mark is out of place or never closed.
    """
    reader = csv.reader(lines_of(text), delimiter=delimiter, strict=True)
    ragged: list[tuple[int, int]] = []
    frames = []
    try:
        next(reader)
        for first_row, chunk in chunks(reader):
            rows = [even_row(row, n_columns) for row in chunk]
            ragged += [(first_row + i, len(row)) for i, row in enumerate(rows) if len(row) != n_columns]
            if not ragged:
                frames.append(chunk_frame(rows, n_columns))
    except csv.Error as error:
        raise DeliveryError(
            f"{file_name}: a quotation mark is out of place or never closed in line {reader.line_num} or the "
            'record that ends there. Write quotes inside an answer twice (""), or export it again.'
        ) from error
    if ragged:
        raise DeliveryError(ragged_message(ragged, n_columns, file_name))
    return pl.concat(frames) if frames else chunk_frame([], n_columns)


def chunks(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[list[str]]]]:
    """Yield the records in portions, each with the number of its first row."""
    first_row = 1
    while portion := list(islice(reader, CHUNK_ROWS)):
        yield first_row, portion
        first_row += len(portion)


def even_row(row: list[str], n_columns: int) -> list[str]:
    """Return a row without blank cells beyond the last column; a blank line becomes a row of blank cells."""
    if not any(cell.strip() for cell in row):
        return [""] * n_columns
    while len(row) > n_columns and not row[-1].strip():
        row = row[:-1]
    return row


def chunk_frame(rows: list[list[str]], n_columns: int) -> pl.DataFrame:
    """Return rows of equal length as a frame of text."""
    columns = zip(*rows, strict=True) if rows else ((),) * n_columns
    named = zip(field_names(n_columns), columns, strict=True)
    return pl.DataFrame([pl.Series(name, column, dtype=pl.String) for name, column in named])


def ragged_message(ragged: list[tuple[int, int]], n_columns: int, file_name: str) -> str:
    """Return the fault of rows that differ from the header in their number of cells."""
    shown = ", ".join(f"row {row} has {n_cells}" for row, n_cells in ragged[:ROWS_NAMED])
    more = f" and {len(ragged) - ROWS_NAMED:,} more rows" if len(ragged) > ROWS_NAMED else ""
    return (
        f"{file_name}: {shown} cells{more}, expected {n_columns} as in the header (row 1 is below it). "
        "Quote answers that hold the delimiter or a line break, or export it again."
    )


def blanks_as_null(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells without outer spaces, null where nothing is left."""
    cells = cells.with_columns(values.cast(pl.String) for values in cells if has_spaces(values))
    texts = [name for name, dtype in cells.schema.items() if dtype == pl.String]
    stripped = pl.col(texts).str.strip_chars()
    return cells.with_columns(pl.when(stripped != "").then(stripped))


def has_spaces(values: pl.Series) -> bool:
    """Return whether a value of an Enum would be another one without outer spaces."""
    if not isinstance(values.dtype, pl.Enum):
        return False
    categories = values.dtype.categories
    return bool(((categories.str.strip_chars() != categories) | (categories == "")).any())


def named_and_numbered(cells: pl.DataFrame, names: list[str], file_name: str) -> pl.DataFrame:
    """Return the cells under their names, row numbers first; an unnamed column must be blank and is left out.

    Raises:
        DeliveryError: a column without a name holds something.
    """
    for position, name in enumerate(names, start=1):
        if not name and cells.to_series(position - 1).null_count() < cells.height:
            raise DeliveryError(
                f"{file_name}: column {position} has cells and no name in line 1. Name it, or empty it."
            )
    numbers = pl.int_range(1, cells.height + 1, dtype=pl.Int32, eager=True).alias(ROW_NUMBER)
    named = {f"field_{position}": name for position, name in enumerate(names) if name}
    return cells.select(list(named)).rename(named).insert_column(0, numbers)
