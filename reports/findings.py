"""The headline findings of one wave: figure, sentence, tested change, chart and base of each declared headline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.disclosure import hide_counts, hide_shares
from pipeline.translations import ANSWER, LABEL, WORDING
from reports import charts, published, sentences, words
from reports.charts import Mark
from reports.claims import ChangeLine, change_lines, group_lines
from reports.edition import RELEASED, Edition
from reports.language import Language
from reports.svg import Words

SHARES = ("estimate", "ci_low", "ci_high")


@dataclass(frozen=True)
class Finding:
    """One headline, ready for print."""

    finding_id: str
    item: str
    headline: str
    label: str
    wording: str
    answers: str
    figure: str
    range: str
    sentence: str
    changes: tuple[ChangeLine, ...]
    base: str
    is_flagged: bool
    chart: str
    chart_key: str
    rows: tuple[tuple[str, str, str, str], ...]  # wave, share, range, base


def headline_findings(edition: Edition) -> list[Finding]:
    """Return a finding for every declared headline asked in the wave, in declared order, whatever its change."""
    declared = _declared(edition)
    answers = published.headline_options(edition.read, edition.survey)
    estimates = _shown_estimates(edition)
    replaced = published.earlier_wordings(edition.read, edition.survey)
    changes = published.headline_changes(edition.read, edition.survey, edition.wave, edition.family)
    changes = changes.filter(pl.col("weight_id") == edition.weight_id)
    groups = published.group_tests(edition.read, edition.survey, edition.wave, edition.weight_id, edition.family)
    return [
        _finding(
            edition,
            headline,
            answers_of(edition, headline, answers.get(_key(headline), [])),
            _series(estimates, headline, replaced.get(headline["item"])),
            _of(changes, headline),
            groups if groups.is_empty() else _of(groups, headline),
        )
        for headline in declared.iter_rows(named=True)
    ]


def _declared(edition: Edition) -> pl.DataFrame:
    asked = published.headline_items(edition.read, edition.survey, edition.wave, edition.weight_id)
    if not edition.family_items:
        return asked
    order = pl.DataFrame({"item": edition.family_items, "declared_order": range(len(edition.family_items))})
    return asked.join(order, on="item", how="inner").sort("declared_order", "headline")


def answers_of(edition: Edition, headline: dict[str, str], options: Sequence[tuple[str, str]]) -> str:
    """Return the answers that a headline adds up, given their codes and labels."""
    labels = [edition.texts.text(label, ANSWER, headline["item"], code) for code, label in options]
    return words.answered(edition.language, labels, headline["headline"])


def _key(headline: dict[str, str]) -> tuple[str, str]:
    return headline["item"], headline["headline"]


def _of(rows: pl.DataFrame, headline: dict[str, str]) -> pl.DataFrame:
    return rows.filter(pl.col("item") == headline["item"], pl.col("headline") == headline["headline"])


def _series(estimates: pl.DataFrame, headline: dict[str, str], replaced: str | None) -> pl.DataFrame:
    """Return a headline's estimates, oldest first, after those of the item that it replaced with a break."""
    own = _of(estimates, headline).with_columns(is_before_break=pl.lit(False))
    earlier = _of(estimates, headline | {"item": replaced or ""}).with_columns(is_before_break=pl.lit(True))
    return pl.concat([earlier.filter(pl.col("wave_number") < own["wave_number"].min()), own])


def _shown_estimates(edition: Edition) -> pl.DataFrame:
    """Return the headline estimates up to this wave, without what the disclosure profile hides."""
    rows = published.headline_estimates(edition.read, edition.survey, edition.weight_id)
    waves = edition.waves.select("wave", "wave_number", "fieldwork_end", "release_status")
    rows = rows.join(waves, on="wave", how="inner").sort("wave_number")
    rows = hide_shares(rows, edition.profile, base="unweighted_n", shares=SHARES)
    rows = hide_counts(rows, edition.profile, counts=["unweighted_n"])
    speaks_for_others = pl.col("inference") != sentences.UNTESTED_INFERENCE
    return rows.with_columns(pl.when(speaks_for_others).then(pl.col(end)).alias(end) for end in ("ci_low", "ci_high"))


