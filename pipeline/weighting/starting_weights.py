"""The weight everyone in a starting sample has before any adjustment: its chances, or another weight."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.base import base_weight
from pipeline.weighting.cohorts import Blend, Coverage, blend, coverage
from pipeline.weighting.weighting_log import WeightingLog, people
from pipeline.weighting_steps import WeightRecipe

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Chances:
    """What is known of how the members of a starting sample came into the panel."""

    probability: pl.DataFrame  # a column per cohort recruited so far, null = not in its frame, or not known
    is_covered: pl.DataFrame | None = None  # the same columns, 1 = the cohort's frame had the member
    is_other: Mask | None = None  # (n,) recruited by other means than a random sample
    other_levels: NDArray[np.int64] | None = None  # (n, n_domains) what is known of both kinds of members


@dataclass(frozen=True)
class Starting:
    """Everyone's starting weight, and how it came of the chances of selection."""

    weight: Floats  # (n,) 0 for those who have none
    single: Floats  # (n,) before cohorts are combined and pseudo-weights are made: 1 / π; 1 for other means
    coverage: Coverage | None = None  # of those drawn at random
    blend: Blend | None = None

    def combined(self, single: Floats) -> Floats:
        """Return starting weights (n, n_replicates) of weights before they are combined, all steps done again."""
        return _combined(single, self.coverage, self.blend)


def starting_weight(
    recipe: WeightRecipe, chances: Chances | None, given: Floats | None, is_respondent: Mask, log: WeightingLog
) -> Starting:
    """Return the weight everyone starts with, each step logged.

    Args:
        chances: of selection, for a recipe that starts from them.
        given: (n,) supplied or earlier weight; NaN or 0 = none.
        is_respondent: (n,) on whom the effective sizes of combined cohorts rest.

    Raises:
        WeightingError: chances or weights that cannot be; the message says which.

    Source: methodology C1 and C16.
    """
    ones = np.ones(is_respondent.size)
    if recipe.selection_probabilities and chances is not None:
        return _of_chances(recipe, chances, is_respondent, log)
    if given is None:
        log.add("base weight", ones, ones, "1 for everyone: no selection probabilities are known")
        return Starting(ones, ones)
    start = np.nan_to_num(given, nan=0.0)
    n_negative = int((start < 0).sum())
    if n_negative:
        raise WeightingError(f"weight '{recipe.weight_id}': {n_negative} starting weights are negative. Correct them.")
    source = recipe.supplied or recipe.starting_weight or "delivered"
    log.add("supplied" if recipe.supplied else "starting weight", start, start, f"weight '{source}'")
    return Starting(start, start)


def _of_chances(recipe: WeightRecipe, chances: Chances, is_respondent: Mask, log: WeightingLog) -> Starting:
    """Return the inverse of the chances of selection, cohorts combined, and pseudo-weights beside them."""
    cohorts = [one for one in chances.probability.columns if one in recipe.selection_probabilities]
    probability = chances.probability.select(cohorts).cast(pl.Float64).to_numpy()
    is_other = np.zeros(is_respondent.size, np.bool_) if chances.is_other is None else chances.is_other
    drawn = ~is_other
    single = np.ones(is_respondent.size)
    covered: Coverage | None = None
    how = f"cohorts: {', '.join(cohorts)}"
    if recipe.covered and chances.is_covered is not None:
        in_frame = chances.is_covered.select(cohorts).fill_null(0).cast(pl.Float64).to_numpy() > 0
        covered = coverage(np.where(drawn[:, None], probability, np.nan)[drawn], in_frame[drawn], is_respondent[drawn])
        single[drawn] = 1 / np.nanmax(np.where(probability > 0, probability, np.nan)[drawn], axis=1)
        note = f"1 / selection probability in the member's own cohort; {how}"
    else:
        single[drawn] = base_weight(probability[drawn])
        note = f"1 / summed selection probability; {how}"
    log.add("base weight", np.ones_like(single), np.where(drawn, single, 0.0), note)
    return _blended(recipe, chances, Starting(single, single, _everyone(covered, drawn)), is_respondent, log)


def _everyone(covered: Coverage | None, drawn: Mask) -> Coverage | None:
    """Return the coverage over all rows; those not drawn at random are in no frame."""
    if covered is None or drawn.all():
        return covered
    own, counts = np.zeros(drawn.size, np.int64), np.zeros(drawn.size, np.bool_)
    is_covered = np.zeros((drawn.size, covered.is_covered.shape[1]), np.bool_)
    own[drawn], is_covered[drawn], counts[drawn] = covered.own, covered.is_covered, covered.counts
    return Coverage(own, is_covered, counts)


def _blended(
    recipe: WeightRecipe, chances: Chances, start: Starting, is_respondent: Mask, log: WeightingLog
) -> Starting:
    """Return the weights with cohorts combined and members recruited by other means beside them, both logged."""
    weight = _combined(start.single, start.coverage, None)
    is_other = chances.is_other
    drawn = np.ones(weight.size, np.bool_) if is_other is None else ~is_other
    if start.coverage is not None:
        note = "cohorts that could have drawn the same members share the work by their effective sizes"
        log.add("cohorts combined", np.where(drawn, start.single, 0.0), np.where(drawn, weight, 0.0), note)
    if is_other is None or recipe.other_means is None or chances.other_levels is None:
        return Starting(weight, start.single, start.coverage)
    step = recipe.other_means
    made = blend(weight, is_other, is_respondent, chances.other_levels, step.largest_factor)
    final = _combined(start.single, start.coverage, made)
    note = (
        f"{people(is_other)} recruited by other means beside {people(drawn)} drawn at random, by "
        f"propensity on {', '.join(step.domains)}; no chance of selection: estimates are pseudo-weighted"
    )
    log.add("pseudo-weights", np.where(drawn, weight, 0.0), final, note)
    return Starting(final, start.single, start.coverage, made)


def _combined(single: Floats, covered: Coverage | None, blended: Blend | None) -> Floats:
    weight = single if covered is None else single * covered.shares(single)
    return weight if blended is None else blended.weights(weight)
