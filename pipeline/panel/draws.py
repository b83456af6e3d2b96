"""The draws that the replicates of all of a panel's weights share, and how these replicates are stored."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.design import DesignStructure, SurveyDesign, design_structure
from pipeline.errors import WeightingError
from pipeline.panel.arrays import PanelArrays
from pipeline.panel.replicates import with_replicates
from pipeline.panel.weights import PanelWeight
from pipeline.weighting.replicate_factors import ReplicateFactors, ReplicatePlan, replicate_factors
from pipeline.weighting.replicate_groups import (
    averaged_ratios,
    cells_of_at_least,
    combined_psus,
    in_order_of_rows,
    joined_strata,
    secret_seed,
)
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    uncalibrated_replicates,
)

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
ID_DIGITS = 12
FEWEST_GROUPS = 3  # of combined PSUs in a stratum: of two, a bootstrap would leave one out whole
DRAWN = (
    0.5  # share of the groups, less one, that a bootstrap draws: no weight is 0, so no category of a margin is empty
)


@dataclass(frozen=True)
class PanelDraws:
    """The PSU draws of a panel. Every wave's replicates start from them, so the covariance of waves is in them."""

    replicate_set: str  # names the draws; another one as soon as members, strata, PSUs or what is shown are others
    structure: DesignStructure  # of all members, in the declared strata
    design: SurveyDesign  # of all members, as drawn from: small strata joined and, for many readers, PSUs combined
    plan: ReplicatePlan
    alike: Codes | None = None  # (n_members,) who is shown alike, whose ratios are averaged; None: nobody's are
    smallest: int = 1  # holders of an averaged ratio, and PSUs that are drawn together

    @cached_property
    def factors(self) -> ReplicateFactors:
        """Return the factor of every member's PSU in every replicate; drawn when first asked for.

        Raises:
            WeightingError: the plan does not suit the design, or there are too few PSUs to combine.
        """
        if self.alike is None:
            return replicate_factors(self.design, self.plan)
        if self.degrees_of_freedom < 1:
            raise WeightingError(
                f"{self.structure.n_psus} primary sampling units make no two groups of {self.smallest}, and fewer "
                "drawn together would show who lives together. Lower k in k_anonymity of survey.yml."
            )
        return in_order_of_rows(replicate_factors(self.design, self.plan))

    @property
    def degrees_of_freedom(self) -> int:
        """Return how many of the groups drawn vary on their own."""
        return self.design.structure.degrees_of_freedom


@dataclass(frozen=True)
class StoredReplicates:
    """The replicates of a weight's holders as they are stored: weight x factor of the group x ratio of the cell."""

    group: Codes  # (n_holders,) row of the draws' factors
    cell: Codes  # (n_holders,) row of `ratio`
    ratio: Floats  # (n_cells, n_replicates) NaN in replicates that failed


def panel_draws(survey: Survey, arrays: PanelArrays, *, in_full: bool = False) -> PanelDraws:
    """Return the draws of a survey's panel, by its declared plan.

    A stratum with one PSU cannot be varied by any draw: it is joined with the next one (the last with the one
    before it), which errs on the side of too much variance. Declared `certainty`, it stays and adds none.

    Args:
        in_full: PSUs are drawn one by one, though the survey coarsens what members' rows show.

    Source: methodology C6; Wolter (2007), Introduction to Variance Estimation, 2nd ed., section 2.5.
    """
    n = len(arrays.members)
    structure = design_structure(n, arrays.stratum, arrays.psu, None)
    declared, asked = survey.replicates, None if in_full else survey.k_anonymity
    plan = ReplicatePlan(declared.kind, declared.number, seed=declared.seed)
    if asked is not None:
        return _coarsened_draws(survey, arrays, structure, plan, asked.k)
    is_certain = survey.design.lonely_psu == "certainty"
    stratum = arrays.stratum if is_certain else joined_strata(structure, 2)[structure.stratum]
    design = SurveyDesign(np.ones(n), stratum, structure.psu, lonely_psu="certainty")
    return PanelDraws(f"{survey.survey}-{_digest(arrays, plan)}", structure, design, plan)


