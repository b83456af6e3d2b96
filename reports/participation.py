"""Who answered a wave and who left, by age group: counts, shares who stayed, and their chart."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.definitions import ALL
from pipeline.disclosure import hide_counts, hide_shares
from reports import charts, published, words
from reports.charts import Mark
from reports.curves_picture import DOMAIN, curves_picture
from reports.edition import Edition
from reports.findings import mark_in_words, shown_share
from reports.language import Language
from reports.pictures import Picture, Table
from reports.svg import Words

CHART_ID = "retention_by_age_group"
COUNTS = ["n_first_wave", "n_eligible", "n_respondents"]
SHARES = ["retention_raw", "retention_raw_ci_low", "retention_raw_ci_high", "retention_eligible"]


@dataclass(frozen=True)
class Participation:
    """The section, ready for print."""

    sentence: str
    asked: Table  # everyone invited to the wave, refreshment cohorts among them
    stayed: Table  # the respondents of the first wave
    chart_id: str
    chart: str  # "" where nobody can have left yet, or nothing is published
    chart_key: str
    notes: tuple[str, ...]
    curves: Picture | None = None  # of every wave so far


def participation(edition: Edition) -> Participation:
    """Return who answered and who left by the wave of an edition."""
    rows = _shown(edition, published.retention_by(edition.read, edition.survey, edition.wave, DOMAIN))
    asked = _asked(edition)
    if edition.waves.height == 1 or rows.is_empty():
        return Participation(_alone(edition), asked, Table("", (), ()), CHART_ID, "", "", ())
    return Participation(
        sentence=_sentence(edition, rows),
        asked=asked,
        stayed=_stayed(edition, rows),
        chart_id=CHART_ID,
        chart=_chart(edition, rows),
        chart_key=edition.language.say("charts.bar_key", level=edition.level),
        notes=(edition.language.text("newsletter.age_note"),),
        curves=curves_picture(edition),
    )


def _alone(edition: Edition) -> str:
    if edition.waves.height > 1:
        return edition.language.text("who.nothing")
    n = words.count(edition.language, edition.shown_count(edition.facts["n_respondents"]))
    return edition.language.say("who.first", n=n)


def _asked(edition: Edition) -> Table:
    rows = published.response_by(edition.read, edition.survey, edition.wave, DOMAIN)
    language = edition.language
    texts = language.table("newsletter")
    headings = (texts["age_group"], texts["invited"], texts["answered_this"], texts["share_stayed"])
    if rows.is_empty():
        return Table("", (), ())
    rows = hide_shares(rows, edition.profile, base="n_invited", shares=["completion_rate"])
    rows = hide_counts(rows, edition.profile, counts=["n_invited", "n_respondents"])
    shown = tuple(
        (
            _label(language, row),
            words.count(language, row["n_invited"]),
            words.count(language, row["n_respondents"]),
            shown_share(language, row["completion_rate"]),
        )
        for row in rows.iter_rows(named=True)
    )
    return Table(texts["asked_caption"], headings, shown)


def _stayed(edition: Edition, rows: pl.DataFrame) -> Table:
    language = edition.language
    texts = language.table("newsletter")
    missed = language.text("who.not_answered_yet") if edition.is_provisional else texts["no_answer_this"]
    headings = [_first_heading(edition), texts["still_eligible"], texts["answered_this"], missed]
    headings += [texts["share_stayed"], texts["share_eligible"]]
    shown = tuple(_row(language, row) for row in rows.iter_rows(named=True))
    return Table(texts["stayed_caption"], (texts["age_group"], *headings), shown)


def _shown(edition: Edition, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows without what the disclosure profile hides; who missed the wave counts as a cell too."""
    missed = rows.with_columns(n_missed=pl.col("n_first_wave") - pl.col("n_respondents"))
    shown = hide_shares(missed, edition.profile, base="n_first_wave", shares=SHARES)
    return hide_counts(shown, edition.profile, counts=[*COUNTS, "n_missed"])


def _first_heading(edition: Edition) -> str:
    return edition.language.say("who.answered_wave", number=edition.waves.get_column("wave_number").item(0))


def _label(language: Language, row: dict[str, Any]) -> str:
    return language.text("newsletter.everyone") if row["domain"] == ALL else row["domain_value"]


def _sentence(edition: Edition, rows: pl.DataFrame) -> str:
    everyone = rows.filter(pl.col("domain") == ALL)
    if everyone.is_empty() or everyone.item(0, "retention_raw") is None:
        return ""
    language = edition.language
    return language.say(
        "who.sentence",
        first=words.count(language, everyone.item(0, "n_first_wave")),
        first_wave=language.say("words.wave_in_sentence", number=edition.waves.item(0, "wave_number")),
        share=words.percent(language, everyone.item(0, "retention_raw")),
    )


def _row(language: Language, row: dict[str, Any]) -> tuple[str, ...]:
    counts = [words.count(language, row[count]) for count in (*COUNTS, "n_missed")]
    shares = [shown_share(language, row[share]) for share in ("retention_raw", "retention_eligible")]
    return (_label(language, row), *counts, *shares)


def _chart(edition: Edition, rows: pl.DataFrame) -> str:
    language = edition.language
    marks = [
        Mark(
            label=_label(language, row),
            estimate=row["retention_raw"],
            low=row["retention_raw_ci_low"],
            high=row["retention_raw_ci_high"],
            is_provisional=edition.is_provisional,
            figure=shown_share(language, row["retention_raw"]),
        )
        for row in rows.iter_rows(named=True)
    ]
    groups = " ".join(mark_in_words(language, mark, "charts.group_point") for mark in marks)
    about = Words(
        CHART_ID,
        language.text("newsletter.retention_chart"),
        language.say("charts.groups", level=edition.level, groups=groups),
    )
    return charts.interval_chart(marks, about)
