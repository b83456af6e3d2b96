"""A delivered file as read: text as it came, one numbered row per record, and what the file says of its columns."""

from dataclasses import dataclass, field

import polars as pl

ROW_NUMBER = "row_number"


@dataclass(frozen=True)
class Variable:
    """What an export says of one of its columns; most formats say only some of it.

    `values` maps a code, as it stands in the frame, to its label, in the file's order. `missing` are the codes the
    file declares missing, ranges resolved to the codes that occur or carry a label.
    """

    name: str  # the column's name in the frame
    label: str = ""  # the question, or the variable's label
    values: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    kind: str = "text"  # category | number | text | date


@dataclass(frozen=True)
class MultipleResponse:
    """Columns that are one question with several answers; `counted` is the code that means yes, None: the answer."""

    name: str
    label: str
    columns: tuple[str, ...]
    counted: str | None = None


@dataclass(frozen=True)
class Delivery:
    """The rows of one delivered file.

    `frame` has `row_number` (Int32, from 1: the first record after the header) and then the delivered columns in
    their order, all text (String, or Enum of text), stripped of outer spaces; a blank cell is null. Leading zeros
    stay; a whole number has no decimal point, a date or time is ISO 8601, a declared missing code is itself.
    """

    frame: pl.DataFrame
    file_name: str
    encoding: str = ""
    delimiter: str = ""
    n_blank_rows_dropped: int = 0  # after the last record; blank rows between records stay, to be counted
    format: str = "csv"
    variables: tuple[Variable, ...] = ()  # of the columns the file describes, in their order
    multiple_responses: tuple[MultipleResponse, ...] = ()
    notes: tuple[str, ...] = ()  # what was read otherwise than one might expect, in words
