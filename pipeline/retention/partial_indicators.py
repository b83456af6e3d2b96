"""Partial R-indicators: which variables, and which of their categories, make response unrepresentative."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.retention.response_model import Covariate, Sample

Array = NDArray[np.float64]

UNCONDITIONAL, CONDITIONAL = "partial_unconditional", "partial_conditional"


@dataclass(frozen=True)
class Row:
    indicator: str
    variable: str
    category: str
    estimate: float
    standard_error: float
    unadjusted: float


def unconditional(sample: Sample, covariate: Covariate) -> list[Row]:
    """Return how far each category's mean propensity is from the mean, and the spread between them."""
    weight, total = sample.weight, sample.total
    answer = np.where(sample.is_asked, sample.is_respondent.astype(np.float64), 0.0)
    mean = float(weight @ answer) / total
    rows, squares, of_squares = [], 0.0, np.zeros(sample.design.n)
    for category, mask in covariate.indicators(sample.is_asked):
        inside = mask & sample.is_asked
        group = float(weight[inside].sum())
        share, distance = group / total, float(weight[inside] @ answer[inside]) / group - mean
        of_distance = np.where(inside, (answer - mean - distance) / group, 0.0)
        of_distance -= np.where(sample.is_asked, (answer - mean) / total, 0.0)
        of_share = np.where(sample.is_asked, (inside - share) / total, 0.0)
        influence = np.sqrt(share) * of_distance + distance * of_share / (2 * np.sqrt(share))
        partial = float(np.sqrt(share)) * distance
        rows.append(Row(UNCONDITIONAL, covariate.variable, category, partial, sample.error(influence), partial))
        squares += partial**2
        of_squares += 2 * partial * influence
    return [_of_variable(sample, UNCONDITIONAL, covariate, squares, of_squares), *rows]


def conditional(sample: Sample, covariate: Covariate, others: Sequence[Covariate]) -> list[Row]:
    """Return the spread of propensities among people alike in every other variable, by category and in all."""
    weight, total, model = sample.weight, sample.total, sample.model
    codes = np.column_stack([np.zeros(sample.design.n, np.int64), *(one.codes for one in others)])
    cell = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    cell_weight = np.bincount(cell, weight)
    per_weight = np.divide(1.0, cell_weight, out=np.zeros_like(cell_weight), where=cell_weight > 0)
    apart = model.propensity - (np.bincount(cell, weight * model.propensity) * per_weight)[cell]
    apart = np.where(sample.is_asked, apart, 0.0)
    rows, squares, of_squares = [], 0.0, np.zeros(sample.design.n)
    for category, mask in covariate.indicators(sample.is_asked):
        inside = (mask & sample.is_asked).astype(np.float64)
        square = float(weight @ (inside * np.square(apart))) / total
        pull = weight * inside * apart
        of_cell = (np.bincount(cell, pull) * per_weight)[cell]  # how a cell's mean moves with its members
        direct = np.where(sample.is_asked, inside * np.square(apart) - square - 2 * of_cell * apart, 0.0) / total
        slope = 2 * (pull - weight * of_cell) @ model.slope / total
        influence = direct + model.influence @ slope
        rows.append(_of_square(sample, (CONDITIONAL, covariate.variable, category), square, influence))
        squares += square
        of_squares += influence
    return [_of_variable(sample, CONDITIONAL, covariate, squares, of_squares), *rows]


def _of_variable(sample: Sample, indicator: str, covariate: Covariate, square: float, influence: Array) -> Row:
    return _of_square(sample, (indicator, covariate.variable, "all"), square, influence)


def _of_square(sample: Sample, keys: tuple[str, str, str], square: float, influence: Array) -> Row:
    """Return the root of a spread, with the error that its influence gives the root."""
    root = float(np.sqrt(square))
    error = sample.error(influence / (2 * root)) if root > 0 else float("nan")
    return Row(*keys, root, error, root)
