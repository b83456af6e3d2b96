"""Which character stands between the cells of a delivered file."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from pipeline.errors import DeliveryError

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_WORDS = "a comma, semicolon, tab or |"
SAMPLE_ROWS = 20  # that show whether a delimiter gives rows of one length
CHARACTERS_SHOWN = 60  # of line 1, in messages


def fitting_delimiter(text: str, expected_columns: Sequence[str], file_name: str) -> str:
    """Return the delimiter that finds most of the expected columns, then most rows of one length, then columns.

    Raises:
        DeliveryError: with each of them line 1 is one column, and not the one expected.
    """
    scored = {delimiter: delimiter_score(text, delimiter, expected_columns) for delimiter in DELIMITERS}
    best = max(scored, key=lambda delimiter: scored[delimiter])
    n_expected, _, n_columns = scored[best]
    if n_columns > 1 or n_expected == 1 == len(set(expected_columns)):
        return best
    different = list(dict.fromkeys(expected_columns))
    names = f" and names such as {', '.join(different[:3])}" if different else ""
    raise DeliveryError(
        f"{file_name}: no delimiter fits, line 1 was read as one column, {first_line_shown(text, expected_columns)}; "
        f"expected {DELIMITER_WORDS} between columns{names}. Export it again as CSV with commas."
    )


def delimiter_score(text: str, delimiter: str, expected_columns: Sequence[str]) -> tuple[int, float, int]:
    """Return how many expected columns a delimiter finds, its share of rows of one length, and columns."""
    rows = sample_rows(text, delimiter)
    header = [name.strip() for name in rows[0]] if rows else [""]
    filled = [row for row in rows[1:] if row]
    share = sum(len(row) == len(header) for row in filled) / len(filled) if filled else 1.0
    return len(set(header) & set(expected_columns)), share if len(header) > 1 else 0.0, len(header)


def sample_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first records, as far as they can be told apart."""
    rows: list[list[str]] = []
    reader = csv.reader(lines_of(text), delimiter=delimiter)
    with suppress(csv.Error):  # a quotation mark that is never closed is reported when the file is read
        rows.extend(islice(reader, SAMPLE_ROWS + 1))
    return rows


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines with their ends, each only when it is asked for."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def first_line_shown(text: str, expected_columns: Sequence[str]) -> str:
    """Return line 1 for a message, unless it may be somebody's answers."""
    line = text.partition("\n")[0]
    is_header = not expected_columns or any(column in re.split(r"[^\w.]+", line) for column in expected_columns)
    if not is_header:
        return "and has none of the expected names"
    return f"'{line[:CHARACTERS_SHOWN]}{'…' if len(line) > CHARACTERS_SHOWN else ''}'"
