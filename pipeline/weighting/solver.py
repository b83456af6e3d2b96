"""The one calibration kernel: a damped Newton method on the dual problem, for every method and bound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.cells import sums_by
from pipeline.weighting.distances import Distance, Raking, Truncated
from pipeline.weighting.margin_matrix import MarginMatrix

Floats = NDArray[np.float64]
SUFFICIENT_DECREASE = 1e-4  # Armijo's constant: Nocedal & Wright (2006), Numerical Optimization, 3.1
SMALLEST_STEP = 1e-8  # a shorter step means there is no way down
RELATIVE_RANK = 1e-11  # directions below this share of the largest are redundant levels
LARGEST_RELAXATION = 1e-2  # slope lent to units at a bound, so that they can come back; goes to 0 with the gap
PATIENCE = 50  # iterations without the gap falling by a tenth, after which there is no solution
STARTING_SWEEPS = 2  # of proportional fitting, before Newton takes over


@dataclass(frozen=True)
class CalibrationProblem:
    """Find ratios g = F(x'λ) with Σ d g x = T. Units are cells with their summed base weight, or rows."""

    base_weight: Floats  # (n_units,) d
    matrix: MarginMatrix
    totals: Floats  # (n_totals,) T
    distance: Distance

    def at(self, multiplier: Floats) -> "Trial":
        """Return what a multiplier λ leads to."""
        with np.errstate(over="ignore", invalid="ignore"):
            predictor = self.matrix.predictor(multiplier)
            ratio = self.distance.ratio(predictor)
            fitted = self.matrix.totals(self.base_weight * ratio)
            objective = float(self.base_weight @ self.distance.integral(predictor) - self.totals @ multiplier)
        gap = np.abs(self.totals - fitted) / np.maximum(1, np.abs(self.totals))
        largest = float(gap.max(initial=0.0))
        return Trial(multiplier, predictor, ratio, fitted, largest if np.isfinite(largest) else np.inf, objective)


@dataclass(frozen=True)
class Trial:
    """One multiplier and what follows from it."""

    multiplier: Floats  # (n_totals,) λ
    predictor: Floats  # (n_units,) x'λ
    ratio: Floats  # (n_units,) g
    fitted: Floats  # (n_totals,) Σ d g x
    max_relative_gap: float  # largest |T - fitted| / max(1, |T|)
    objective: float  # of the dual problem; convex, its minimum is the solution


@dataclass(frozen=True)
class Solution:
    """Where the kernel stopped; whether that is good enough is said, never assumed."""

    ratio: Floats  # (n_units,) g
    fitted: Floats  # (n_totals,)
    multiplier: Floats  # (n_totals,)
    iterations: int
    max_relative_gap: float
    has_converged: bool


def solve(problem: CalibrationProblem, *, tolerance: float, max_iterations: int) -> Solution:
    """Return the calibration's ratios, or the nearest the kernel came to them.

    Once within the tolerance one more Newton step is taken, which roughly squares the gap: weights then agree
    with other exact programs to their last digits rather than to the tolerance.

    Source: Deville & Särndal (1992), "Calibration Estimators in Survey Sampling", JASA 87(418).
    """
    trial = problem.at(_starting_multiplier(problem))
    best_gap, best_iteration = np.inf, 0
    for iteration in range(max_iterations):
        if trial.max_relative_gap <= tolerance:
            return _solution(_polished(problem, trial), max(1, iteration), True)
        if trial.max_relative_gap < 0.9 * best_gap:
            best_gap, best_iteration = trial.max_relative_gap, iteration
        following = _line_search(problem, trial, _newton_step(problem, trial))
        if following is None or iteration - best_iteration > PATIENCE:
            return _solution(trial, iteration, False)
        trial = following
    return _solution(trial, max_iterations, trial.max_relative_gap <= tolerance)


def _solution(trial: Trial, iterations: int, has_converged: bool) -> Solution:
    return Solution(trial.ratio, trial.fitted, trial.multiplier, iterations, trial.max_relative_gap, has_converged)


def _starting_multiplier(problem: CalibrationProblem) -> Floats:
    """Return 0, or for raking the multipliers after some sweeps of proportional fitting."""
    multiplier = np.zeros_like(problem.totals)
    if not isinstance(problem.distance, Raking):
        return multiplier
    matrix, weight = problem.matrix, problem.base_weight.copy()
    for _ in range(STARTING_SWEEPS):
        for column, size in enumerate(matrix.n_levels):
            start, level = matrix.offsets[column], matrix.columns[column]
            fitted = sums_by(level, weight, size)
            target = problem.totals[start : start + size]
            is_used = (fitted > 0) & (target > 0)
            factor = np.divide(target, fitted, out=np.ones(size), where=is_used)
            multiplier[start : start + size] += np.log(factor)
            weight *= factor[level]
    return multiplier


def _newton_step(problem: CalibrationProblem, trial: Trial) -> Floats:
    """Return (Σ d F' x x')⁻¹ (T - Σ d F x), least squares where levels are redundant."""
    slope = problem.distance.slope(trial.predictor)
    if isinstance(problem.distance, Truncated):
        slope = slope + min(LARGEST_RELAXATION, trial.max_relative_gap) * (slope == 0)
    gram = problem.matrix.gram(problem.base_weight * slope)
    scale = np.sqrt(np.diag(gram))
    scale[scale == 0] = 1.0
    residual = (problem.totals - trial.fitted) / scale
    step: Floats = np.linalg.lstsq(gram / np.outer(scale, scale), residual, rcond=RELATIVE_RANK)[0] / scale
    return step


def _line_search(problem: CalibrationProblem, trial: Trial, step: Floats) -> Trial | None:
    """Return the first of ever shorter steps that goes down or closes the gap; None if none does."""
    promised = (problem.totals - trial.fitted) @ step
    length = 1.0
    while length > SMALLEST_STEP:
        following = problem.at(trial.multiplier + length * step)
        goes_down = following.objective <= trial.objective - SUFFICIENT_DECREASE * length * promised
        if np.isfinite(following.max_relative_gap) and (
            goes_down or following.max_relative_gap < trial.max_relative_gap / 2
        ):
            return following
        length /= 2
    return None


def _polished(problem: CalibrationProblem, trial: Trial) -> Trial:
    """Return the trial after one more Newton step, if that brings it nearer."""
    following = problem.at(trial.multiplier + _newton_step(problem, trial))
    return following if following.max_relative_gap < trial.max_relative_gap else trial
