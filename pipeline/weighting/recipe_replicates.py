"""The replicates of a recipe: every step done again in each of them, all replicates at once.

Propensities are refitted by Newton's steps on groups of people alike × replicates, from the full sample's
coefficients; classes are made anew; the calibration runs on cells × replicates. Only caps on the final weights are
solved replicate by replicate. What varies from person to person does not factor into cells, so the columns are
kept: people × replicates.

Source: methodology C6.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.calibration import calibrate
from pipeline.weighting.calibration_stage import Calibrated, CalibrationStage
from pipeline.weighting.nonresponse import Adjustment, group_factors, of_those_invited, shared_by_eligibility
from pipeline.weighting.propensity import refitted_propensities
from pipeline.weighting.recipe import StartingSample, Weighted
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    repeated_replicates,
    supplied_replicates,
    totals_to_meet,
    without_failed,
)
from pipeline.weighting.trimming import trimmed
from pipeline.weighting_steps import NonresponseStep, WeightRecipe

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def replicated(recipe: WeightRecipe, sample: StartingSample, weighted: Weighted, start: Replicates) -> Replicates:
    """Return the replicates of a recipe's final weight, over the rows of its design.

    Args:
        weighted: what `recipe.follow` made of the sample.
        start: replicates of the (n,) starting weights; of a wave, out of those drawn for the whole panel.

    Raises:
        WeightingError: more than 1 % of the replicates cannot be weighted.
    """
    made = start
    if recipe.nonresponse is not None:
        made, has_converged = _adjusted(recipe, recipe.nonresponse, sample, weighted, start)
        start, made = (without_failed(one, has_converged) for one in (start, made))
    elif recipe.supplied is None:
        made = _only(start, weighted.is_held if weighted.stage is None else weighted.stage.is_calibrated)
    if weighted.stage is not None and weighted.calibrated is not None:
        made = _calibrated(weighted.stage, weighted.calibrated, made, start)
    rows = np.flatnonzero(weighted.in_design)
    columns = made.weights(rows)
    columns[~weighted.is_held[rows]] = 0.0
    final = supplied_replicates(weighted.weight[rows], columns, made.coefficient, kind=made.kind, centre=made.centre)
    return replace(final, seed=start.seed, n_failed=made.n_failed, kept=made.kept)


def _only(start: Replicates, kept: Mask) -> Replicates:
    """Return the replicates of those kept; the others carry 0."""
    columns = start.weights()
    columns[~kept] = 0.0
    return _of_columns(start, np.where(kept, start.base_weight, 0.0), columns)


def _of_columns(start: Replicates, weight: Floats, columns: Floats) -> Replicates:
    made = supplied_replicates(weight, columns, start.coefficient, kind=start.kind, centre=start.centre)
    return replace(made, seed=start.seed, n_failed=start.n_failed, kept=start.kept)


def _adjusted(
    recipe: WeightRecipe, step: NonresponseStep, sample: StartingSample, weighted: Weighted, start: Replicates
) -> tuple[Replicates, NDArray[np.bool_]]:
    """Return the replicates after every step of response, and in which of them the models converged."""
    columns = start.weights()
    left = np.zeros_like(columns)
    has_converged = np.ones(columns.shape[1], np.bool_)
    for response, made in zip(sample.steps, weighted.adjustments, strict=True):
        columns = shared_by_eligibility(columns, response)
        is_asked = made.groups.of_row >= 0
        leaves = ~is_asked & ~response.is_eligible
        left[leaves] += columns[leaves]
        columns = of_those_invited(columns, response)
        factor, converged = _factors(step, made, columns, response.is_respondent)
        has_converged &= converged
        answered = is_asked & response.is_respondent
        columns[~answered] = 0.0
        columns[answered] *= factor[made.groups.of_row[answered]]
    if recipe.keeps_ineligible:
        columns += left
    assert weighted.adjusted_weight is not None
    return _of_columns(start, weighted.adjusted_weight, columns), has_converged


def _factors(
    step: NonresponseStep, made: Adjustment, columns: Floats, is_respondent: Mask
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the factor (n_groups, n_replicates) of every group in every replicate, and which fits converged."""
    total = _group_sums(made, columns, made.groups.of_row >= 0)
    responded = _group_sums(made, columns, (made.groups.of_row >= 0) & is_respondent)
    n_replicates = columns.shape[1]
    propensity: Floats | None = None
    has_converged = np.ones(n_replicates, np.bool_)
    if made.fitted is not None:
        propensity, has_converged = refitted_propensities(
            made.groups.predictors, total, responded, made.fitted.coefficient
        )
        if step.n_classes is None:
            largest = step.largest_factor * total.sum(axis=0) / np.maximum(responded.sum(axis=0), 1e-300)
            return np.minimum(1 / propensity, largest), has_converged
    n_respondents = _group_sums(made, (columns > 0).astype(np.float64), (made.groups.of_row >= 0) & is_respondent)
    factor = np.empty_like(total)
    for one in range(n_replicates):
        fitted = None if propensity is None else propensity[:, one]
        factor[:, one] = group_factors(step, fitted, total[:, one], responded[:, one], n_respondents[:, one]).factor
    return factor, has_converged


def _group_sums(made: Adjustment, columns: Floats, rows: Mask) -> Floats:
    """Return the (n_groups, n_replicates) sums over some rows of every group."""
    from scipy import sparse

    where = np.flatnonzero(rows)
    shape = made.groups.n_groups, where.size
    indicator = sparse.csr_matrix(
        (np.ones(where.size), (made.groups.of_row[where], np.arange(where.size))), shape=shape
    )
    return np.asarray(indicator @ columns[where])


def _calibrated(stage: CalibrationStage, found: Calibrated, made: Replicates, start: Replicates) -> Replicates:
    """Return the replicates calibrated anew, to totals taken anew where these are estimated."""
    levels = np.maximum(found.levels, 0)
    behind = np.flatnonzero(stage.behind)
    controls = None
    if stage.is_estimated:
        controls = _of_columns(start, stage.start[behind], start.weights(behind)), levels[behind]
    plan = CalibrationPlan(found.targets, stage.options, stage.is_calibrated, controls=controls)
    if stage.trimming is None:
        return calibrated_replicates(made, levels, plan)
    return _trimmed(stage, found, made, totals_to_meet(made, levels, plan, found.targets))


def _trimmed(stage: CalibrationStage, found: Calibrated, made: Replicates, totals: Floats) -> Replicates:
    """Return the replicates calibrated within the caps that each one's own weights give, one after the other."""
    rule, rows = stage.trimming_rule, stage.is_calibrated
    assert rule is not None
    numbers = iter(range(made.n_replicates))

    def weighting(weight: Floats) -> Floats:
        ends = np.cumsum(found.targets.n_levels)[:-1]
        targets = replace(found.targets, totals=tuple(np.split(totals[:, next(numbers)], ends)))
        untrimmed = calibrate(weight[rows], found.levels[rows], targets, stage.options)
        final = np.zeros_like(weight)
        final[rows] = trimmed(untrimmed, found.levels[rows], stage.options, rule).weight
        return final

    return repeated_replicates(made, weighting)
