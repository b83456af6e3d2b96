"""Which groups of a table differ: pairwise tests from the published replicate weights, as letters under the figures."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.design import SurveyDesign
from pipeline.estimation.contrasts import compare_columns
from pipeline.estimation.tests import corrected_p_values
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.weighting.replicates import supplied_replicates
from reports import published
from reports.published import Read, columns_of
from reports.table_rows import Group

LEVEL = 0.05
CORRECTION = "holm"  # for all pairs of one row within one domain
KEY = ("item", "statistic", "category", "domain", "domain_value")


def with_letters(
    rows: pl.DataFrame, columns: Sequence[Group], read: Read, survey: str, wave: str, weight_id: str
) -> pl.DataFrame:
    """Return the rows of tables with `higher_than` filled; unchanged where no replicate weights are published.

    A group that is hidden neither gets letters nor gives any.
    """
    design = _design(read, survey, wave, weight_id)
    if design is None:
        return rows
    members, survey_design = design
    domains = _domains(read, survey, members, columns)
    tests = compare_columns(survey_design, _items(read, survey, wave, members), domains)
    letters = _letters(tests, rows, columns)
    return (
        rows.drop("higher_than")
        .join(letters, on=KEY, how="left", maintain_order="left", nulls_equal=True)
        .select(pl.col(name).fill_null("") if name == "higher_than" else name for name in rows.columns)
    )


def _design(read: Read, survey: str, wave: str, weight_id: str) -> tuple[pl.Series, SurveyDesign] | None:
    """Return the members who hold the weight and the design that their replicate weights make."""
    if not columns_of(read, "replicate_weights"):
        return None
    sql = """
        select replicate.panel_member_id, replicate.weight, replicate.replicate_weights, weights.replicate_group,
            replicate_sets.coefficients, replicate_sets.kind, replicate_sets.degrees_of_freedom
        from replicate_weights as replicate
        inner join weights on weights.survey = replicate.survey and weights.wave = replicate.wave
            and weights.weight_id = replicate.weight_id and weights.panel_member_id = replicate.panel_member_id
        inner join replicate_sets on replicate_sets.replicate_set = replicate.replicate_set
        where replicate.survey = ? and replicate.wave = ? and replicate.weight_id = ?
        order by replicate.panel_member_id
    """
    held = read(sql, [survey, wave, weight_id])
    if held.height == 0:
        return None
    columns = held["replicate_weights"].list.to_array(len(held.item(0, "replicate_weights"))).to_numpy()
    counts = ~np.isnan(columns).any(axis=0)  # replicates that could not be weighted count for nobody
    coefficients = np.asarray(held.item(0, "coefficients"), np.float64)[counts]
    weight = held["weight"].to_numpy()
    replicates = supplied_replicates(weight, columns[:, counts], coefficients, kind=str(held.item(0, "kind")))
    group = held["replicate_group"].to_numpy().astype(np.int64)
    drawn = replace(replicates, most_freedom=held.item(0, "degrees_of_freedom"))
    return held["panel_member_id"], SurveyDesign(weight, psu=group, lonely_psu="adjust", replicates=drawn)


def _domains(read: Read, survey: str, members: pl.Series, columns: Sequence[Group]) -> list[DomainMask]:
    known = read("select panel_member_id, domain, domain_value from member_profile where survey = ?", [survey])
    masks = []
    for group in columns:
        if group.domain == "all":
            continue
        those = known.filter(domain=group.domain, domain_value=group.value)["panel_member_id"]
        masks.append(DomainMask(group.domain, group.value, members.is_in(those.implode()).to_numpy()))
    return masks


def _items(read: Read, survey: str, wave: str, members: pl.Series) -> list[ItemValues]:
    """Return the wave's answers as estimators take them, categories in the order of the scale."""
    answers = read(
        "select panel_member_id, item, label, number from answers "
        "where survey = ? and wave = ? and missing_kind is null",
        [survey, wave],
    )
    options = read(
        "select item, label from answer_options where survey = ? and missing_kind is null order by item, option_order",
        [survey],
    )
    scales = {
        str(item): tuple(dict.fromkeys(part["label"]))
        for (item,), part in options.group_by("item", maintain_order=True)
    }
    nets = published.headline_answers(read, survey)
    everyone = pl.DataFrame({"panel_member_id": members})
    found = []
    for (item,), part in answers.group_by("item", maintain_order=True):
        name = str(item)
        given = everyone.join(part, on="panel_member_id", how="left", maintain_order="left")
        if name not in scales:
            found.append(ItemValues(name, number=given["number"].fill_null(float("nan")).to_numpy()))
            continue
        place = {label: code for code, label in enumerate(scales[name])}
        codes = given["label"].replace_strict(place, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()
        headlines = {
            headline: tuple(place[label] for label in labels) for (of, headline), labels in nets.items() if of == name
        }
        found.append(ItemValues(name, codes=codes, categories=scales[name], headlines=headlines))
    return found


def _letters(tests: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[Group]) -> pl.DataFrame:
    """Return KEY and `higher_than`: the letters of the groups that a figure is clearly above."""
    letter = {(group.domain, group.value): group.letter for group in columns}
    shown = rows.filter(pl.col("estimate").is_not_null()).select(KEY)
    both = tests.join(shown, on=KEY, how="semi", nulls_equal=True).join(
        shown.rename({"domain_value": "other_domain_value"}),
        on=[*KEY[:-1], "other_domain_value"],
        how="semi",
        nulls_equal=True,
    )
    together = ["item", "statistic", "category", "domain"]
    parts = [
        part.with_columns(corrected=pl.Series(corrected_p_values(part["p_value"].to_numpy(), CORRECTION)))
        for part in both.partition_by(together)
    ]
    if not parts:
        return shown.clear().with_columns(higher_than=pl.lit(""))
    clear = pl.concat(parts).filter(pl.col("corrected") < LEVEL)
    is_first = pl.col("difference") > 0
    above = clear.select(
        *KEY[:-1],
        domain_value=pl.when(is_first).then("domain_value").otherwise("other_domain_value"),
        than=pl.when(is_first).then("other_domain_value").otherwise("domain_value"),
    )
    named = above.with_columns(
        than=pl.Series([letter[key] for key in above.select("domain", "than").iter_rows()], dtype=pl.String)
    )
    return named.group_by(KEY).agg(higher_than=pl.col("than").sort().str.join(" "))
