"""The calibration kernel on all replicates at once: Newton steps on matrices of cells × replicates.

Replicates start at the full sample's solution and are close to it. So first the full sample's own second
derivatives serve them all (chord steps, which cost a pass over the cells); where those do not close the gap fast,
each replicate's own do. Replicates that still do not converge are handed one by one to the damped kernel, which
has the last word.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.cells import blocks
from pipeline.weighting.distances import Distance
from pipeline.weighting.margin_matrix import MarginMatrix
from pipeline.weighting.solver import RELATIVE_RANK, CalibrationProblem, solve
from pipeline.weighting.threads import in_threads

Floats = NDArray[np.float64]
MOST_ROUNDS = 12
MOST_CHORDS = 25  # chord steps, each cheaper than a Newton step by the number of pairs of levels
CHORD_GAIN = 0.3  # a chord step that leaves more than this share of the gap is not worth repeating
BLOCK = 1 << 19  # cells × replicates held at a time: a few MB, which stay in the cache


@dataclass(frozen=True)
class BatchSolution:
    """The ratios of every cell in every replicate; NaN in replicates that could not be calibrated."""

    ratio: Floats  # (n_cells, n_replicates)
    has_converged: NDArray[np.bool_]  # (n_replicates,)


@dataclass(frozen=True)
class BatchProblem:
    """Find ratios with Σ d_r g_r x = T_r in every replicate r; auxiliary vectors are indicators of cells."""

    base_weight: Floats  # (n_cells, n_replicates)
    matrix: MarginMatrix
    totals: Floats  # (n_totals, n_replicates)
    distance: Distance
    multiplier: Floats  # (n_totals,) of the full sample

    def of(self, replicates: slice | NDArray[np.bool_]) -> "BatchProblem":
        """Return some of the replicates."""
        base_weight = np.ascontiguousarray(self.base_weight[:, replicates])
        return replace(self, base_weight=base_weight, totals=self.totals[:, replicates])


def solve_all(problem: BatchProblem, *, tolerance: float, max_iterations: int) -> BatchSolution:
    """Return the ratios of every replicate, in blocks that bound the memory."""
    n_cells, n_replicates = problem.base_weight.shape
    n_together = max(1, BLOCK // max(1, n_cells))
    indicators, pairs = _indicators(problem.matrix), Pairs(problem.matrix)
    inverse = _average_inverse(problem)
    ratio = np.empty((n_cells, n_replicates))
    has_converged = np.zeros(n_replicates, np.bool_)

    def solved(here: slice) -> tuple[slice, Floats, NDArray[np.bool_]]:
        return here, *_newton(problem.of(here), indicators, pairs, inverse, tolerance)

    for here, ratios, is_done in in_threads(solved, blocks(n_replicates, n_together)):
        ratio[:, here], has_converged[here] = ratios, is_done
    for replicate in np.flatnonzero(~has_converged):
        alone = CalibrationProblem(
            np.ascontiguousarray(problem.base_weight[:, replicate]),
            problem.matrix,
            problem.totals[:, replicate],
            problem.distance,
        )
        found = _solved_alone(alone, tolerance, max_iterations)
        has_converged[replicate] = found is not None
        ratio[:, replicate] = np.nan if found is None else found
    return BatchSolution(ratio, has_converged)


def _solved_alone(problem: CalibrationProblem, tolerance: float, max_iterations: int) -> Floats | None:
    """Return one replicate's ratios from the damped kernel; None where a category has lost all its weight."""
    held = problem.matrix.totals(problem.base_weight)
    if (problem.base_weight < 0).any() or ((held <= 0) & (problem.totals > 0)).any():
        return None
    solution = solve(problem, tolerance=tolerance, max_iterations=max_iterations)
    return solution.ratio if solution.has_converged else None


@dataclass(frozen=True)
class _View:
    """What multipliers lead to in every replicate of a block."""

    multiplier: Floats  # (n_totals, n_replicates)
    predictor: Floats  # (n_cells, n_replicates)
    ratio: Floats  # (n_cells, n_replicates)
    residual: Floats  # (n_totals, n_replicates) what is missing to the totals
    gap: Floats  # (n_replicates,) largest relative gap, infinite where a replicate has run away


def _view(problem: BatchProblem, indicators: Any, multiplier: Floats) -> _View:
    predictor = indicators.T @ multiplier
    ratio = problem.distance.ratio(predictor)
    residual = problem.totals - indicators @ (problem.base_weight * ratio)
    gap = (np.abs(residual) / np.maximum(1, np.abs(problem.totals))).max(axis=0)
    return _View(multiplier, predictor, ratio, residual, np.where(np.isfinite(gap), gap, np.inf))


