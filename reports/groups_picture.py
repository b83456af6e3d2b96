"""The told headlines by age group: a dot with its interval for each group, and the table of its figures."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.definitions import ALL
from pipeline.disclosure import hide_counts, hide_groups
from reports import charts, sentences, words
from reports.charts import Mark
from reports.curves_picture import DOMAIN
from reports.edition import Edition
from reports.findings import SHARES, Finding, mark_in_words, shown_share
from reports.pictures import Picture, Table
from reports.published import in_declared_order
from reports.svg import Words

WIDTH = 240  # four stand beside each other on a page


def group_pictures(edition: Edition, findings: Sequence[Finding]) -> list[Picture]:
    """Return a picture for each finding whose headline is published by age group."""
    rows = _rows(edition, [finding.item for finding in findings])
    found = [(finding, _of(rows, finding)) for finding in findings]
    return [_picture(edition, finding, of_finding) for finding, of_finding in found if of_finding]


def _rows(edition: Edition, items: list[str]) -> pl.DataFrame:
    """Return the figures by age group, and of everyone, without what a table of groups would give away."""
    sql = """
        select * from estimates
        where survey = ? and wave = ? and weight_id = ? and domain in (?, 'all') and list_contains(?, item)
        order by item, domain = 'all', domain_value
    """
    rows = edition.read(sql, [edition.survey, edition.wave, edition.weight_id, DOMAIN, items])
    if rows.is_empty() or "unweighted_estimate" not in rows.columns:
        return rows.clear()
    rows = in_declared_order(edition.read, edition.survey, rows, within=["item"])
    hidden = hide_groups(rows, edition.profile, table=["item"], shares=SHARES)
    return hide_counts(hidden, edition.profile, counts=["unweighted_n"])


def _of(rows: pl.DataFrame, finding: Finding) -> list[dict[str, Any]]:
    """Return the rows of one headline; none where it is published for everyone alone."""
    if rows.is_empty():
        return []
    of_finding = rows.filter(
        pl.col("item") == finding.item, pl.col("category") == finding.headline, pl.col("statistic") == "headline"
    )
    return of_finding.to_dicts() if of_finding.height > 1 else []


def _picture(edition: Edition, finding: Finding, rows: list[dict[str, Any]]) -> Picture:
    language, texts = edition.language, edition.language.table("newsletter")
    marks = [_mark(edition, row) for row in rows]
    told = " ".join(mark_in_words(language, mark, "charts.group_point") for mark in marks)
    about = Words(
        f"by_age_{finding.finding_id}",
        language.say("pictures.groups_title", label=finding.label, answers=finding.answers),
        language.say("charts.groups", level=edition.level, groups=told),
    )
    shown = tuple(
        (
            mark.label,
            mark.figure,
            words.short_range(language, mark.low, mark.high),
            words.count(language, row["unweighted_n"]),
        )
        for mark, row in zip(marks, rows, strict=True)
    )
    return Picture(
        chart_id=about.chart_id,
        title=finding.label,
        chart=charts.interval_chart(marks, about, width=WIDTH),
        key=language.say("charts.bar_key", level=edition.level),
        description=about.description,
        table=Table(finding.label, (texts["age_group"], texts["share"], texts["range"], texts["base"]), shown),
    )


def _mark(edition: Edition, row: dict[str, Any]) -> Mark:
    speaks_for_others = row["inference"] != sentences.UNTESTED_INFERENCE
    return Mark(
        label=edition.language.text("newsletter.everyone") if row["domain"] == ALL else row["domain_value"],
        estimate=row["estimate"],
        low=row["ci_low"] if speaks_for_others else None,
        high=row["ci_high"] if speaks_for_others else None,
        figure=shown_share(edition.language, row["estimate"]),
        is_provisional=edition.is_provisional,
    )
