"""A delivered file as read: text as it came, one numbered row per record."""

from dataclasses import dataclass

import polars as pl

ROW_NUMBER = "row_number"


@dataclass(frozen=True)
class Delivery:
    """The rows of one delivered file.

    `frame` has `row_number` (Int32, from 1: the first record after the header) and then the delivered columns
    in their order, all text, stripped of outer spaces; a blank cell is null. Leading zeros stay.
    """

    frame: pl.DataFrame
    file_name: str
    encoding: str
    delimiter: str
    n_blank_rows_dropped: int = 0  # after the last record; blank rows between records stay, to be counted
