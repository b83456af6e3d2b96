"""The headline findings of one wave: figure, sentence, tested change, chart and base of each declared headline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from pipeline.disclosure import DisclosureProfile, hide_counts, hide_shares, shown_count
from pipeline.theme import PLAIN, Theme
from pipeline.translations import ANSWER, DOMAIN, LABEL, WORDING
from reports import charts, published, sentences, words
from reports.charts import Mark
from reports.language import Language
from reports.survey_texts import SurveyTexts
from reports.svg import Words

SHARES = ("estimate", "ci_low", "ci_high")
RELEASED = ("final", "corrected")  # anything else is provisional


@dataclass(frozen=True)
class Edition:
    """One wave as it is told: where from, under which weight, and what may be shown of it."""

    read: published.Read
    survey: str
    wave: str
    weight_id: str
    profile: DisclosureProfile
    confidence: float
    family: str  # the headline family of tests
    family_items: tuple[str, ...]  # in declared order; () = every item with a headline
    texts: SurveyTexts = field(default_factory=SurveyTexts)  # the survey's own, in the language it is told in
    theme: Theme = PLAIN

    @property
    def language(self) -> Language:
        """Return the language in which the wave is told."""
        return self.texts.language

    @cached_property
    def waves(self) -> pl.DataFrame:
        """Return the waves up to this one, oldest first."""
        return published.waves_until(self.read, self.survey, self.wave)

    @property
    def facts(self) -> dict[str, Any]:
        """Return what is published about this wave."""
        return self.waves.row(-1, named=True)

    @property
    def is_provisional(self) -> bool:
        """Return whether nothing may be claimed of this wave yet."""
        return self.facts["release_status"] not in RELEASED

    @cached_property
    def inference(self) -> str:
        """Return what the wave's figures rest on."""
        return published.inference_of(self.read, self.survey, self.wave, self.weight_id)

    def shown_count(self, persons: int | None) -> int | None:
        """Return a count as it may be printed; None where it may not."""
        return shown_count(persons, self.profile)

    @property
    def level(self) -> str:
        """Return the confidence level in print."""
        return words.percent(self.language, self.confidence)


@dataclass(frozen=True)
class ChangeLine:
    """What may be said of a change since one earlier wave, or of groups; `verdict` '' where nothing was tested."""

    verdict: str
    text: str


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


def chosen_weight(read: published.Read, survey: str, wave: str, family: str) -> str:
    """Return the weight to tell a wave under, when nobody says which.

    One under which headline changes into the wave are tested; of those the wave's own cross-sectional weight; else
    the longitudinal one whose last wave this is; of several the last by name (`wtpannr123` after `wtpan123`).
    """
    tested = set(published.headline_changes(read, survey, wave, family).get_column("weight_id").to_list())
    ranked = [
        (weight_id in tested, kind == "cross_sectional", str(wave_set or "").split("+")[-1] == wave, weight_id)
        for weight_id, kind, wave_set, _ in published.weights_of(read, survey, wave).iter_rows()
    ]
    return str(max(ranked)[-1]) if ranked else ""


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
            _answers(edition, headline, answers.get(_key(headline), [])),
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


def _answers(edition: Edition, headline: dict[str, str], options: Sequence[tuple[str, str]]) -> str:
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
        changes=_change_lines(edition, own, changes) + _group_lines(edition, now, groups),
        base=words.capital(words.base(language, now["unweighted_n"], is_rounded=edition.profile.base_multiple > 1)),
        is_flagged=now["is_flagged"],
        chart=_chart(edition, series, finding_id, label, answers),
        chart_key=_chart_key(edition, series),
        rows=tuple(_table_row(language, row) for row in series.iter_rows(named=True)),
    )


def _change_lines(edition: Edition, series: pl.DataFrame, changes: pl.DataFrame) -> tuple[ChangeLine, ...]:
    """Return what is said of change: since the wave before and since the first, as far as both were tested.

    A provisional wave, a hidden figure, and a survey that stands for nobody else have no line at all.
    """
    now = series.row(-1, named=True)
    if edition.is_provisional or now["is_suppressed"] or now["inference"] == sentences.UNTESTED_INFERENCE:
        return ()
    earlier = series.filter(pl.col("wave") != edition.wave).select(
        pl.col("wave").alias("wave_from"),
        "wave_number",
        pl.col("release_status").is_in(RELEASED).alias("is_released"),
        pl.col("is_suppressed").alias("was_suppressed"),
    )
    rows = _shown_changes(edition, changes).join(earlier, on="wave_from", how="inner")
    rows = rows.filter(~pl.col("is_suppressed") & ~pl.col("was_suppressed")).sort("wave_number", "kind")
    rows = rows.unique("wave_number", keep="first", maintain_order=True)  # net goes before within_person
    told = [] if rows.is_empty() else [rows.row(-1, named=True), rows.row(0, named=True)][: rows.height]
    return tuple(_change_line(edition.language, row, now["inference"]) for row in told)


