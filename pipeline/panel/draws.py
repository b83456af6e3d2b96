"""The draws that the replicates of all of a panel's weights share, and how these replicates are stored."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.design import DesignStructure, SurveyDesign, design_structure
from pipeline.panel.arrays import PanelArrays
from pipeline.panel.replicates import with_replicates
from pipeline.panel.weights import PanelWeight
from pipeline.weighting.replicate_factors import ReplicateFactors, ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    uncalibrated_replicates,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
ID_DIGITS = 12


@dataclass(frozen=True)
class PanelDraws:
    """The PSU draws of a panel. Every wave's replicates start from them, so the covariance of waves is in them."""

    replicate_set: str  # names the draws; another one as soon as members, strata or PSUs are others
    structure: DesignStructure  # of all members, in the declared strata
    design: SurveyDesign  # of all members, as drawn from: strata with one PSU joined with a neighbour
    plan: ReplicatePlan

    @cached_property
    def factors(self) -> ReplicateFactors:
        """Return the factor of every member's PSU in every replicate; drawn when first asked for."""
        return replicate_factors(self.design, self.plan)


@dataclass(frozen=True)
class StoredReplicates:
    """The replicates of a weight's holders as they are stored: weight x factor of the group x ratio of the cell."""

    group: Codes  # (n_holders,) row of the draws' factors
    cell: Codes  # (n_holders,) row of `ratio`
    ratio: Floats  # (n_cells, n_replicates) NaN in replicates that failed


def panel_draws(survey: Survey, arrays: PanelArrays) -> PanelDraws:
    """Return the draws of a survey's panel, by its declared plan.

    A stratum with one PSU cannot be varied by any draw: it is joined with the next one (the last with the one
    before it), which errs on the side of too much variance. Declared `certainty`, it stays and adds none.

    Source: methodology C6; Wolter (2007), Introduction to Variance Estimation, 2nd ed., section 2.5.
    """
    n = len(arrays.members)
    structure = design_structure(n, arrays.stratum, arrays.psu, None)
    is_certain = survey.design.lonely_psu == "certainty"
    stratum = arrays.stratum if is_certain else _joined_strata(structure)[structure.stratum]
    declared = survey.replicates
    plan = ReplicatePlan(declared.kind, declared.number, seed=declared.seed)
    design = SurveyDesign(np.ones(n), stratum, structure.psu, lonely_psu="certainty")
    return PanelDraws(f"{survey.survey}-{_digest(arrays, plan)}", structure, design, plan)


def weight_replicates(weight: PanelWeight, draws: PanelDraws) -> Replicates:
    """Return the replicates of a weight over the rows of its design, the whole recipe made again in each.

    Of a recipe that calibrates and no more they stay factors and ratios of cells; of any other they are columns.

    Raises:
        WeightingError: more than 1 % of the replicates cannot be weighted.
    """
    weighted, recipe, rows = weight.weighted, weight.recipe, weight.weighted.in_design
    if not _starts_from_factors(weight) or recipe.nonresponse is not None or recipe.trimming is not None:
        replicates: Replicates = with_replicates(weight, draws.factors).design.replicates
        return replicates
    start = uncalibrated_replicates(weighted.base_weight[rows], draws.factors.of(weight.design_rows))
    stage, made = weighted.stage, weighted.calibrated
    if stage is None or made is None:
        return start
    plan = CalibrationPlan(
        made.targets, stage.options, stage.is_calibrated[rows], controls_estimated=stage.is_estimated
    )
    return calibrated_replicates(start, np.maximum(made.levels[rows], 0), plan)


def _starts_from_factors(weight: PanelWeight) -> bool:
    """Return whether the weights a recipe starts from move with the draws alone."""
    if weight.start is not None:
        return weight.start.recipe.supplied is not None
    starting = weight.weighted.starting
    return starting is None or (starting.coverage is None and starting.blend is None)


def stored_replicates(weight: PanelWeight, replicates: Replicates, draws: PanelDraws) -> StoredReplicates:
    """Return the replicates of a weight's holders as factors and ratios; the holders in the order of their rows."""
    held = np.flatnonzero(weight.weighted.is_held[weight.weighted.in_design])
    rows, final = weight.held_rows, weight.weighted.weight[weight.weighted.is_held]
    group = draws.factors.group_of_row[rows]
    if replicates.columns is None and replicates.ratio is not None and replicates.cell_of_row is not None:
        cells, first, cell = np.unique(replicates.cell_of_row[held], return_index=True, return_inverse=True)
        of_full_sample = final[first] / replicates.base_weight[held[first]]
        ratio = replicates.ratio[cells] / of_full_sample[:, None]
    elif replicates.columns is None:
        cell, ratio = np.zeros(held.size, np.int64), np.ones((1, replicates.n_replicates))
    else:
        factor = draws.factors.factor[group][:, _kept(replicates, draws)]
        started = final[:, None] * factor
        ratio = np.divide(replicates.weights(held), started, out=np.zeros_like(started), where=started > 0)
        cell = np.arange(held.size)
    full = np.full((ratio.shape[0], draws.factors.n_replicates), np.nan)
    full[:, _kept(replicates, draws)] = ratio
    return StoredReplicates(group, cell.astype(np.int64), full)


def _kept(replicates: Replicates, draws: PanelDraws) -> Codes:
    """Return which of the draws the replicates that count were made of."""
    return np.arange(draws.factors.n_replicates) if replicates.kept is None else replicates.kept


def _joined_strata(structure: DesignStructure) -> Codes:
    """Return the (n_strata,) stratum each belongs to when those with one PSU are joined with a neighbour."""
    counts = structure.psus_in_stratum
    joined = np.arange(counts.size)
    n_open = 0  # PSUs of the stratum that is being filled
    for stratum, count in enumerate(counts):
        if n_open == 1:
            joined[stratum] = joined[stratum - 1]
        n_open = int(count) + (n_open if n_open == 1 else 0)
    if n_open == 1 and counts.size > 1:
        joined[-1] = joined[-2]
    return joined


def _digest(arrays: PanelArrays, plan: ReplicatePlan) -> str:
    """Return a short hash of what the draws depend on, and of whom they are."""
    digest = hashlib.sha256(repr((plan, arrays.members)).encode())
    digest.update(arrays.stratum.tobytes())
    digest.update(arrays.psu.tobytes())
    return digest.hexdigest()[:ID_DIGITS]
