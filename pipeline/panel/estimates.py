"""What a survey's analysis plan asks of a weight: estimates, and changes between waves, as published rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analysis_plans import ChangePlan, TestFamily
from pipeline.definitions import Survey
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.change import WaveAnswers, net_change, within_person_change
from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.intervals import t_equivalence_p_value
from pipeline.estimation.movement import movements
from pipeline.estimation.tests import corrected_p_values, verdicts, with_steady
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.arrays import PanelArrays, domain_masks, item_values
from pipeline.panel.weights import PanelWeight
from pipeline.series import WITH_BREAK, LinkedItems, link_items

NOT_TESTED = "not tested"  # provisional, or no standard error
TOO_FEW = "too few to say"  # disclosure control withholds the figure
BREAK = "break in the series"  # the question was put otherwise: nothing can be said of why the figures differ


@dataclass(frozen=True)
class PanelData:
    """A survey, its members' arrays, and the answers of its waves."""

    survey: Survey
    arrays: PanelArrays
    answers: Mapping[str, pl.DataFrame]  # wave: panel_member_id, item, code, number

    def items(self, wave: str, rows: NDArray[np.int64]) -> list[ItemValues]:
        """Return the answers of a wave over the chosen members."""
        return item_values(self.survey, self.answers[wave], self.arrays, rows)

    def linked_items(self, first: tuple[str, NDArray[np.int64]], second: tuple[str, NDArray[np.int64]]) -> LinkedItems:
        """Return what may be compared between two waves, each over its own rows: (wave, rows)."""
        return link_items(self.items(*first), self.items(*second), self.survey.item_links)

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
        inference=pl.lit(data.survey.inference_of(weight.recipe)),
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
    linked = data.linked_items((first.wave, first.design_rows), (second.wave, second.design_rows))
    sides = [
        WaveAnswers(design=one.design, member=one.design_rows, items=items, domains=data.domains(one.design_rows))
        for one, items in ((first, linked.first), (second, linked.second))
    ]
    found = _compared(net_change(sides[0], sides[1], confidence=confidence), linked)
    return _change_rows(data, found, "net", second.recipe.weight_id, (first.wave, second.wave), is_provisional)


def within_person_changes(
    data: PanelData, weight: PanelWeight, pair: tuple[str, str], *, confidence: float, is_provisional: bool
) -> pl.DataFrame:
    """Return the rows of `changes` of the people who hold a longitudinal weight and answered both waves."""
    rows = weight.design_rows
    linked = data.linked_items((pair[0], rows), (pair[1], rows))
    found = within_person_change(weight.design, linked.first, linked.second, data.domains(rows), confidence=confidence)
    found = _compared(found, linked)
    return _change_rows(data, found, "within_person", weight.recipe.weight_id, pair, is_provisional)


def gross_changes(
    data: PanelData, weight: PanelWeight, pair: tuple[str, str], *, confidence: float, is_provisional: bool
) -> pl.DataFrame:
    """Return the rows of `gross_changes`: how many of the same people moved which way; none across a break."""
    rows = weight.design_rows
    linked = data.linked_items((pair[0], rows), (pair[1], rows)).without_breaks()
    found = movements(weight.design, linked.first, linked.second, data.domains(rows), confidence=confidence)
    return found.with_columns(
        **pair_keys(data, weight.recipe.weight_id, pair),
        item_from=_of_versions(linked, "item"),
        is_suppressed=is_too_thin("unweighted_n", disclosure_profile(data.survey.disclosure_profile)),
        is_provisional=pl.lit(is_provisional),
    )


