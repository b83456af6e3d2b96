"""Retention curves by age group: who of the first wave's respondents answered each later wave."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.definitions import ALL
from pipeline.disclosure import hide_counts, hide_shares
from reports import words
from reports.curve_chart import Curve, curve_chart
from reports.edition import Edition
from reports.findings import shown_share
from reports.pictures import Picture, Table
from reports.published import in_declared_order
from reports.svg import Words

DOMAIN = "age_group"
CHART_ID = "retention_curves"
SHARES = ("retention_raw", "retention_raw_ci_low", "retention_raw_ci_high")
FEWEST_WAVES = 3  # with two, the dots of the last wave tell the same


def curves_picture(edition: Edition) -> Picture | None:
    """Return the curves up to the wave of an edition; None where there are too few waves, or no groups."""
    rows = _rows(edition, DOMAIN)
    waves = rows["wave_number"].unique().sort().to_list()
    if len(waves) < FEWEST_WAVES:
        return None
    language = edition.language
    groups = [of_group for _, of_group in rows.group_by("domain", "domain_value", maintain_order=True)]
    curves = [_curve(edition, of_group, waves) for of_group in groups]
    about = Words(CHART_ID, language.text("pictures.curves_title"), " ".join(_told(edition, one) for one in curves))
    labels = [language.say("words.number_of_wave", number=wave) if wave == waves[0] else str(wave) for wave in waves]
    return Picture(
        chart_id=CHART_ID,
        title=about.title,
        chart=curve_chart(curves, labels, about),
        key=language.say("pictures.curves_key", level=edition.level),
        description=about.description,
        table=_table(edition, about.title, curves, waves),
    )


def curves_table(edition: Edition, domain: str, caption: str, names: Mapping[str, str]) -> Table:
    """Return the figures of the same by the groups of another domain, without the picture.

    Args:
        names: of the groups, in the language of the edition.
    """
    rows = _rows(edition, domain)
    waves = rows["wave_number"].unique().sort().to_list()
    if len(waves) < FEWEST_WAVES:
        return Table("", (), ())
    groups = [of_group for _, of_group in rows.group_by("domain", "domain_value", maintain_order=True)]
    curves = [_curve(edition, of_group, waves) for of_group in groups]
    return _table(edition, caption, [replace(one, label=names.get(one.label, one.label)) for one in curves], waves)


def _rows(edition: Edition, domain: str) -> pl.DataFrame:
    """Return the retention of every wave up to this one, groups in order and everyone last, small ones hidden."""
    sql = "select * from retention where survey = ? and domain in (?, 'all') order by domain = 'all', domain_value"
    rows = in_declared_order(edition.read, edition.survey, edition.read(sql, [edition.survey, domain]))
    rows = rows.join(edition.waves.select("wave", "wave_number"), on="wave", how="inner", maintain_order="left")
    missed = rows.with_columns(n_missed=pl.col("n_first_wave") - pl.col("n_respondents"))
    shown = hide_shares(missed, edition.profile, base="n_first_wave", shares=SHARES)
    counted = hide_counts(shown, edition.profile, counts=["n_respondents", "n_missed"])
    is_first = pl.col("wave_number") == pl.col("wave_number").min()
    is_told = is_first | pl.all_horizontal(pl.col("n_respondents", "n_missed").is_not_null())
    return counted.with_columns(pl.when(is_told).then(pl.col(share)).alias(share) for share in SHARES)


def _curve(edition: Edition, rows: pl.DataFrame, waves: list[int]) -> Curve:
    by_wave: dict[int, dict[str, Any]] = {row["wave_number"]: row for row in rows.iter_rows(named=True)}
    shares = tuple(by_wave[wave]["retention_raw"] if wave in by_wave else None for wave in waves)
    last = by_wave.get(waves[-1], dict.fromkeys(SHARES))
    is_everyone = rows.item(0, "domain") == ALL
    return Curve(
        label=edition.language.text("newsletter.everyone") if is_everyone else rows.item(0, "domain_value"),
        shares=shares,
        low=last["retention_raw_ci_low"],
        high=last["retention_raw_ci_high"],
        figure=shown_share(edition.language, shares[-1]),
        is_everyone=is_everyone,
    )


def _told(edition: Edition, curve: Curve) -> str:
    shares = ", ".join(shown_share(edition.language, share) for share in curve.shares)
    return edition.language.say("pictures.curves_group", label=curve.label, shares=shares)


def _table(edition: Edition, caption: str, curves: list[Curve], waves: list[int]) -> Table:
    """Return a row for each wave and a column for each group, and the ranges of the last wave under them."""
    language = edition.language
    heading = language.text("newsletter.wave")
    rows = [
        (
            language.say("words.number_of_wave", number=wave),
            *(shown_share(language, one.shares[place]) for one in curves),
        )
        for place, wave in enumerate(waves)
    ]
    ranges = (language.text("newsletter.range"), *(words.short_range(language, one.low, one.high) for one in curves))
    return Table(caption, (heading, *(one.label for one in curves)), (*rows, ranges))
