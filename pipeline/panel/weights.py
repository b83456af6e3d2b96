"""Whom a weight of the panel starts from, and the weight and sampling design that come of it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.design import SurveyDesign
from pipeline.errors import WeightingError
from pipeline.panel.arrays import UNKNOWN, PanelArrays
from pipeline.panel.covariates import domain_levels, response_steps
from pipeline.weighting.recipe import StartingSample, Weighted, follow
from pipeline.weighting.starting_weights import Chances
from pipeline.weighting_steps import WeightRecipe


@dataclass(frozen=True)
class PanelWeight:
    """One weight of a panel at one wave set, and the design of all estimates made with it."""

    recipe: WeightRecipe
    wave: str  # the wave of a cross-sectional weight; the last wave of a longitudinal one's set
    rows: NDArray[np.int64]  # (n,) rows of the panel's arrays: the starting sample
    weighted: Weighted
    design: SurveyDesign  # of `design_rows`
    design_rows: NDArray[np.int64]  # (m,) rows of the panel's arrays
    sample: StartingSample
    start: "PanelWeight | None" = None  # the weight that the recipe starts from

    @property
    def wave_set(self) -> str:
        """Return the waves that the weight is for, joined by +."""
        return "+".join(self.recipe.waves or (self.wave,))

    @property
    def held_rows(self) -> NDArray[np.int64]:
        """Return the rows of the members who hold the weight."""
        return self.rows[self.weighted.is_held]


def waves_of(survey: Survey, recipe: WeightRecipe, fielded: Set[str]) -> list[tuple[str, ...]]:
    """Return the wave sets a recipe makes weights for; those with a wave that has no answers yet are left out."""
    sets = [recipe.waves] if recipe.waves else [(wave.wave,) for wave in survey.waves]
    needed = [(*waves, recipe.starting_wave) if recipe.starting_wave else waves for waves in sets]
    return [waves for waves, need in zip(sets, needed, strict=True) if set(need) <= fielded]


def weigh(survey: Survey, recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays) -> PanelWeight:
    """Return the weight a recipe gives to the panel for one wave set.

    Raises:
        WeightingError: the recipe cannot be followed; the message names the weight, the step and why.
    """
    start = _start(survey, recipe, arrays)
    is_made = start is not None and (start.design.calibration is not None or bool(start.design.response))
    rows = start.rows if start is not None and is_made else _starting_rows(recipe, waves, arrays)
    sample = StartingSample(
        categories=_categories(arrays, rows, recipe.starting_wave or waves[0]),
        is_respondent=_is_respondent(recipe, waves, arrays)[rows],
        n_removed=int(arrays.removed(*waves).sum()),
        is_ineligible=~arrays.is_eligible[waves[-1]][rows],
        starting_weight=_starting_weight(recipe, waves, arrays, rows, start),
        start_in_design=start.weighted.in_design if start is not None and is_made else None,
        chances=_chances(survey, recipe, waves, arrays, rows),
        steps=response_steps(survey, recipe, waves, arrays, rows),
    )
    try:
        weighted = follow(recipe, sample, survey.margins)
    except WeightingError as error:
        raise WeightingError(f"{survey.survey}, {'+'.join(waves)}, weight '{recipe.weight_id}': {error}") from error
    design = weighted.design(arrays.stratum[rows], arrays.psu[rows], lonely_psu=survey.design.lonely_psu)
    design = replace(design, start=start.design if start is not None and is_made else None)
    return PanelWeight(recipe, waves[-1], rows, weighted, design, rows[weighted.in_design], sample, start)


def weight_rows(
    survey: Survey, weight: PanelWeight, arrays: PanelArrays, places: Mapping[str, pl.Series] | None = None
) -> pl.DataFrame:
    """Return the rows of `weights` of one weight: a row for each holder and wave of the set.

    Args:
        places: further columns, of the holders: where they stand in the sampling design and the replicates.
    """
    held = weight.weighted.is_held
    final = weight.weighted.weight[held]
    waves = weight.recipe.waves or (weight.wave,)
    members = [arrays.members[row] for row in weight.held_rows]
    return pl.concat(
        pl.DataFrame(
            {
                "survey": pl.repeat(survey.survey, len(members), eager=True),
                "panel_member_id": members,
                "weight_id": pl.repeat(weight.recipe.weight_id, len(members), eager=True),
                "wave": pl.repeat(wave, len(members), eager=True),
                "kind": pl.repeat(weight.recipe.kind, len(members), eager=True),
                "wave_set": pl.repeat(weight.wave_set, len(members), eager=True),
                **_factors(weight),
                "weight": final,
                **(places or {}),
            }
        )
        for wave in waves
    )


def _factors(weight: PanelWeight) -> dict[str, pl.Series]:
    """Return the holders' base weight and the factor of every step, null for a step that was not taken."""
    weighted, recipe, held = weight.weighted, weight.recipe, weight.weighted.is_held
    untrimmed = weighted.weight if weighted.untrimmed_weight is None else weighted.untrimmed_weight
    adjusted = weighted.base_weight if weighted.adjusted_weight is None else weighted.adjusted_weight

    def column(is_made: bool, value: NDArray[np.float64]) -> pl.Series:
        return pl.Series(value[held] if is_made else [None] * int(held.sum()), dtype=pl.Float64)

    with np.errstate(divide="ignore", invalid="ignore"):  # of those who hold no weight
        return {
            "base_weight": column(recipe.supplied is None, weighted.base_weight),
            "nonresponse_adjustment": column(recipe.nonresponse is not None, adjusted / weighted.base_weight),
            "calibration_ratio": column(recipe.calibration is not None, untrimmed / adjusted),
            "trimming_factor": column(recipe.trimming is not None, weighted.weight / untrimmed),
        }


