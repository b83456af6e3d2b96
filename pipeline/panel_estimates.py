"""Everything a survey's analysis plan asks of a weight: estimates, changes and transitions, as published rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import ChangePlan, Survey, TestFamily, TransitionPlan
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.change import WaveAnswers, net_change, within_person_change
from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.tests import corrected_p_values, verdicts
from pipeline.estimation.transitions import transition_table
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel_arrays import PanelArrays, domain_masks, item_values
from pipeline.panel_weights import PanelWeight

NOT_TESTED = "not tested"  # provisional, or no standard error


@dataclass(frozen=True)
class PanelData:
    """A survey, its members' arrays, and the answers of its waves."""

    survey: Survey
    arrays: PanelArrays
    answers: Mapping[str, pl.DataFrame]  # wave: panel_member_id, item, code, number

    def items(self, wave: str, rows: NDArray[np.int64]) -> list[ItemValues]:
        """Return the answers of a wave over the chosen members."""
        return item_values(self.survey, self.answers[wave], self.arrays, rows)

    def is_answered(self, wave: str) -> bool:
        """Return whether anybody answered the wave."""
        return wave in self.answers and bool(self.arrays.is_respondent[wave].any())

    def domains(self, rows: NDArray[np.int64]) -> list[DomainMask]:
        """Return the published domains over the chosen members."""
        return domain_masks(self.survey, self.arrays, rows)


def wave_estimates(
    data: PanelData, weight: PanelWeight, wave: str, *, confidence: float, is_provisional: bool
) -> pl.DataFrame:
    """Return the rows of `estimates` of one weight at one wave."""
    rows = weight.design_rows
    found = estimate_items(weight.design, data.items(wave, rows), data.domains(rows), confidence=confidence)
    return found.with_columns(
        survey=pl.lit(data.survey.survey),
        wave=pl.lit(wave),
        weight_id=pl.lit(weight.recipe.weight_id),
        inference=pl.lit(weight.recipe.inference(data.survey.inference)),
        is_suppressed=is_too_thin("unweighted_n", disclosure_profile(data.survey.disclosure_profile)),
        is_provisional=pl.lit(is_provisional),
    )


