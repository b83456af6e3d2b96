"""Replicate weights: every replicate weighted again from the start, kept as factors instead of as columns.

A replicate weight is `base weight × factor of the row's PSU × ratio of the row's cell`, both looked up per
replicate. That is exact for calibration to margins, where people of one cell share their ratio (see `cells`).
Trimming, numeric auxiliaries and response models break it; then the columns themselves are kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.estimation.variance import replicate_deviations
from pipeline.weighting.batch import BatchProblem, solve_all
from pipeline.weighting.calibration import CalibrationOptions, calibrate
from pipeline.weighting.cells import Codes, blocks, cross_classify
from pipeline.weighting.distances import distance_of
from pipeline.weighting.margin_matrix import MarginMatrix
from pipeline.weighting.replicate_columns import (
    BLOCK_ENTRIES,
    CountedFactor,
    FrameColumns,
    ScannedColumns,
    sums_of_columns,
    sums_of_rows,
    totals_of_columns,
)
from pipeline.weighting.replicate_factors import ReplicateFactors
from pipeline.weighting.targets import Targets
from pipeline.weighting.threads import in_threads

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
MOST_FAILED = 0.01  # share of replicates that may fail: methodology C6


@dataclass(frozen=True)
class Replicates:
    """Replicate weights of n people, made on request; failed replicates are left out and counted.

    They start from `columns`, or from `base_weight` times the `factor` of the row's group; where they were
    calibrated anew, the `ratio` of the row's cell comes on top.
    """

    kind: str
    coefficient: Floats  # (n_replicates,) variance = Σ coefficient (replicate estimate - estimate)²
    base_weight: Floats  # (n,)
    group_of_row: NDArray[np.int64] | None = None  # (n,)
    factor: Floats | CountedFactor | None = None  # (n_groups, n_replicates)
    columns: Floats | FrameColumns | ScannedColumns | None = None  # (n, n_replicates) supplied, or not factored

    cell_of_row: Codes | None = None  # (n,)
    ratio: Floats | None = None  # (n_cells, n_replicates)
    seed: int | None = None
    n_failed: int = 0
    kept: NDArray[np.int64] | None = None  # (n_replicates,) which of those drawn count, where some failed
    centre: str = "estimate"  # of the deviations: the full sample's estimate, or the mean of the `replicates`
    most_freedom: int | None = None  # groups less strata of the design they were drawn from, where it is known

    @property
    def n_replicates(self) -> int:
        """Return the number of replicates that count."""
        return self.coefficient.size

    def weights(self, rows: slice | NDArray[np.int64] | None = None) -> Floats:
        """Return (n_rows, n_replicates) replicate weights; of everyone only when asked without rows."""
        chosen = slice(None) if rows is None else rows
        weights, scale = self._factored(chosen)
        if scale is not None:
            weights *= scale[:, None]
        return weights

    def _factored(self, rows: slice | NDArray[np.int64]) -> tuple[Floats, Floats | None]:
        """Return a (n_rows, n_replicates) matrix, and what each of its rows is still to be multiplied by."""
        scale = None if self.columns is not None else self.base_weight[rows]
        if self.columns is not None:
            matrix = np.asarray(self.columns[rows], np.float64)
        elif self.factor is not None and self.group_of_row is not None:
            matrix = self.factor[self.group_of_row[rows]]
        else:
            matrix = np.ones((self.base_weight[rows].size, self.n_replicates))
        if self.ratio is not None and self.cell_of_row is not None:
            ratio = np.take(self.ratio, self.cell_of_row[rows], axis=0)
            return np.multiply(matrix, ratio, out=ratio), scale
        return (matrix.copy() if isinstance(self.columns, np.ndarray) else matrix), scale

    def blocks(self, n_entries: int = 1 << 22) -> Iterator[tuple[slice, Floats]]:
        """Yield rows and their replicate weights, at most so many numbers (or one row) at a time."""
        for rows in blocks(self.base_weight.size, max(1, n_entries // max(1, self.n_replicates))):
            yield rows, self.weights(rows)

    def totals(self, value: Floats) -> Floats:
        """Return the (n_values, n_replicates) weighted totals of (n, n_values) values in every replicate."""
        if isinstance(self.columns, FrameColumns):
            return totals_of_columns(self.columns, value, self.ratio, self.cell_of_row)
        together = max(1, BLOCK_ENTRIES // max(1, self.n_replicates))
        totals = np.zeros((value.shape[1], self.n_replicates))
        for part in in_threads(partial(self._totals_of, value), blocks(self.base_weight.size, together)):
            totals += part
        return totals

    def _totals_of(self, value: Floats, rows: slice) -> Floats:
        """Return the totals over some rows."""
        matrix, scale = self._factored(rows)
        totals: Floats = (value[rows] if scale is None else value[rows] * scale[:, None]).T @ matrix
        return totals

    def covariance(self, replicate_estimates: Floats, estimate: Floats, *, centre: str | None = None) -> Floats:
        """Return the (n_estimates, n_estimates) covariance of estimates from their replicates.

        Args:
            replicate_estimates: (n_estimates, n_replicates).
            estimate: (n_estimates,) from the full sample.
            centre: `estimate` or `replicates`; by default this object's own.
        """
        deviations = replicate_deviations(self, replicate_estimates, estimate, centre=centre)
        covariance: Floats = deviations @ deviations.T
        return covariance


@dataclass(frozen=True)
class CalibrationPlan:
    """The calibration to repeat in every replicate."""

    targets: Targets
    options: CalibrationOptions
    is_calibrated: Mask | None = None  # (n,) None: everyone; the others get weight 0
    controls_estimated: bool = False  # totals are those of all n people, taken anew in every replicate
    # or those of other weights, with the levels of their rows: of the starting sample, before nonresponse
    controls: tuple[Replicates, Codes] | None = None


def uncalibrated_replicates(base_weight: Floats, factors: ReplicateFactors) -> Replicates:
    """Return the replicates of a weight that is used as it is."""
    return Replicates(
        factors.plan.kind,
        factors.coefficient,
        base_weight,
        factors.group_of_row,
        factors.factor,
        seed=factors.plan.seed,
    )


def supplied_replicates(
    weight: Floats,
    columns: Floats | pl.DataFrame | ScannedColumns,
    coefficient: Floats,
    *,
    kind: str = "supplied",
    centre: str = "estimate",
) -> Replicates:
    """Return replicate weights that a producer delivered.

    Args:
        weight: (n,) the full-sample weight they belong to.
        columns: (n, n_replicates) replicate weights, not factors; a frame is used as it is, without a copy,
            and of columns in a file a block is read when it is asked for.
        coefficient: (n_replicates,) as the producer states them.
    """
    if columns.shape != (weight.size, coefficient.size):
        raise WeightingError(
            f"replicate weights have {columns.shape[0]} rows and {columns.shape[1]} replicates, expected "
            f"{weight.size} rows and {coefficient.size} coefficients."
        )
    kept = FrameColumns(columns) if isinstance(columns, pl.DataFrame) else columns
    return Replicates(kind, coefficient, weight, columns=kept, centre=centre)


def calibrated_replicates(replicates: Replicates, levels: Codes, plan: CalibrationPlan) -> Replicates:
    """Return replicates that are each calibrated anew, all at once on cells × replicates.

    Args:
        replicates: before calibration, as drawn or as supplied.
        levels: (n, n_margins) codes into the targets' categories.

    Raises:
        WeightingError: the full sample cannot be calibrated, or more than 1 % of the replicates cannot.
    """
    if plan.options.caps is not None or plan.targets.auxiliary_names or replicates.ratio is not None:
        raise WeightingError(
            "caps, numeric auxiliaries and a second calibration do not factor into cells. Use repeated_replicates."
        )
    chosen = np.ones(levels.shape[0], np.bool_) if plan.is_calibrated is None else plan.is_calibrated
    full = calibrate(replicates.base_weight[chosen], levels[chosen], plan.targets, plan.options)
    cells = cross_classify(levels[chosen], full.targets.n_levels)
    number = cells.numbers()
    cell_of_row = np.full(levels.shape[0], cells.n_cells, number.dtype)  # one past the last: not calibrated, ratio 0
    cell_of_row[chosen] = number
    problem = BatchProblem(
        _sums_by_code(cell_of_row, cells.n_cells + 1, replicates)[:-1],
        MarginMatrix(cells.levels, full.targets.n_levels),
        totals_to_meet(replicates, levels, plan, full.targets),
        distance_of(plan.options.method, plan.options.bounds),
        full.multiplier,
    )
    tolerance, max_iterations = plan.options.tolerance, plan.options.max_iterations
    solution = solve_all(problem, tolerance=tolerance, max_iterations=max_iterations)
    ratio = np.zeros((cells.n_cells + 1, replicates.n_replicates))
    ratio[:-1] = solution.ratio
    return without_failed(replace(replicates, cell_of_row=cell_of_row, ratio=ratio), solution.has_converged)


def repeated_replicates(replicates: Replicates, weighting: Callable[[Floats], Floats]) -> Replicates:
    """Return replicates made by running any weighting again on each; n × n_replicates columns are kept.

    Args:
        weighting: from the (n,) base weights of a replicate to its (n,) final weights; a WeightingError counts
            as a failed replicate.

    Raises:
        WeightingError: more than 1 % of the replicates fail.
    """
    columns = replicates.weights()
    has_converged = np.ones(replicates.n_replicates, np.bool_)
    for replicate in range(replicates.n_replicates):
        try:
            columns[:, replicate] = weighting(columns[:, replicate].copy())
        except WeightingError:
            has_converged[replicate] = False
    made = Replicates(
        replicates.kind,
        replicates.coefficient,
        replicates.base_weight,
        columns=columns,
        seed=replicates.seed,
        n_failed=replicates.n_failed,
        kept=replicates.kept,
        centre=replicates.centre,
    )
    return without_failed(made, has_converged)


def without_failed(replicates: Replicates, has_converged: Mask) -> Replicates:
    """Return the replicates that count, refusing when more than 1 % were lost.

    The coefficients of those kept are raised so that they stand for the lost ones too.
    """
    n_failed = int((~has_converged).sum())
    if n_failed > MOST_FAILED * has_converged.size:
        raise WeightingError(
            f"{n_failed} of {has_converged.size} replicates could not be weighted, at most 1 % may fail. Merge "
            "small categories of the margins, or use jkgroups, whose replicates are nearer to the full sample."
        )
    if not n_failed:
        return replicates
    coefficient = replicates.coefficient
    kept = coefficient[has_converged]
    return replace(
        replicates,
        coefficient=kept * (coefficient.sum() / kept.sum()),
        factor=_columns_of(replicates.factor, has_converged),
        columns=_columns_of(replicates.columns, has_converged),
        ratio=_columns_of(replicates.ratio, has_converged),
        n_failed=replicates.n_failed + n_failed,
        kept=np.flatnonzero(has_converged) if replicates.kept is None else replicates.kept[has_converged],
    )


def _is_by_column(columns: Any) -> bool:
    return columns is not None and columns.flags.f_contiguous and not columns.flags.c_contiguous


def _columns_of(matrix: Any, chosen: Mask) -> Any:
    return None if matrix is None else matrix[:, chosen]


def totals_to_meet(replicates: Replicates, levels: Codes, plan: CalibrationPlan, targets: Targets) -> Floats:
    """Return the (n_totals, n_replicates) totals: known ones, or those of all people in each replicate."""
    if plan.controls is not None:
        replicates, levels = plan.controls
    elif not plan.controls_estimated:
        return np.repeat(targets.vector[:, None], replicates.n_replicates, axis=1)
    sums = [_sums_by_code(levels[:, column], size, replicates) for column, size in enumerate(targets.n_levels)]
    return np.vstack(sums)


def _sums_by_code(code: Codes, n_codes: int, replicates: Replicates) -> Floats:
    """Return the (n_codes, n_replicates) sums of uncalibrated replicate weights, never rows × replicates anew."""
    from scipy import sparse

    rows = np.arange(code.size)
    if isinstance(replicates.columns, FrameColumns) or _is_by_column(replicates.columns):
        return sums_of_columns(replicates.columns, code, n_codes)
    if replicates.columns is not None:
        indicator = sparse.csr_matrix((np.ones(code.size), (code, rows)), shape=(n_codes, code.size))
        summed: Floats = indicator @ replicates.columns
        return summed
    if replicates.factor is None or replicates.group_of_row is None:
        raise WeightingError("replicates without columns or factors cannot be calibrated.")
    if isinstance(replicates.factor, CountedFactor):
        return sums_of_rows(replicates.base_weight, replicates.group_of_row, replicates.factor, code, n_codes)
    shape = (n_codes, replicates.factor.shape[0])
    table = sparse.csr_matrix((replicates.base_weight, (code, replicates.group_of_row)), shape=shape)
    by_group: Floats = table @ replicates.factor
    return by_group