def _finding(
    edition: Edition,
    headline: dict[str, str],
    answers: str,
    series: pl.DataFrame,
    changes: pl.DataFrame,
    groups: pl.DataFrame,
) -> Finding:
    now, language = series.row(-1, named=True), edition.language
    own = series.filter(~pl.col("is_before_break"))
    share, low, high = (now[column] for column in SHARES)
    label = edition.texts.text(headline["label"], LABEL, headline["item"])
    finding_id = re.sub(r"\W+", "_", f"{headline['item']}_{headline['headline']}")  # a file name and an HTML id
    return Finding(
        finding_id=finding_id,
        item=headline["item"],
        headline=headline["headline"],
        label=label,
        wording=edition.texts.text(headline["wording"], WORDING, headline["item"]),
        answers=answers,
        figure="–" if share is None else words.short_percent(language, share),
        range=words.short_range(language, low, high),
        sentence=sentences.share_sentence(language, share, low, high, answers=answers, inference=now["inference"]),
        changes=change_lines(edition, own, changes) + group_lines(edition, now, groups),
        base=words.capital(words.base(language, now["unweighted_n"], is_rounded=edition.profile.base_multiple > 1)),
        is_flagged=now["is_flagged"],
        chart=headline_chart(edition, series, finding_id, label, answers)[0],
        chart_key=chart_key(edition, series),
        rows=tuple(headline_row(language, row) for row in series.iter_rows(named=True)),
    )


def headline_chart(
    edition: Edition, series: pl.DataFrame, chart_id: str, label: str, answers: str
) -> tuple[str, Words]:
    """Return the chart of a headline's estimates, oldest first, with its title and what it shows in words."""
    language = edition.language
    marks = [_mark(language, row, is_alone=series.height == 1) for row in series.iter_rows(named=True)]
    about = Words(
        chart_id,
        language.say("charts.title", label=label, answers=answers),
        _description(language, edition.level, marks),
    )
    if len(marks) == 1:
        return charts.interval_chart(marks, about), about
    return charts.trend_chart(marks, about, at_break=language.text("pictures.break")), about


def _mark(language: Language, row: dict[str, Any], *, is_alone: bool) -> Mark:
    number = str(row["wave_number"])
    end = row["fieldwork_end"]
    return Mark(
        label=language.say("words.number_of_wave", number=number) if is_alone or number == "1" else number,
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        note=words.month(language, end) if end else "",
        figure=shown_share(language, row["estimate"]),
        is_provisional=row["release_status"] not in RELEASED,
        is_before_break=row["is_before_break"],
    )


def _description(language: Language, level: str, marks: Sequence[Mark]) -> str:
    last = mark_in_words(language, marks[-1], "charts.last_point")
    return language.say("charts.single" if len(marks) == 1 else "charts.trend", n=len(marks), level=level, last=last)


def mark_in_words(language: Language, mark: Mark, key: str) -> str:
    """Return one mark of a chart as text, for its description; `key` is that of the text."""
    if mark.estimate is None:
        return language.say("charts.too_few", label=mark.label)
    within = words.short_range(language, mark.low, mark.high)
    return language.say(key, label=mark.label, share=words.percent(language, mark.estimate), range=within)


def chart_key(edition: Edition, series: pl.DataFrame) -> str:
    """Return what the marks of a headline's chart mean."""
    language = edition.language
    key = language.say("charts.bar_key" if series.height == 1 else "charts.key", level=edition.level)
    if series["is_before_break"].any():
        key += f" {language.text('pictures.break_key')}"
    is_released = series.get_column("release_status").is_in(RELEASED)
    return key if is_released.all() else f"{key} {language.text('charts.provisional_key')}"


def shown_share(language: Language, share: float | None) -> str:
    """Return a share in print, or that it may not be shown."""
    return language.text("words.too_few") if share is None else words.short_percent(language, share)


def headline_row(language: Language, row: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return wave, share, range and base of one estimate of a headline."""
    share, low, high = (row[column] for column in SHARES)
    wave = language.say("words.number_of_wave", number=row["wave_number"])
    return (
        language.say("pictures.earlier_wording", wave=wave) if row["is_before_break"] else wave,
        shown_share(language, share),
        words.short_range(language, low, high),
        words.count(language, row["unweighted_n"]),
    )
