"""Calibration: the weights nearest to the base weights that meet every population total."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.cells import Cells, Codes, cross_classify, row_cells, summed_cells
from pipeline.weighting.distances import Distance, Truncated, distance_of
from pipeline.weighting.feasibility import BoundedTotals, advice
from pipeline.weighting.margin_matrix import MarginMatrix
from pipeline.weighting.solver import CalibrationProblem, Solution, solve
from pipeline.weighting.targets import Targets, check_calibration, furthest_off, unnamed_targets

Floats = NDArray[np.float64]
METHODS = ("raking", "linear", "logit", "poststratify")


@dataclass(frozen=True)
class CalibrationOptions:
    """How to calibrate. `bounds` are on the ratio g = w/d; `caps` on the weight w itself.

    Bounds shape the logit method, which needs them, and cut raking and linear off (truncated calibration).
    """

    method: str = "raking"
    bounds: tuple[float, float] | None = None
    caps: tuple[float, float] | None = None
    tolerance: float = 1e-9  # largest |T - reached| / max(1, |T|)
    max_iterations: int = 1000
    reconcile_to: float | None = None  # scale every margin to this population total first


@dataclass(frozen=True)
class CalibrationResult:
    """Weights that meet every total within the tolerance; there is no result that does not."""

    weight: Floats  # (n,) w = g d
    iterations: int
    max_relative_gap: float
    targets: Targets  # as used, after any reconciling
    before: Floats  # (n_totals,) base-weighted totals, in the order of targets.vector
    after: Floats  # (n_totals,)
    multiplier: Floats  # (n_totals,) λ of the solution; where replicates start from
    method: str
    base_weight: Floats  # (n,) d
    cells: Cells  # of people who share their ratio
    ratio_of_cell: Floats  # (n_cells,) g

    @cached_property
    def ratio(self) -> Floats:
        """Return the (n,) ratio g of final to base weight."""
        return self.cells.spread(self.ratio_of_cell)

    @cached_property
    def unweighted_n(self) -> NDArray[np.int64]:
        """Return the (n_totals,) number of people with a base weight behind each total."""
        has_all = self.base_weight.min(initial=np.inf) > 0
        counts = self.cells.sums(None if has_all else (self.base_weight > 0).astype(np.float64))
        people = MarginMatrix(self.cells.levels, self.targets.n_levels).totals(counts)
        of_numeric = np.full(len(self.targets.auxiliary_names), counts.sum())
        return np.concatenate([people, of_numeric]).astype(np.int64)


def rake(
    base_weight: Floats,
    levels: Codes,
    totals: Sequence[NDArray[np.generic]],
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 1000,
) -> CalibrationResult:
    """Return weights raked to the totals of margins that have no names; see `calibrate`."""
    options = CalibrationOptions(tolerance=tolerance, max_iterations=max_iterations)
    return calibrate(base_weight, levels, unnamed_targets(totals), options)


def calibrate(
    base_weight: Floats,
    levels: Codes,
    targets: Targets,
    options: CalibrationOptions | None = None,
    *,
    auxiliaries: Floats | None = None,
    cells: Cells | None = None,
) -> CalibrationResult:
    """Return the weights nearest to the base weights that meet the targets.

    Args:
        base_weight: (n,) weights before calibration, none negative.
        levels: (n, n_margins) codes of any integer type into the categories of `targets`; -1 for a missing answer,
            which is refused. Fastest where the codes of a margin lie side by side, as `margin_levels` makes them.
        targets: population totals by margin and category, then of numeric auxiliaries.
        options: method, bounds, tolerance.
        auxiliaries: (n, n_auxiliaries) numeric variables whose totals are known.
        cells: the cells of the levels, where `checked_cells` has found them before.

    Raises:
        WeightingError: data and targets do not fit together, or no weights within the bounds meet them.

    Source: Deville & Särndal (1992), "Calibration Estimators in Survey Sampling", JASA 87(418); solved on the
    cross-classified cells, which is exact because everyone in a cell has the same ratio. Caps on the weight and
    numeric auxiliaries differ from person to person, so with those the kernel works on the rows.
    """
    options = options or CalibrationOptions()
    _check_options(options, targets)
    if options.reconcile_to is not None:
        targets = targets.scaled_to(options.reconcile_to)
    by_row = options.caps is not None or auxiliaries is not None
    if by_row:
        check_calibration(base_weight, levels, targets)
        cells = row_cells(levels)
    elif cells is None:
        cells = checked_cells(base_weight, levels, targets)
    summed_weight = base_weight if by_row else cells.sums(base_weight)
    matrix = MarginMatrix(cells.levels, targets.n_levels, auxiliaries)
    distance = _distance(base_weight, options)
    problem = CalibrationProblem(summed_weight, matrix, targets.vector, distance)
    solution = solve(problem, tolerance=options.tolerance, max_iterations=options.max_iterations)
    if not solution.has_converged:
        raise WeightingError(_failure(problem, solution, targets, options))
    return CalibrationResult(
        weight=cells.spread(solution.ratio, base_weight),
        iterations=solution.iterations,
        max_relative_gap=solution.max_relative_gap,
        targets=targets,
        before=matrix.totals(problem.base_weight),
        after=solution.fitted,
        multiplier=solution.multiplier,
        method=options.method,
        base_weight=base_weight,
        cells=cells,
        ratio_of_cell=solution.ratio,
    )


def checked_cells(base_weight: Floats, levels: Codes, targets: Targets) -> Cells:
    """Return the cells to calibrate, once base weights, levels and targets are known to fit together.

    The checks run on the cells; only when a row itself is at fault do they run on the rows, to count them.

    Raises:
        WeightingError: they do not.
    """
    if not _is_clean(base_weight, levels, targets):
        check_calibration(base_weight, levels, targets)
    cells, summed_weight = summed_cells(levels, targets.n_levels, base_weight)
    check_calibration(summed_weight, cells.levels, targets)
    return cells


def _is_clean(base_weight: Floats, levels: Codes, targets: Targets) -> bool:
    """Return whether every base weight is a number from 0 and every code has a total."""
    lowest, highest = base_weight.min(initial=0.0), base_weight.max(initial=0.0)  # NaN stays NaN
    if not (lowest >= 0 and np.isfinite(highest)):
        return False
    return all(
        levels[:, column].min(initial=0) >= 0 and levels[:, column].max(initial=0) < max(size, 1)
        for column, size in enumerate(targets.n_levels)
    )


def _check_options(options: CalibrationOptions, targets: Targets) -> None:
    """Refuse methods and bounds that mean nothing."""
    if options.method not in METHODS:
        raise WeightingError(f"calibration method '{options.method}' is not known. Use {', '.join(METHODS)}.")
    if options.method == "poststratify" and (len(targets.names) != 1 or targets.auxiliary_names):
        raise WeightingError(
            f"poststratify takes one margin, found {len(targets.names)}. Cross them (a*b), or use raking."
        )
    if options.method == "logit" and options.bounds is None:
        raise WeightingError("method 'logit' needs bounds on w/d, such as 0.3,3.")
    if options.bounds is not None and not 0 <= options.bounds[0] < 1 < options.bounds[1]:
        low, high = options.bounds
        raise WeightingError(f"bounds {low:g},{high:g} on w/d cannot hold: expected 0 ≤ lower < 1 < upper.")


def _distance(base_weight: Floats, options: CalibrationOptions) -> Distance:
    """Return the distance of the options, with caps on the weight turned into bounds on each row's ratio."""
    if options.caps is None:
        return distance_of(options.method, options.bounds)
    cap_low, cap_high = options.caps
    low, high = options.bounds or (0.0 if options.method != "linear" else -np.inf, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(base_weight > 0, np.maximum(low, cap_low / base_weight), 0.0)
        upper = np.where(base_weight > 0, np.minimum(high, cap_high / base_weight), np.inf)
    n_impossible = int((lower > upper).sum())
    if n_impossible:
        raise WeightingError(
            f"bounds {low:g},{high:g} on w/d and caps {cap_low:.6g},{cap_high:.6g} on the weight exclude each "
            f"other for {n_impossible} people. Widen one of them."
        )
    smooth = distance_of(options.method, options.bounds if options.method == "logit" else None)
    return Truncated(smooth, lower, upper)


def _failure(problem: CalibrationProblem, solution: Solution, targets: Targets, options: CalibrationOptions) -> str:
    """Return what could not be met, how near it came, and which bounds would do."""
    what = (
        f"calibration by {options.method} did not meet its totals after {solution.iterations} iterations "
        f"(largest relative gap {solution.max_relative_gap:.3g}, tolerance {options.tolerance:g}). "
        f"Furthest off: {furthest_off(targets, solution.fitted)}."
    )
    if options.caps is not None:
        has_weight = (problem.base_weight > 0).astype(np.float64)
        return f"{what} {advice(_bounded(problem, has_weight), options.caps, 'the weight')}"
    return f"{what} {advice(_bounded(problem, problem.base_weight), options.bounds, 'w/d')}"


def _bounded(problem: CalibrationProblem, size: Floats) -> BoundedTotals:
    """Return the linear program's view of a calibration, on cells where the auxiliaries allow it."""
    matrix = problem.matrix
    if matrix.auxiliaries is not None:
        return BoundedTotals(size, matrix, problem.totals)
    cells = cross_classify(matrix.levels, matrix.n_levels)
    return BoundedTotals(cells.sums(size), MarginMatrix(cells.levels, matrix.n_levels), problem.totals)