def _group_lines(edition: Edition, now: dict[str, Any], groups: pl.DataFrame) -> tuple[ChangeLine, ...]:
    """Return what is said of groups; of a provisional wave and of a hidden figure nothing is."""
    if edition.is_provisional or now["is_suppressed"]:
        return ()
    lines = [_group_line(edition, row, now["inference"]) for row in groups.iter_rows(named=True)]
    return tuple(line for line in lines if line.text)


def _group_line(edition: Edition, row: dict[str, Any], inference: str) -> ChangeLine:
    verdict = sentences.TOO_FEW if row["is_suppressed"] else str(row["verdict"])
    if verdict in sentences.GROUP_VERDICTS and row["p_value_corrected"] is None:
        verdict = ""
    ends = [(edition.texts.untranslated(row[f"{end}_group"]), row[f"{end}_estimate"]) for end in ("lowest", "highest")]
    domain = edition.texts.text(row["domain_label"], DOMAIN, row["domain"])
    text = sentences.group_sentence(edition.language, verdict, ends[0], ends[1], domain=domain, inference=inference)
    return ChangeLine(verdict, text)


def _shown_changes(edition: Edition, changes: pl.DataFrame) -> pl.DataFrame:
    """Return the changes with those of too few people marked; the base of a net change is that of its estimates."""
    own_base = pl.when(pl.col("kind") == "within_person").then(pl.col("overlap_n"))
    rows = changes.with_columns(base=own_base.otherwise(edition.profile.hide_below))
    return hide_shares(rows, edition.profile, base="base", shares=["change", "ci_low", "ci_high"])


def _change_line(language: Language, row: dict[str, Any], inference: str) -> ChangeLine:
    is_tested = row["is_released"] and row["p_value_corrected"] is not None and row["verdict"] in sentences.VERDICTS
    verdict = str(row["verdict"]) if is_tested else ""
    text = sentences.change_sentence(
        language,
        verdict,
        row["change"],
        row["ci_low"],
        row["ci_high"],
        since=language.say("words.wave_in_sentence", number=row["wave_number"]),
        is_within_person=row["kind"] == "within_person",
        inference=inference,
        margin=row["equivalence_margin"],
    )
    if verdict and row["may_be_mode_effect"]:
        text += " " + language.text("sentences.may_be_mode")
    return ChangeLine(verdict, text)


def _chart(edition: Edition, series: pl.DataFrame, finding_id: str, label: str, answers: str) -> str:
    language = edition.language
    marks = [_mark(language, row, is_alone=series.height == 1) for row in series.iter_rows(named=True)]
    about = Words(
        finding_id,
        language.say("charts.title", label=label, answers=answers),
        _description(language, edition.level, marks),
    )
    return (
        charts.interval_chart(marks, about)
        if len(marks) == 1
        else charts.trend_chart(marks, about, at_break=language.text("pictures.break"))
    )


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


def _chart_key(edition: Edition, series: pl.DataFrame) -> str:
    language = edition.language
    key = language.say("charts.bar_key" if series.height == 1 else "charts.key", level=edition.level)
    if series["is_before_break"].any():
        key += f" {language.text('pictures.break_key')}"
    is_released = series.get_column("release_status").is_in(RELEASED)
    return key if is_released.all() else f"{key} {language.text('charts.provisional_key')}"


def shown_share(language: Language, share: float | None) -> str:
    """Return a share in print, or that it may not be shown."""
    return language.text("words.too_few") if share is None else words.short_percent(language, share)


def _table_row(language: Language, row: dict[str, Any]) -> tuple[str, str, str, str]:
    share, low, high = (row[column] for column in SHARES)
    wave = language.say("words.number_of_wave", number=row["wave_number"])
    return (
        language.say("pictures.earlier_wording", wave=wave) if row["is_before_break"] else wave,
        shown_share(language, share),
        words.short_range(language, low, high),
        words.count(language, row["unweighted_n"]),
    )
