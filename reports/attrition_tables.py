"""Response by wave and how representative it was, as the attrition page and the trend report both tell them."""

from dataclasses import replace
from typing import Any

import polars as pl

from reports import words
from reports.attrition_charts import indicator_chart
from reports.charts import Mark
from reports.language import Language
from reports.pictures import Picture, Table
from reports.svg import Words

DASH = "–"
RATES = ("completion_rate", "rr1", "rr3", "rr5", "cumrr2")


def indicator_picture(indicators: pl.DataFrame, language: Language) -> Picture | None:
    """Return the R-indicator over the waves, given the rows of `indicator_rows`; None where none may be shown."""
    own = language.table("attrition")
    marks = [
        Mark(_wave(row, language), row["estimate"], row["ci_low"], row["ci_high"])
        for row in indicators.iter_rows(named=True)
    ]
    shown = [mark for mark in marks if mark.estimate is not None]
    if not shown:
        return None
    told = " ".join(
        f"{mark.label}: {decimal(mark.estimate, language)} ({_range(mark.low, mark.high, language)})." for mark in shown
    )
    about = Words("r-indicator", own["indicator_title"], told)
    rows = tuple(
        (
            _wave(row, language),
            decimal(row["estimate"], language),
            _range(row["ci_low"], row["ci_high"], language),
            decimal(row["unadjusted"], language),
        )
        for row in indicators.iter_rows(named=True)
    )
    headings = tuple(own[name] for name in ("wave", "indicator", "range", "unadjusted"))
    table = Table(own["indicator_caption"], headings, rows)
    numbers = [str(number) for number in indicators["wave_number"]]
    placed = [marks[0], *(replace(mark, label=number) for mark, number in zip(marks[1:], numbers[1:], strict=True))]
    return Picture(about.chart_id, about.title, indicator_chart(placed, about), own["indicator_note"], told, table)


def response_table(response: pl.DataFrame, language: Language) -> Table:
    """Return who was invited and answered by wave, with the rates that the panel has."""
    own = language.table("attrition")
    shown = [rate for rate in RATES if response[rate].null_count() < response.height]
    lines = [
        (
            _wave(row, language) + (f" ({own['in_the_field']})" if row["is_provisional"] else ""),
            words.count(language, row["n_invited"]),
            words.count(language, row["n_respondents"]),
            *(percent(row[rate], language) for rate in shown),
        )
        for row in response.iter_rows(named=True)
    ]
    headings = tuple(own[name] for name in ("wave", "invited", "answered", *shown))
    return Table(own["response_caption"], headings, tuple(lines))


def _wave(row: dict[str, Any], language: Language) -> str:
    return language.say("words.number_of_wave", number=row["wave_number"])


def share_and_range(row: dict[str, Any] | None, figure: str, language: Language) -> str:
    """Return a share of a row and its range; a dash where there is none to show."""
    if row is None or row[figure] is None:
        return DASH
    within = words.short_range(language, row[f"{figure}_ci_low"], row[f"{figure}_ci_high"])
    return f"{words.short_percent(language, row[figure])} ({within})"


def percent(share: float | None, language: Language) -> str:
    """Return a share in print; a dash where there is none."""
    return DASH if share is None else words.short_percent(language, share)


def decimal(number: float | None, language: Language) -> str:
    """Return a number with two decimals; a dash where there is none."""
    return DASH if number is None else language.decimal(number, 2)


def _range(low: float | None, high: float | None, language: Language) -> str:
    if low is None or high is None:
        return DASH
    return language.say("numbers.percents", low=language.decimal(low, 2), high=language.decimal(high, 2))