def _starting_rows(recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays) -> NDArray[np.int64]:
    """Return everyone whom a weight starts from.

    Everyone for a supplied weight; the respondents of the starting wave, or of the wave itself; where nonresponse
    is adjusted for, all who were in the panel at the wave.
    """
    if recipe.supplied is not None:
        return np.arange(len(arrays.members))
    first = recipe.starting_wave or waves[0]
    is_asked = recipe.nonresponse is not None and recipe.starting_wave is None
    starts = (arrays.is_listed if is_asked else arrays.is_respondent)[first]
    if recipe.selection_probabilities and recipe.other_means is None:
        starts = starts & ~arrays.is_other
    return np.flatnonzero(starts)


def _is_respondent(recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays) -> NDArray[np.bool_]:
    """Return who answered every wave of the set; of a supplied weight, who holds it."""
    if recipe.supplied is not None:
        return ~np.isnan(_supplied(recipe, waves, arrays))
    answered = np.ones(len(arrays.members), np.bool_)
    for wave in waves:
        answered &= arrays.is_respondent[wave]
    return answered


def _supplied(recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays) -> NDArray[np.float64]:
    """Return the producer's weight, (n_members,): of the member list but the removed, or of the wave's respondents."""
    assert recipe.supplied is not None
    if not recipe.is_supplied_by_wave:
        return np.where(arrays.removed(*waves), np.nan, arrays.number(recipe.supplied))
    return np.where(arrays.is_respondent[waves[0]], arrays.wave_number(waves[0], recipe.supplied), np.nan)


def _start(survey: Survey, recipe: WeightRecipe, arrays: PanelArrays) -> PanelWeight | None:
    """Return the weight of the starting wave that a recipe starts from."""
    if recipe.starting_weight is None or recipe.starting_wave is None:
        return None
    return weigh(survey, survey.weight(recipe.starting_weight), (recipe.starting_wave,), arrays)


def _starting_weight(
    recipe: WeightRecipe,
    waves: tuple[str, ...],
    arrays: PanelArrays,
    rows: NDArray[np.int64],
    start: PanelWeight | None,
) -> NDArray[np.float64] | None:
    """Return the weights people start with, where these are supplied or come from another weight."""
    if recipe.supplied is not None:
        return _supplied(recipe, waves, arrays)[rows]
    if start is None:
        return None
    full = np.zeros(len(arrays.members))
    full[start.rows] = start.weighted.weight
    return full[rows]


def _chances(
    survey: Survey, recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays, rows: NDArray[np.int64]
) -> Chances | None:
    """Return the chances of being drawn in the recruitments made by the time of the wave.

    A member list that names no cohorts is of one recruitment, or of several that were all made by then.
    """
    declared = recipe.selection_probabilities
    if not declared:
        return None
    recruited = set(arrays.cohort[arrays.is_listed[waves[0]] & ~arrays.is_other].tolist()) - {""}
    made = [cohort for cohort in declared if cohort in recruited or not recruited]
    if not made:
        raise WeightingError(
            f"weight '{recipe.weight_id}': selection_probabilities are declared for {', '.join(declared)}, and the "
            f"member list has the cohorts {', '.join(sorted(recruited))}. Use the same names in both."
        )
    chances = chances_in(recipe, made, arrays, rows)
    if recipe.other_means is None:
        return chances
    known_of_both = _known_of_both(recipe, waves, arrays)[rows]
    return replace(chances, is_other=arrays.is_other[rows], other_levels=known_of_both)


def chances_in(recipe: WeightRecipe, cohorts: Sequence[str], arrays: PanelArrays, rows: NDArray[np.int64]) -> Chances:
    """Return members' chances of being drawn in some of a recipe's recruitments, and whose frames had them."""
    declared = recipe.selection_probabilities
    covered = {cohort: arrays.number(recipe.covered[cohort])[rows] for cohort in cohorts if recipe.covered}
    return Chances(
        probability=pl.DataFrame({cohort: arrays.number(declared[cohort])[rows] for cohort in cohorts}),
        is_covered=pl.DataFrame(covered).fill_nan(None) if covered else None,
    )


def _known_of_both(recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays) -> NDArray[np.int64]:
    """Return the (n_members, n_domains) levels by which members recruited by other means are compared."""
    assert recipe.other_means is not None
    return np.column_stack([domain_levels(name, waves[0], arrays) for name in recipe.other_means.domains])


def _categories(arrays: PanelArrays, rows: NDArray[np.int64], wave: str) -> pl.DataFrame:
    """Return a text column for each domain at a wave, null where a member's category is not known."""
    columns = {}
    for name, domain in arrays.domains.items():
        labels = np.array([*domain.values, None], dtype=object)
        codes = arrays.codes_at(wave, name)[rows]
        columns[name] = pl.Series(labels[np.where(codes == UNKNOWN, len(domain.values), codes)], dtype=pl.String)
    return pl.DataFrame(columns)
