"""Attrition in the trend report: who stayed, the hazard of leaving by group, response rates and the R-indicator."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.definitions import ALL
from pipeline.disclosure import hide_groups
from reports.attrition_data import CURVE_SHARES, curve_rows, indicator_rows, of_cause, response_rows
from reports.attrition_tables import indicator_picture, response_table, share_and_range
from reports.curves_picture import DOMAIN, curves_picture, curves_table
from reports.edition import Edition
from reports.pictures import Table
from reports.published import columns_of
from reports.report_sections import Section, Trend

TABLES = ("retention", "attrition_curves", "response_rates", "representativity")


def attrition_sections(edition: Edition, survey: Mapping[str, Any]) -> list[Section]:
    """Return the part on attrition, of released waves; nothing where the file has none of its tables.

    Args:
        survey: of `explorer_data`, told in the language of the edition.
    """
    if not all(columns_of(edition.read, table) for table in TABLES):
        return []
    parts = [_retention(edition, survey), _hazards(edition, survey), _response(edition), _indicator(edition)]
    told = [part for part in parts if any(table.rows for table in part.tables)]
    return [Section(edition.language.text("attrition.kicker"), 2), *told] if told else []


def _retention(edition: Edition, survey: Mapping[str, Any]) -> Section:
    """Return who of the first wave's respondents answered each later one, by every published domain."""
    language = edition.language
    picture = curves_picture(edition)
    tables = [picture.table] if picture else []
    for domain in _domains(survey):
        if domain["id"] != DOMAIN:
            caption = language.say("pictures.curves_by", domain=domain["label"])
            tables.append(curves_table(edition, domain["id"], caption, _names(domain)))
    trends = (Trend(picture),) if picture else ()
    return Section(language.text("pictures.curves_heading"), 3, (), tuple(tables), trends)


def _hazards(edition: Edition, survey: Mapping[str, Any]) -> Section:
    """Return who of those still in left at each wave, by every published domain."""
    own, waves = edition.language.table("attrition"), survey["waves"]
    tables = []
    for domain in _domains(survey):
        rows = _hazard_rows(edition, domain["id"])
        cells = {(row["domain_value"], row["wave"]): row for row in rows.iter_rows(named=True)}
        known = [wave for wave in waves if wave["id"] in rows["wave"]]
        lines = [
            (name, *(share_and_range(cells.get((value, wave["id"])), "hazard", edition.language) for wave in known))
            for value, name in [*_names(domain).items(), (ALL, edition.language.text("trend_report.everyone"))]
        ]
        if known:
            headings = (domain["label"], *(wave["label"] for wave in known))
            tables.append(Table(f"{own['hazards_caption']}: {domain['label']}", headings, tuple(lines)))
    note = own["hazards_by_wave_note"].format(level=edition.level)
    return Section(own["hazards_heading"], 3, (note,), tuple(tables))


def _hazard_rows(edition: Edition, domain: str) -> pl.DataFrame:
    """Return the hazards of released waves, with the group hidden that the others would give away."""
    rows = of_cause(curve_rows(edition.read, edition.survey, "wave", domain), "nonresponse")
    shown = hide_groups(
        rows.filter(pl.col("wave").is_in(edition.told_waves)).with_columns(
            statistic=pl.lit("share"),
            unweighted_n="n_at_risk",
            unweighted_estimate=pl.col("n_exits") / pl.col("n_at_risk"),
            is_suppressed=pl.lit(value=False),
        ),
        edition.profile,
        table=["wave"],
        shares=CURVE_SHARES,
    )
    return shown.sort("time")


def _response(edition: Edition) -> Section:
    rows = response_rows(edition.read, edition.survey, edition.profile)
    table = response_table(rows.filter(pl.col("wave").is_in(edition.told_waves)), edition.language)
    return Section(edition.language.text("attrition.response_heading"), 3, (), (table,))


def _indicator(edition: Edition) -> Section:
    rows = indicator_rows(edition.read, edition.survey, edition.profile)
    picture = indicator_picture(rows.filter(pl.col("wave").is_in(edition.told_waves)), edition.language)
    tables, trends = ((picture.table,), (Trend(picture),)) if picture else ((), ())
    return Section(edition.language.text("attrition.indicator_heading"), 3, (), tables, trends)


def _domains(survey: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [domain for domain in survey["domains"] if domain["id"] != ALL]


def _names(domain: Mapping[str, Any]) -> dict[str, str]:
    return dict(zip(domain["values"], domain["groups"], strict=True))