def _newton(
    problem: BatchProblem, indicators: Any, pairs: "Pairs", inverse: Floats, tolerance: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return ratios and which replicates are within the tolerance; one step more is taken after that.

    Args:
        inverse: (n_totals, n_totals) of the average replicate's second derivatives.
    """
    start = np.repeat(problem.multiplier[:, None], problem.totals.shape[1], axis=1)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        view = _chords(problem, indicators, start, inverse, tolerance)
        is_within = view.gap <= tolerance
        is_left = ~(view.gap <= CHORD_GAIN * tolerance)
        if is_left.any():
            left = problem.of(is_left)
            view.ratio[:, is_left], is_within[is_left] = _full_steps(
                left, indicators, pairs, view.multiplier[:, is_left], tolerance
            )
    return view.ratio, is_within


def _chords(problem: BatchProblem, indicators: Any, multiplier: Floats, inverse: Floats, tolerance: float) -> _View:
    """Take steps by the average replicate's second derivatives, in each replicate as long as they pay."""
    view = _view(problem, indicators, multiplier)
    is_moving = np.ones(multiplier.shape[1], np.bool_)
    for _ in range(MOST_CHORDS):
        following = _view(problem, indicators, view.multiplier + inverse @ view.residual)
        pays = is_moving & (following.gap <= CHORD_GAIN * view.gap)
        is_moving = pays & (view.gap > tolerance)
        view = following if pays.all() else _merged(view, following, pays)
        if not is_moving.any():
            break
    return view


def _merged(view: _View, following: _View, takes: NDArray[np.bool_]) -> _View:
    """Return the following view of the replicates that take it, and the old one of the others."""
    pairs = zip(vars(following).values(), vars(view).values(), strict=True)
    return _View(*(np.where(takes, new, old) for new, old in pairs))


def _full_steps(
    problem: BatchProblem, indicators: Any, pairs: "Pairs", multiplier: Floats, tolerance: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Take Newton steps with every replicate's own second derivatives; return ratios and which are within."""
    is_within: NDArray[np.bool_] = np.zeros(problem.totals.shape[1], np.bool_)
    for _ in range(MOST_ROUNDS):
        view = _view(problem, indicators, multiplier)
        was_within, is_within = is_within, view.gap <= tolerance
        if was_within[is_within].all() and (is_within | ~np.isfinite(view.gap)).all():
            break
        slope = problem.base_weight * problem.distance.slope(view.predictor)
        multiplier = multiplier + _steps(pairs.gram(slope), view.residual)
    return view.ratio, is_within


def _steps(gram: Floats, residual: Floats) -> Floats:
    """Return the (n_totals, n_replicates) Newton steps; 0 where a replicate has run away."""
    diagonal = np.einsum("rii->ri", gram)
    is_finite: NDArray[np.bool_] = np.isfinite(gram.sum(axis=(1, 2)) + residual.sum(axis=0))
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = gram / (scale[:, :, None] * scale[:, None, :])
    scaled[~is_finite] = 0.0
    right = np.where(is_finite[:, None], residual.T / scale, 0.0)
    solved = np.linalg.pinv(scaled, rcond=RELATIVE_RANK, hermitian=True) @ right[:, :, None]
    steps: Floats = (solved[:, :, 0] / scale).T
    return steps


def _average_inverse(problem: BatchProblem) -> Floats:
    """Return the pseudo-inverse of Σ d F' x x' with the mean base weights, at the full sample's solution."""
    slope = problem.distance.slope(problem.matrix.predictor(problem.multiplier))
    gram = problem.matrix.gram(problem.base_weight.mean(axis=1) * slope)
    scale = np.sqrt(np.where(np.diag(gram) > 0, np.diag(gram), 1.0))
    outer = np.outer(scale, scale)
    inverse: Floats = np.linalg.pinv(gram / outer, rcond=RELATIVE_RANK, hermitian=True) / outer
    return inverse


@dataclass(frozen=True)
class Pairs:
    """Which cells lie in both of two levels, for every pair of levels of different margins and for each level."""

    matrix: MarginMatrix

    @cached_property
    def _cells(self) -> tuple[Any, NDArray[np.int64], NDArray[np.int64]]:
        """Return the sparse (n_pairs, n_cells) indicators, and each pair's two entries of the total vector."""
        from scipy import sparse

        n_cells, n_margins = self.matrix.levels.shape
        n_totals = self.matrix.offsets[-1]
        entry = self.matrix.levels + np.array(self.matrix.offsets[:-1])
        both = [(low, high) for low in range(n_margins) for high in range(low, n_margins)]
        keys = np.stack([entry[:, low] * n_totals + entry[:, high] for low, high in both])
        pair, code = np.unique(keys.ravel(), return_inverse=True)
        columns = np.tile(np.arange(n_cells), keys.shape[0])
        cells = sparse.csr_matrix((np.ones(columns.size), (code, columns)), shape=(pair.size, n_cells))
        return cells, pair // n_totals, pair % n_totals

    def gram(self, value: Floats) -> Floats:
        """Return the (n_replicates, n_totals, n_totals) matrices Σ value x x'."""
        cells, first, second = self._cells
        sums = (cells @ value).T
        gram = np.zeros((value.shape[1], self.matrix.offsets[-1], self.matrix.offsets[-1]))
        gram[:, first, second] = sums
        gram[:, second, first] = sums
        return gram


def _indicators(matrix: MarginMatrix) -> Any:
    """Return the sparse (n_totals, n_cells) matrix of auxiliary vectors."""
    from scipy import sparse

    n_cells, n_margins = matrix.levels.shape
    rows = (matrix.levels + np.array(matrix.offsets[:-1])).ravel()
    columns = np.repeat(np.arange(n_cells), n_margins)
    shape = (matrix.offsets[-1], n_cells)
    return sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape=shape)
