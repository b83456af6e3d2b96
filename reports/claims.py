"""What may be claimed of a headline: its change since earlier waves, and whether groups differ, as tests allow."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.disclosure import hide_shares
from pipeline.translations import DOMAIN, GROUP
from reports import sentences
from reports.edition import RELEASED, Edition
from reports.language import Language


@dataclass(frozen=True)
class ChangeLine:
    """What may be said of a change since one earlier wave, or of groups; `verdict` '' where nothing was tested."""

    verdict: str
    text: str
    since: str = ""  # the earlier wave in words; '' of groups


def change_lines(edition: Edition, series: pl.DataFrame, changes: pl.DataFrame) -> tuple[ChangeLine, ...]:
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


def group_lines(edition: Edition, now: dict[str, Any], groups: pl.DataFrame) -> tuple[ChangeLine, ...]:
    """Return what is said of groups: a line for each domain that differs, one for all those that do not.

    Of a provisional wave and of a hidden figure nothing is said.
    """
    if edition.is_provisional or now["is_suppressed"]:
        return ()
    told: dict[str, list[str]] = {}  # verdict: domains of which no figures are told
    lines = []
    for row in groups.iter_rows(named=True):
        verdict, domain = _group_verdict(row), edition.texts.text(row["domain_label"], DOMAIN, row["domain"])
        if verdict == sentences.DIFFERS:
            lines.append(_group_line(edition, row, verdict, domain, now["inference"]))
        else:
            told.setdefault(verdict, []).append(domain)
    lines += [_group_line(edition, {}, one, ", ".join(domains), now["inference"]) for one, domains in told.items()]
    return tuple(line for line in lines if line.text)


def _group_verdict(row: dict[str, Any]) -> str:
    is_hidden = row["is_suppressed"] or row["lowest_estimate"] is None or row["highest_estimate"] is None
    if is_hidden:
        return sentences.TOO_FEW
    return "" if row["p_value_corrected"] is None else str(row["verdict"])


def _group_line(edition: Edition, row: dict[str, Any], verdict: str, domain: str, inference: str) -> ChangeLine:
    groups = {end: row.get(f"{end}_group") or "" for end in ("lowest", "highest")}
    ends = [
        (edition.texts.text(group, GROUP, row.get("domain", ""), group), row.get(f"{end}_estimate"))
        for end, group in groups.items()
    ]
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
    since = language.say("words.wave_in_sentence", number=row["wave_number"])
    text = sentences.change_sentence(
        language,
        verdict,
        row["change"],
        row["ci_low"],
        row["ci_high"],
        since=since,
        is_within_person=row["kind"] == "within_person",
        inference=inference,
        margin=row["equivalence_margin"],
    )
    if verdict and row["may_be_mode_effect"]:
        text += " " + language.text("sentences.may_be_mode")
    return ChangeLine(verdict, text, since)
