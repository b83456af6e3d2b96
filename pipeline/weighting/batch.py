"""The calibration kernel on all replicates at once: Newton steps on matrices of cells × replicates.

Replicates start at the full sample's solution and are close to it, so plain Newton steps converge in a few
rounds. Replicates that do not are handed one by one to the damped kernel, which has the last word.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.cells import MarginMatrix
from pipeline.weighting.distances import Distance
from pipeline.weighting.solver import RELATIVE_RANK, CalibrationProblem, solve

Floats = NDArray[np.float64]
MOST_ROUNDS = 12
BLOCK = 1 << 22  # cells × replicates held at a time


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

    def block(self, start: int, stop: int) -> "BatchProblem":
        """Return some of the replicates."""
        columns = slice(start, stop)
        return BatchProblem(
            self.base_weight[:, columns], self.matrix, self.totals[:, columns], self.distance, self.multiplier
        )


def solve_all(problem: BatchProblem, *, tolerance: float, max_iterations: int) -> BatchSolution:
    """Return the ratios of every replicate, in blocks that bound the memory."""
    n_cells, n_replicates = problem.base_weight.shape
    n_together = max(1, BLOCK // max(1, n_cells))
    indicators, pairs = _indicators(problem.matrix), _pairs(problem.matrix)
    ratio = np.empty((n_cells, n_replicates))
    has_converged = np.zeros(n_replicates, np.bool_)
    for start in range(0, n_replicates, n_together):
        stop = min(start + n_together, n_replicates)
        block = problem.block(start, stop)
        ratio[:, start:stop], has_converged[start:stop] = _newton(block, indicators, pairs, tolerance)
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


def _newton(
    problem: BatchProblem, indicators: Any, pairs: "Pairs", tolerance: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return ratios and which replicates are within the tolerance; one step more is taken after that."""
    multiplier = np.repeat(problem.multiplier[:, None], problem.totals.shape[1], axis=1)
    is_within: NDArray[np.bool_] = np.zeros(problem.totals.shape[1], np.bool_)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(MOST_ROUNDS):
            predictor = indicators.T @ multiplier
            ratio = problem.distance.ratio(predictor)
            residual = problem.totals - indicators @ (problem.base_weight * ratio)
            gap = (np.abs(residual) / np.maximum(1, np.abs(problem.totals))).max(axis=0)
            was_within, is_within = is_within, gap <= tolerance
            if was_within[is_within].all() and (is_within | ~np.isfinite(gap)).all():
                break
            slope = problem.base_weight * problem.distance.slope(predictor)
            multiplier += _steps(pairs.gram(slope), residual)
    return ratio, is_within


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


@dataclass(frozen=True)
class Pairs:
    """Which cells lie in both of two levels, for every pair of levels of different margins and for each level."""

    cells: Any  # sparse (n_pairs, n_cells)
    first: NDArray[np.int64]  # (n_pairs,) entry of the total vector
    second: NDArray[np.int64]
    n_totals: int

    def gram(self, value: Floats) -> Floats:
        """Return the (n_replicates, n_totals, n_totals) matrices Σ value x x'."""
        sums = (self.cells @ value).T
        gram = np.zeros((value.shape[1], self.n_totals, self.n_totals))
        gram[:, self.first, self.second] = sums
        gram[:, self.second, self.first] = sums
        return gram


def _indicators(matrix: MarginMatrix) -> Any:
    """Return the sparse (n_totals, n_cells) matrix of auxiliary vectors."""
    from scipy import sparse

    n_cells, n_margins = matrix.levels.shape
    rows = (matrix.levels + np.array(matrix.offsets[:-1])).ravel()
    columns = np.repeat(np.arange(n_cells), n_margins)
    shape = (matrix.offsets[-1], n_cells)
    return sparse.csr_matrix((np.ones(rows.size), (rows, columns)), shape=shape)


def _pairs(matrix: MarginMatrix) -> Pairs:
    """Return the cells behind every entry of the gram matrix, each pair of levels once."""
    from scipy import sparse

    n_cells = matrix.levels.shape[0]
    n_totals = matrix.offsets[-1]
    entry = matrix.levels + np.array(matrix.offsets[:-1])
    n_margins = entry.shape[1]
    keys = np.stack(
        [entry[:, low] * n_totals + entry[:, high] for low in range(n_margins) for high in range(low, n_margins)]
    )
    pair, code = np.unique(keys.ravel(), return_inverse=True)
    columns = np.tile(np.arange(n_cells), keys.shape[0])
    cells = sparse.csr_matrix((np.ones(columns.size), (code, columns)), shape=(pair.size, n_cells))
    return Pairs(cells, pair // n_totals, pair % n_totals, n_totals)
