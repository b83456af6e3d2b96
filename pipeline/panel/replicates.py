"""Replicates of a panel's weights: one draw of PSUs for the whole panel, every recipe followed again on it."""

from dataclasses import replace

import numpy as np

from pipeline.definitions import Survey
from pipeline.design import SurveyDesign
from pipeline.panel.arrays import PanelArrays
from pipeline.panel.weights import PanelWeight
from pipeline.weighting.recipe_replicates import replicated
from pipeline.weighting.replicate_factors import ReplicateFactors, ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import Replicates, supplied_replicates, uncalibrated_replicates


def panel_factors(survey: Survey, arrays: PanelArrays, plan: ReplicatePlan) -> ReplicateFactors:
    """Return the factors of every member in every replicate, the same for all waves (methodology C6)."""
    everyone = SurveyDesign(
        weight=np.ones(len(arrays.members)),
        strata=arrays.stratum,
        psu=arrays.psu,
        lonely_psu=survey.design.lonely_psu,
    )
    return replicate_factors(everyone, plan)


def with_replicates(weight: PanelWeight, factors: ReplicateFactors) -> PanelWeight:
    """Return a weight whose design has replicates, which take the whole recipe again.

    Raises:
        WeightingError: more than 1 % of the replicates cannot be weighted.
    """
    return replace(weight, design=replace(weight.design, replicates=_replicates(weight, factors)))


def _replicates(weight: PanelWeight, factors: ReplicateFactors) -> Replicates:
    return replicated(weight.recipe, weight.sample, weight.weighted, _start(weight, factors))


def _start(weight: PanelWeight, factors: ReplicateFactors) -> Replicates:
    """Return the replicates of the starting weights: of base weights, or of the weight the recipe starts from."""
    if weight.start is None:
        return _of_chances(weight, factors.of(weight.rows))
    before = _replicates(weight.start, factors)
    place = {row: at for at, row in enumerate(weight.start.design_rows.tolist())}
    columns = np.zeros((weight.rows.size, before.n_replicates))
    found = np.array([place.get(row, -1) for row in weight.rows.tolist()], np.int64)
    columns[found >= 0] = before.weights(found[found >= 0])
    made = supplied_replicates(weight.weighted.base_weight, columns, before.coefficient, kind=before.kind)
    return replace(made, centre=before.centre, seed=before.seed, n_failed=before.n_failed, kept=before.kept)


def _of_chances(weight: PanelWeight, factors: ReplicateFactors) -> Replicates:
    """Return the replicates of base weights, cohorts combined anew and pseudo-weights made anew in each."""
    starting = weight.weighted.starting
    if starting is None or (starting.coverage is None and starting.blend is None):
        return uncalibrated_replicates(weight.weighted.base_weight, factors)
    drawn = uncalibrated_replicates(starting.single, factors)
    made = supplied_replicates(starting.weight, starting.combined(drawn.weights()), drawn.coefficient, kind=drawn.kind)
    return replace(made, seed=drawn.seed)
