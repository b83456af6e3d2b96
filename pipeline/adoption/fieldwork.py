"""When a wave was in the field, by the completion times of its export, whatever layout they are in."""

from dataclasses import dataclass
from datetime import date

import polars as pl

LAYOUTS = (  # None: ISO 8601, as readers deliver dates that the file itself declares
    None,
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
)
READABLE = 0.95  # share of times that a layout must read


@dataclass(frozen=True)
class Fieldwork:
    """First and last day of the interviews, and the layout of their times."""

    start: date
    end: date
    layout: str | None


def fieldwork(times: pl.Series) -> Fieldwork | None:
    """Return when the interviews were; None when no layout reads the times."""
    known = times.drop_nulls()
    for layout in LAYOUTS:
        days = _days(known, layout)
        if known.len() and days.drop_nulls().len() >= READABLE * known.len():
            first, last = days.min(), days.max()
            assert isinstance(first, date), "a minimum of dates is a date"
            assert isinstance(last, date), "a maximum of dates is a date"
            return Fieldwork(first, last, layout)
    return None


def _days(times: pl.Series, layout: str | None) -> pl.Series:
    if layout is None:
        return times.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    if "%H" in layout:
        return times.str.strptime(pl.Datetime, layout, strict=False).dt.date()
    return times.str.strptime(pl.Date, layout, strict=False)
