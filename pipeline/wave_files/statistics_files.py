"""SPSS, Stata and SAS files as stored, and what they say of their columns; the only reader that uses pyreadstat."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import DeliveryError
from pipeline.wave_files.moments import moments
from pipeline.wave_files.spss_rows import spss_rows

Code = float | str
SPSS, SPSS_PORTABLE, STATA, SAS = "spss", "spss_portable", "stata", "sas_transport"
KINDS = (SPSS, SPSS_PORTABLE, STATA, SAS)
CELLS_AT_ONCE = 12_000_000  # held as Python objects, 32 bytes each; each time the file is read from its start
FIRST_ROWS = 1000
TEXT = "string"
ADVICE = "Save it again from the program it comes from, or export CSV (UTF-8)."


@dataclass(frozen=True)
class StatisticsFile:
    """A file's rows and notes.

    `frame` has numbers as stored (declared missing codes among them), text, and dates and times as such; `tags` the
    tagged missing values (".a" to ".z", ".A" in SAS) of the columns that have any, null elsewhere, where `frame` is
    null; `odd_moments` the stored numbers of dates and times that are a declared missing code or no moment.
    """

    kind: str
    frame: pl.DataFrame
    notes: Any  # pyreadstat's
    tags: Mapping[str, pl.Series]
    odd_moments: Mapping[str, pl.Series]

    def labels(self, column: str) -> dict[Code, str]:
        """Return the labels of a column's codes, in the file's order; a tag is ".a"."""
        found = self.notes.variable_value_labels.get(column, {})
        is_text = self.storage(column) == TEXT
        return {f".{code}" if isinstance(code, str) and not is_text else code: label for code, label in found.items()}

    def missing_ranges(self, column: str) -> tuple[tuple[Code, Code], ...]:
        """Return the ranges of codes that the file declares missing, ends included."""
        return tuple((one["lo"], one["hi"]) for one in self.notes.missing_ranges.get(column, ()))

    def storage(self, column: str) -> str:
        """Return how a column is stored: string, double, float, int8 …"""
        return str(self.notes.readstat_variable_types.get(column, ""))


def read_statistics_file(
    source: Path | bytes, kind: str, file_name: str, *, encoding: str | None = None
) -> StatisticsFile:
    """Return a file of one of KINDS, read a bounded number of cells at a time.

    Args:
        source: where it is, or its bytes.
        encoding: of its text, where the file says nothing or something wrong.

    Raises:
        DeliveryError: it is damaged, or its text is in another encoding than it says.
    """
    try:
        blocks = list(_blocks(source, kind, encoding))
    except (ValueError, OverflowError, LookupError, OSError, pl.exceptions.PolarsError) as error:
        raise DeliveryError(f"{file_name}: cannot be read: {_first_line(error)}. {ADVICE}") from error
    except Exception as error:
        if "readstat" not in type(error).__module__.lower():
            raise
        raise DeliveryError(f"{file_name}: cannot be read: {_first_line(error)}. {ADVICE}") from error
    notes = blocks[0][1]
    stored = pl.concat([block for block, _, _ in blocks])
    tags = _joined_tags(blocks)
    frame, odd = _with_moments(stored, kind, notes)
    return StatisticsFile(kind, frame, notes, tags, odd)


Block = tuple[pl.DataFrame, Any, dict[str, pl.Series]]


def _blocks(source: Path | bytes, kind: str, encoding: str | None) -> Iterator[Block]:
    """Yield the rows in portions, each with the reader's notes and the tags in it.

    Of a large SPSS file the first rows are pyreadstat's, and those after them decoded many at a time, if that gives
    the same first rows.
    """
    at_once, start = FIRST_ROWS, 0
    while True:
        values, notes = _read(source, kind, encoding, start, 0 if kind == SPSS_PORTABLE else at_once)
        block, tags = _as_frame(values, notes)
        yield block, notes, tags
        if kind == SPSS_PORTABLE or block.height < at_once:  # a portable file cannot be read from the middle
            return
        if kind == SPSS and not start and not tags:
            content = source if isinstance(source, bytes) else source.read_bytes()
            found = spss_rows(content, notes.readstat_variable_types, encoding or notes.file_encoding or "")
            if found is not None and found.head(block.height).equals(block):
                yield found.slice(block.height), notes, {}
                return
        start += block.height
        at_once = max(FIRST_ROWS, CELLS_AT_ONCE // max(1, block.width))


def _read(source: Path | bytes, kind: str, encoding: str | None, start: int, n_rows: int) -> tuple[Any, Any]:
    """Return columns as lists and pyreadstat's notes."""
    import pyreadstat

    readers: dict[str, tuple[Any, dict[str, Any]]] = {
        SPSS: (pyreadstat.read_sav, {"user_missing": True, "encoding": encoding}),
        SPSS_PORTABLE: (pyreadstat.read_por, {}),
        STATA: (pyreadstat.read_dta, {"user_missing": True, "encoding": encoding}),
        SAS: (pyreadstat.read_xport, {"encoding": encoding}),
    }
    reader, options = readers[kind]
    found: tuple[Any, Any] = reader(
        BytesIO(source) if isinstance(source, bytes) else source,
        output_format="dict",
        disable_datetime_conversion=True,
        row_offset=start,
        row_limit=n_rows,
        **options,
    )
    return found


def _as_frame(values: Mapping[str, list[Any]], notes: Any) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Return columns with the type they are stored in, and the tags of those that have any."""
    columns, tags = [], {}
    for name, given in values.items():
        storage, cells = notes.readstat_variable_types[name], given
        if storage != TEXT and name in notes.missing_user_values:
            tags[name] = pl.Series(name, [f".{one}" if isinstance(one, str) else None for one in given], pl.String)
            cells = [None if isinstance(one, str) else one for one in given]
        dtype = pl.String if storage == TEXT else pl.Int64 if storage.startswith("int") else pl.Float64
        columns.append(pl.Series(name, cells, dtype=dtype))
    return pl.DataFrame(columns), tags


def _joined_tags(blocks: list[Block]) -> dict[str, pl.Series]:
    """Return the tags of all blocks, null where a block has none."""
    found = {}
    for name in dict.fromkeys(name for _, _, tags in blocks for name in tags):
        parts = [tags.get(name, pl.Series(name, [None] * block.height, pl.String)) for block, _, tags in blocks]
        found[name] = pl.concat(parts)
    return found


def _with_moments(stored: pl.DataFrame, kind: str, notes: Any) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """Return the frame with dates and times as such, and the numbers among them that are none."""
    columns, odd = [], {}
    for values in stored:
        found = None
        if values.dtype != pl.String:
            ranges = [(one["lo"], one["hi"]) for one in notes.missing_ranges.get(values.name, ())]
            found = moments(values, kind, str(notes.original_variable_types.get(values.name) or ""), ranges)
        if found is None:
            columns.append(values)
            continue
        columns.append(found)
        is_odd = values.is_not_null() & found.is_null()
        if is_odd.any():
            odd[values.name] = values.zip_with(is_odd, pl.Series([None], dtype=values.dtype))
    return pl.DataFrame(columns), odd


def _first_line(error: Exception) -> str:
    """Return what a library complains of, without respondents' text."""
    if isinstance(error, UnicodeDecodeError):
        return f"its text is not {error.encoding.upper()}, name the right one as 'encoding' under 'source'"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
