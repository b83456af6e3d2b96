"""The headlines of an item in the trend report: its trend with intervals and breaks, and the changes tests allow."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from reports import published
from reports.claims import change_lines
from reports.edition import Edition
from reports.findings import answers_of, chart_key, headline_chart, headline_row
from reports.pictures import Picture, Table
from reports.report_sections import Trend
from reports.sentences import UNTESTED_INFERENCE

EVERYONE = [0, 0]  # its place among the domains of explorer_data
HEADLINE = "headline:"
COLUMNS = {
    "wave": pl.String, "wave_number": pl.Int64, "fieldwork_end": pl.Date, "release_status": pl.String,
    "estimate": pl.Float64, "ci_low": pl.Float64, "ci_high": pl.Float64, "unweighted_n": pl.Int64,
    "is_suppressed": pl.Boolean, "is_before_break": pl.Boolean, "inference": pl.String,
}  # fmt: skip


def headline_trends(edition: Edition, survey: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[Trend]:
    """Return a picture of each headline of an item, of the figures that the explorer may show, and its tested changes.

    Args:
        survey: of `explorer_data`, told in the language of the edition.
        item: one of its items.
    """
    options = published.headline_options(edition.read, edition.survey)
    for one in item["series"]:
        if not one["key"].startswith(HEADLINE):
            continue
        headline = {"item": item["id"], "headline": one["key"].removeprefix(HEADLINE)}
        answers = answers_of(edition, headline, options.get((headline["item"], headline["headline"]), []))
        yield _trend(edition, headline, item["label"], answers, _series(edition, survey, item, one["key"]))


def _trend(edition: Edition, headline: dict[str, str], label: str, answers: str, series: pl.DataFrame) -> Trend:
    chart_id = re.sub(r"\W+", "_", f"{headline['item']}_{headline['headline']}")
    chart, about = headline_chart(edition, series, chart_id, label, answers)
    own, rows = edition.language.table("newsletter"), [
        headline_row(edition.language, row) for row in series.iter_rows(named=True)
    ]  # fmt: skip
    waves, *figures = zip(*rows, strict=True)
    table = Table(
        about.title,
        (own["estimate"], *waves),
        tuple((own[name], *cells) for name, cells in zip(("share", "range", "base"), figures, strict=True)),
    )
    picture = Picture(chart_id, about.title, chart, chart_key(edition, series), about.description, table)
    return Trend(picture, _changes(edition, headline, series))


def _changes(edition: Edition, headline: dict[str, str], series: pl.DataFrame) -> tuple[str, ...]:
    """Return what is said of change into the last wave that asked the item, since the one before and the first."""
    last = replace(edition, wave=series["wave"][-1])
    changes = published.headline_changes(last.read, last.survey, last.wave, last.family)
    own = changes.filter(weight_id=last.weight_id, **headline)
    return tuple(line.text for line in change_lines(last, series.filter(~pl.col("is_before_break")), own))


def _series(edition: Edition, survey: Mapping[str, Any], item: Mapping[str, Any], key: str) -> pl.DataFrame:
    """Return the headline's figures of everyone, oldest first, after those of the item it replaced with a break."""
    own = _points(item, key)
    replaced = {
        link["item"]
        for link in item["links"]
        if link["when"] == "earlier" and link["comparability"] == "comparable_with_break"
    }
    earlier = [point for one in survey["items"] if one["id"] in replaced for point in _points(one, key)]
    before = [point for point in earlier if point[0] < own[0][0]]
    waves = {row["wave"]: row for row in edition.waves.iter_rows(named=True)}
    rows = [
        _row(edition, waves[survey["waves"][wave]["id"]], figures, is_before_break=is_before_break)
        for points, is_before_break in ((before, True), (own, False))
        for wave, *figures in points
    ]
    return pl.DataFrame(rows, schema=COLUMNS)


def _points(item: Mapping[str, Any], key: str) -> list[list[Any]]:
    """Return the place of each wave with estimate, lower, upper and base; nothing after it where these are hidden."""
    points = [point for one in item["series"] if one["key"] == key for point in one["points"]]
    return sorted(point[2:] for point in points if point[:2] == EVERYONE)


def _row(edition: Edition, wave: Mapping[str, Any], figures: list[Any], *, is_before_break: bool) -> dict[str, Any]:
    share, low, high, base = figures[:4] or [None] * 4
    has_range = low is not None and high is not None and edition.inference != UNTESTED_INFERENCE
    return {
        **{name: wave[name] for name in ("wave", "wave_number", "fieldwork_end", "release_status")},
        "estimate": None if share is None else share / 100,
        "ci_low": low / 100 if has_range else None,
        "ci_high": high / 100 if has_range else None,
        "unweighted_n": base,
        "is_suppressed": share is None,
        "is_before_break": is_before_break,
        "inference": edition.inference,
    }