def _coarsened_draws(
    survey: Survey, arrays: PanelArrays, structure: DesignStructure, plan: ReplicatePlan, k: int
) -> PanelDraws:
    """Return draws of groups of k PSUs or more, so that nobody tells by their replicates who lives together."""
    seed = secret_seed(structure, plan.seed or 0)
    stratum = joined_strata(structure, FEWEST_GROUPS * k)
    group = combined_psus(structure, stratum, k, kind=plan.kind, seed=seed)
    design = SurveyDesign(np.ones(len(arrays.members)), stratum[structure.stratum], group, lonely_psu="certainty")
    alike = np.zeros(len(arrays.members), np.int64) if arrays.shown is None else arrays.shown
    name = f"{survey.survey}-{_digest(arrays, plan, alike.tobytes(), k)}"
    return PanelDraws(name, structure, design, replace(plan, seed=seed, drawn=DRAWN), alike, k)


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
    kept = _kept(replicates, draws)
    if replicates.columns is None and replicates.ratio is not None and replicates.cell_of_row is not None:
        cells, first, cell = np.unique(replicates.cell_of_row[held], return_index=True, return_inverse=True)
        of_full_sample = final[first] / replicates.base_weight[held[first]]
        ratio = replicates.ratio[cells] / of_full_sample[:, None]
    elif replicates.columns is None:
        cell, ratio = np.zeros(held.size, np.int64), np.ones((1, replicates.n_replicates))
    else:
        factor = draws.factors.factor[group][:, kept]
        started = final[:, None] * factor
        ratio = np.divide(replicates.weights(held), started, out=np.zeros_like(started), where=started > 0)
        cell = np.arange(held.size)
    if draws.alike is not None:
        cells_now = cells_of_at_least(draws.smallest, draws.alike[rows])
        factor_of_group = draws.factors.factor if replicates.kept is None else draws.factors.factor[:, kept]
        ratio = averaged_ratios(final, group, factor_of_group, ratio, (cell, cells_now))
        cell = cells_now
    full = np.full((ratio.shape[0], draws.factors.n_replicates), np.nan)
    full[:, kept] = ratio
    return StoredReplicates(group, cell.astype(np.int64), full)


def stored_design(weight: PanelWeight, stored: StoredReplicates, draws: PanelDraws) -> SurveyDesign:
    """Return the design of a weight as those see it who have its stored replicates alone: no strata, groups for PSUs.

    What is estimated with it is what the published file gives.
    """
    counts = ~np.isnan(stored.ratio).any(axis=0)
    rows, n = weight.design_rows, weight.design_rows.size
    held = np.flatnonzero(weight.weighted.is_held[weight.weighted.in_design])
    cell, final = np.zeros(n, np.int64), np.zeros(n)
    cell[held], final[held] = stored.cell, weight.weighted.weight[weight.weighted.is_held]
    group, factor = draws.factors.group_of_row[rows], draws.factors.factor
    replicates = Replicates(
        draws.plan.kind,
        draws.factors.coefficient[counts] / draws.factors.coefficient[counts].sum() * draws.factors.coefficient.sum(),
        final,
        group_of_row=group,
        factor=factor if counts.all() else factor[:, counts],
        cell_of_row=cell,
        ratio=stored.ratio[:, counts],
        most_freedom=draws.degrees_of_freedom,
    )
    return SurveyDesign(final, psu=group, lonely_psu="certainty", replicates=replicates)


def _kept(replicates: Replicates, draws: PanelDraws) -> Codes:
    """Return which of the draws the replicates that count were made of."""
    return np.arange(draws.factors.n_replicates) if replicates.kept is None else replicates.kept


def _digest(arrays: PanelArrays, plan: ReplicatePlan, *more: object) -> str:
    """Return a short hash of what the draws depend on, and of whom they are."""
    digest = hashlib.sha256(repr((plan, arrays.members, *more)).encode())
    digest.update(arrays.stratum.tobytes())
    digest.update(arrays.psu.tobytes())
    return digest.hexdigest()[:ID_DIGITS]