def with_verdicts(changes: pl.DataFrame, families: Sequence[TestFamily]) -> pl.DataFrame:
    """Return changes with the family each is tested in, its corrected p value, and what may be said of it.

    The tests of a family are corrected together within one kind, weight and later wave: the claims of one
    newsletter. A family that names no items takes every change that no other family has. A headline family
    tests headlines alone. Of a family with a margin every change of a share is also tested to be smaller than it,
    these tests corrected together too; a change that a shift of modes could make, or hide, is never steady. Of too few
    people nothing is said, though their test counts among the others. Source: methodology C12.
    """
    family_of = pl.lit(None, pl.String)
    for family in sorted(families, key=lambda one: bool(one.items)):  # later ones come first
        family_of = pl.when(_is_in(family)).then(pl.lit(family.family)).otherwise(family_of)
    changes = changes.with_row_index("row").with_columns(
        family=pl.when(pl.col("p_value").is_not_null() & ~pl.col("is_provisional")).then(family_of)
    )
    corrected, equivalence, equivalence_corrected = (np.full(changes.height, np.nan) for _ in range(3))
    is_broken = (changes["comparability"] == WITH_BREAK).to_numpy()
    verdict = np.where(is_broken, BREAK, NOT_TESTED).astype(object)
    by_name = {family.family: family for family in families}
    together = ["family", "kind", "weight_id", "wave_to"]
    for (name, *_), part in changes.drop_nulls("family").partition_by(together, as_dict=True).items():
        family = by_name[str(name)]
        rows = part["row"].to_numpy()
        corrected[rows] = corrected_p_values(part["p_value"].to_numpy(), family.correction)
        equivalence[rows] = _equivalence(part, family.equivalence)
        equivalence_corrected[rows] = corrected_p_values(equivalence[rows], family.correction)
        said = verdicts(part["change"].to_numpy(), corrected[rows], level=family.level)
        verdict[rows] = with_steady(said, equivalence_corrected[rows], level=family.level)
    margins = {family.family: family.equivalence for family in families}
    is_hidden = changes["is_suppressed"].fill_null(False) & ~changes["is_provisional"]
    verdict = np.where(is_hidden.to_numpy() & ~is_broken, TOO_FEW, verdict)
    return changes.drop("row", "degrees_of_freedom").with_columns(
        p_value_corrected=pl.Series(corrected).fill_nan(None),
        verdict=pl.Series(verdict, dtype=pl.String),
        equivalence_margin=pl.when(pl.Series(equivalence).is_not_nan()).then(
            pl.col("family").replace_strict(margins, default=None, return_dtype=pl.Float64)
        ),
        p_equivalence=pl.Series(equivalence).fill_nan(None),
        p_equivalence_corrected=pl.Series(equivalence_corrected).fill_nan(None),
    )


def _equivalence(part: pl.DataFrame, margin: float | None) -> NDArray[np.float64]:
    """Return the p of the test that each change of a share is smaller than a margin; not a number where untested."""
    if margin is None:
        return np.full(part.height, np.nan)
    change, error, freedom = (part[name].to_numpy() for name in ("change", "standard_error", "degrees_of_freedom"))
    is_tested = part.select((pl.col("statistic") != "mean") & ~pl.col("may_be_mode_effect").fill_null(False))
    return np.where(is_tested.to_series().to_numpy(), t_equivalence_p_value(change, error, freedom, margin), np.nan)


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


def _compared(found: pl.DataFrame, linked: LinkedItems) -> pl.DataFrame:
    """Return changes with the item each was asked as before; across a break only what both tell, and untested."""
    is_own = ~(pl.col("item").is_in(linked.only_headlines) & (pl.col("statistic") == "share"))
    comparability = _of_versions(linked, "comparability")
    is_broken = comparability == WITH_BREAK
    return found.filter(is_own).with_columns(
        item_from=_of_versions(linked, "item"),
        comparability=comparability,
        p_value=pl.when(~is_broken).then(pl.col("p_value")),
    )


def _of_versions(linked: LinkedItems, name: str) -> pl.Expr:
    """Return an attribute of the version that stands for each row's item at the earlier wave."""
    known = {item: str(getattr(version, name)) for item, version in linked.versions.items()}
    return pl.col("item").replace_strict(known, default=None, return_dtype=pl.String)


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
            **pair_keys(data, weight_id, pair),
        )
        .drop("smaller_n")
    )


def pair_keys(data: PanelData, weight_id: str, pair: tuple[str, str]) -> dict[str, pl.Expr]:
    """Return the key columns of a figure about two waves."""
    return {
        "survey": pl.lit(data.survey.survey),
        "wave_from": pl.lit(pair[0]),
        "wave_to": pl.lit(pair[1]),
        "weight_id": pl.lit(weight_id),
    }
