"""A picture of the newsletter with all that goes with it: title, key, text alternative and the table of its figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table in print: the first column names its rows; no rows where nothing is published."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A chart, ready for print."""

    chart_id: str
    title: str
    chart: str
    key: str
    description: str  # all that the chart shows, in words
    table: Table
