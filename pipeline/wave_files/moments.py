"""Dates and times that SPSS, Stata and SAS store as numbers since their own first day."""

import re
from collections.abc import Callable, Sequence

import polars as pl

UNIX_DAY = {"spss": 141428, "spss_portable": 141428, "stata": 3653, "sas_transport": 3653}  # their days before 1970
FIRST_DAY, LAST_DAY = -719162, 2932896  # years 1 to 9999, days from 1970
DAY = 86400
SPSS_DAYS = {"DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR"}
SPSS_MOMENTS, SPSS_TIMES = {"DATETIME", "YMDHMS"}, {"TIME", "DTIME", "MTIME"}
SAS_DAYS = re.compile(r"(WEEKDAT[EX]|MMDDYY[BCDNPS]?|DDMMYY[BCDNPS]?|YYMMDD[BDNPS]?|DATE|(IS|E|B)8601DA)\d*")
SAS_MOMENTS = re.compile(r"(DATETIME|DATEAMPM|MDYAMPM|(IS|E|B)8601D[TN])\d*")
SAS_TIMES = re.compile(r"(TIME|TOD|HHMM|TIMEAMPM|(IS|E|B)8601TM)\d*")
CLOCK = re.compile(r"c-?[Hh][Hh]")  # a Stata moment shown as a time of day
PERIODS: dict[str, Callable[[pl.Expr], tuple[pl.Expr, pl.Expr]]] = {  # Stata: months from 1960, and days into one
    "m": lambda n: (n, pl.lit(0)),
    "q": lambda n: (n * 3, pl.lit(0)),
    "h": lambda n: (n * 6, pl.lit(0)),
    "w": lambda n: (n.floordiv(52) * 12, (n % 52) * 7),
}


def moments(
    values: pl.Series, kind: str, shown_as: str, missing: Sequence[tuple[float | str, float | str]] = ()
) -> pl.Series | None:
    """Return stored numbers as dates, datetimes or times of day; None where the format is none of those.

    A period (quarter, month, week) is its first day. A declared missing code and what lies outside the years 1 to
    9999 (or, of a time, outside a day) is null.
    """
    unit = unit_of(kind, shown_as)
    if unit is None:
        return None
    number = values.cast(pl.Float64)
    for low, high in missing:
        if not isinstance(low, str):
            number = pl.select(pl.when(~number.is_between(low, high)).then(number)).to_series()
    expression = _moment(pl.col("number"), unit, UNIX_DAY[kind])
    return pl.DataFrame({"number": number}).select(expression.alias(values.name)).to_series()


def unit_of(kind: str, shown_as: str) -> str | None:
    """Return what a column shown in a format counts: days, seconds (of days, moments or a clock) or a Stata period."""
    if kind in ("spss", "spss_portable"):
        word = re.sub(r"[\d.]+$", "", shown_as.upper())
        return _first(
            ("seconds_as_days", word in SPSS_DAYS),
            ("seconds", word in SPSS_MOMENTS),
            ("clock", word in SPSS_TIMES),
        )
    if kind == "stata":
        code = shown_as.removeprefix("%").removeprefix("-").removeprefix("t")
        return _first(
            ("days", code[:1] == "d" and shown_as.lstrip("%-")[:1] in "td"),
            ("clock_milliseconds", bool(CLOCK.match(code)) and shown_as.lstrip("%-")[:1] == "t"),
            ("milliseconds", code[:1] in ("c", "C") and shown_as.lstrip("%-")[:1] == "t"),
            (code[:1], code[:1] in PERIODS and shown_as.lstrip("%-")[:1] == "t"),
        )
    word = shown_as.upper().split(".")[0]
    return _first(
        ("days", bool(SAS_DAYS.fullmatch(word))),
        ("seconds", bool(SAS_MOMENTS.fullmatch(word))),
        ("clock", bool(SAS_TIMES.fullmatch(word))),
    )


def _first(*choices: tuple[str, bool]) -> str | None:
    return next((unit for unit, is_it in choices if is_it), None)


def _moment(number: pl.Expr, unit: str, unix_day: int) -> pl.Expr:
    """Return the expression that makes a moment of numbers."""
    if unit in PERIODS:
        months, days = PERIODS[unit](number.cast(pl.Int64))
        year, month = 1960 + months.floordiv(12), months % 12 + 1
        inside = year.is_between(1, 9999)
        first = pl.date(pl.when(inside).then(year), month, 1)
        return first + pl.duration(days=days)
    if unit == "days":
        return _date(number - unix_day)
    if unit == "seconds_as_days":
        return _date((number / DAY).floor() - unix_day)
    seconds = number / 1000 if "milliseconds" in unit else number
    if unit.startswith("clock"):
        inside = seconds.is_between(0, DAY, closed="left")
        nanoseconds = (pl.when(inside).then(seconds) * 1e6).round().cast(pl.Int64) * 1000
        return nanoseconds.cast(pl.Time)
    whole = seconds.floor() - unix_day * DAY
    inside = whole.is_between(FIRST_DAY * DAY, (LAST_DAY + 1) * DAY, closed="left")
    microseconds = (pl.when(inside).then(whole) * 1e6).cast(pl.Int64) + ((seconds % 1) * 1e6).round().cast(pl.Int64)
    return microseconds.cast(pl.Datetime("us"))


def _date(days: pl.Expr) -> pl.Expr:
    """Return days from 1970 as dates."""
    return pl.when(days.is_between(FIRST_DAY, LAST_DAY)).then(days).cast(pl.Int32).cast(pl.Date)


def moment_text(values: pl.Series) -> pl.Series:
    """Return dates, datetimes and times in ISO 8601, fractions of a second only where there are any."""
    if values.dtype == pl.Date:
        return values.dt.to_string("%Y-%m-%d")
    layout = "%H:%M:%S%.6f" if values.dtype == pl.Time else "%Y-%m-%dT%H:%M:%S%.6f"
    return values.dt.to_string(layout).str.replace(r"(\.\d*?)0+$", "$1").str.strip_suffix(".")