def pairs_of(plan: ChangePlan, survey: Survey, fielded: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of waves a plan compares: those declared, or consecutive ones and each against the first."""
    if plan.pairs:
        return [pair for pair in plan.pairs if set(pair) <= set(fielded)]
    waves = [wave.wave for wave in survey.waves if wave.wave in fielded]
    consecutive = list(pairwise(waves))
    return consecutive + [(waves[0], wave) for wave in waves[2:]]


def net_changes(
    data: PanelData, first: PanelWeight, second: PanelWeight, *, confidence: float, is_provisional: bool
) -> pl.DataFrame:
    """Return the rows of `changes` between two waves, each with its own cross-sectional weight."""
    sides = [
        WaveAnswers(
            design=one.design,
            member=one.design_rows,
            items=data.items(one.wave, one.design_rows),
            domains=data.domains(one.design_rows),
        )
        for one in (first, second)
    ]
    found = net_change(sides[0], sides[1], confidence=confidence)
    return _change_rows(data, found, "net", second.recipe.weight_id, (first.wave, second.wave), is_provisional)


def within_person_changes(
    data: PanelData, weight: PanelWeight, pair: tuple[str, str], *, confidence: float, is_provisional: bool
) -> pl.DataFrame:
    """Return the rows of `changes` of the people who hold a longitudinal weight and answered both waves."""
    rows = weight.design_rows
    first, second = (data.items(wave, rows) for wave in pair)
    found = within_person_change(weight.design, first, second, data.domains(rows), confidence=confidence)
    return _change_rows(data, found, "within_person", weight.recipe.weight_id, pair, is_provisional)


def transitions(data: PanelData, weight: PanelWeight, plan: TransitionPlan, pair: tuple[str, str]) -> pl.DataFrame:
    """Return the rows of `transitions` of a plan's items between two waves, under one weight."""
    rows = weight.design_rows
    first, second = ({one.item: one for one in data.items(wave, rows)} for wave in pair)
    tables = [
        transition_table(weight.design, first[item], second[item])
        for item in plan.items
        if item in first and item in second
    ]
    keys = _pair_keys(data, weight.recipe.weight_id, pair)
    return pl.concat(tables).with_columns(**keys) if tables else pl.DataFrame()


def with_verdicts(changes: pl.DataFrame, families: Sequence[TestFamily]) -> pl.DataFrame:
    """Return changes with the family each is tested in, its corrected p value, and what may be said of it.

    The tests of a family are corrected together within one kind, weight and later wave: the claims of one
    newsletter. A family that names no items takes every change that no other family has. A headline family
    tests headlines alone. Source: methodology C12.
    """
    family_of = pl.lit(None, pl.String)
    for family in sorted(families, key=lambda one: bool(one.items)):  # later ones come first
        family_of = pl.when(_is_in(family)).then(pl.lit(family.family)).otherwise(family_of)
    changes = changes.with_row_index("row").with_columns(
        family=pl.when(pl.col("p_value").is_not_null() & ~pl.col("is_provisional")).then(family_of)
    )
    corrected = np.full(changes.height, np.nan)
    verdict = np.full(changes.height, NOT_TESTED, dtype=object)
    by_name = {family.family: family for family in families}
    together = ["family", "kind", "weight_id", "wave_to"]
    for (name, *_), part in changes.drop_nulls("family").partition_by(together, as_dict=True).items():
        family = by_name[str(name)]
        rows = part["row"].to_numpy()
        corrected[rows] = corrected_p_values(part["p_value"].to_numpy(), family.correction)
        verdict[rows] = verdicts(part["change"].to_numpy(), corrected[rows], level=family.level)
    return changes.drop("row").with_columns(
        p_value_corrected=pl.Series(corrected).fill_nan(None), verdict=pl.Series(verdict, dtype=pl.String)
    )


def _is_in(family: TestFamily) -> pl.Expr:
    """Return whether a change is one that a family tests."""
    items = pl.col("item").is_in(list(family.items)) if family.items else pl.lit(True)
    domains = pl.col("domain").is_in(list(family.domains)) if family.domains else pl.lit(True)
    statistics = pl.col("statistic") == "headline" if family.is_headline else pl.lit(True)
    kinds = pl.col("kind").is_in(list(family.kinds)) if family.kinds else pl.lit(True)
    weights = pl.col("weight_id").is_in(list(family.weights)) if family.weights else pl.lit(True)
    pair = pl.concat_str("wave_from", "wave_to", separator=" ")
    pairs = pair.is_in([" ".join(one) for one in family.pairs]) if family.pairs else pl.lit(True)
    return items & domains & statistics & kinds & weights & pairs


def _change_rows(
    data: PanelData,
    found: pl.DataFrame,
    kind: str,
    weight_id: str,
    pair: tuple[str, str],
    is_provisional: bool,
) -> pl.DataFrame:
    smaller = pl.min_horizontal("unweighted_n_from", "unweighted_n_to")
    return (
        found.with_columns(smaller_n=smaller)
        .with_columns(
            kind=pl.lit(kind),
            is_suppressed=is_too_thin("smaller_n", disclosure_profile(data.survey.disclosure_profile)),
            is_provisional=pl.lit(is_provisional),
            **_pair_keys(data, weight_id, pair),
        )
        .drop("degrees_of_freedom", "smaller_n")
    )


def _pair_keys(data: PanelData, weight_id: str, pair: tuple[str, str]) -> dict[str, pl.Expr]:
    return {
        "survey": pl.lit(data.survey.survey),
        "wave_from": pl.lit(pair[0]),
        "wave_to": pl.lit(pair[1]),
        "weight_id": pl.lit(weight_id),
    }
