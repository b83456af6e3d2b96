"""The tightest bounds on w/d that still let every margin be met: linear programs over the cells.

Within a cell the ratios of people can be evened out without moving any total, so one ratio per cell is enough.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.margin_matrix import MarginMatrix

Floats = NDArray[np.float64]
OUTWARD = 1e-6  # bounds are named rounded outwards to this, so that they can be used as printed


@dataclass(frozen=True)
class BoundedTotals:
    """Cells whose summed weight lies between `lower` and `upper` times `size`."""

    size: Floats  # (n_cells,) base weight of the cell; its number of rows when weights themselves are capped
    matrix: MarginMatrix
    totals: Floats  # (n_totals,)


def advice(problem: BoundedTotals, bounds: tuple[float, float] | None, what: str) -> str:
    """Return which bounds on `what` (w/d or the weight) would be feasible, in words.

    Args:
        bounds: those that were asked for; None: only that weights are positive.
    """
    if bounds is None:
        lowest = largest_lower_bound(problem, None)
        if lowest is None or lowest <= 0:
            return "No positive weights meet all margins at once. Correct the totals, or merge categories."
        return "Positive weights that meet all margins exist. Allow more iterations or a larger tolerance."
    lower, upper = bounds
    best_upper, best_lower = smallest_upper_bound(problem, lower), largest_lower_bound(problem, upper)
    if best_upper is not None and best_upper <= upper:
        return "The bounds are feasible. Allow more iterations or a larger tolerance."
    with_lower = (
        "none is feasible"
        if best_upper is None
        else f"the smallest feasible upper bound is {_outward(best_upper, ceil)}"
    )
    with_upper = (
        "no lower bound is feasible"
        if best_lower is None
        else f"the largest feasible lower bound is {_outward(best_lower, floor)}"
    )
    return (
        f"No weights exist within bounds {lower:.9g} to {upper:.9g} on {what}: with the lower bound {lower:.9g}, "
        f"{with_lower}; with the upper bound {upper:.9g}, {with_upper}. "
        f"{_each_alone(problem) if best_upper is None and best_lower is None else ''}Widen the bounds, or merge "
        "categories."
    )


def _each_alone(problem: BoundedTotals) -> str:
    """Return how far each bound alone would have to move, where neither has a partner."""
    upper, lower = smallest_upper_bound(problem, 0.0), largest_lower_bound(problem, None)
    if upper is None or lower is None:
        return "No weights of 0 or more meet all margins at once. "
    return (
        f"Without a lower bound the smallest upper one is {_outward(upper, ceil)}; without an upper bound the largest "
        f"lower one is {_outward(lower, floor)}. "
    )


def _outward(bound: float, rounded: Callable[[float], int]) -> str:
    """Return a bound as it can be used."""
    return f"{rounded(bound / OUTWARD) * OUTWARD:.9g}"


def smallest_upper_bound(problem: BoundedTotals, lower: float) -> float | None:
    """Return the smallest upper bound that is feasible with that lower one; None if none is."""
    return _extreme_bound(problem, lower, None)


def largest_lower_bound(problem: BoundedTotals, upper: float | None) -> float | None:
    """Return the largest lower bound that is feasible with that upper one; None if none is."""
    return _extreme_bound(problem, None, upper)


def _extreme_bound(problem: BoundedTotals, lower: float | None, upper: float | None) -> float | None:
    """Solve for the bound that is None, over summed cell weights in units of the population total."""
    from scipy import sparse
    from scipy.optimize import linprog

    scale = max(1.0, float(np.abs(problem.totals).max(initial=0.0)))
    size, n_cells = problem.size / scale, problem.size.size
    identity = sparse.identity(n_cells, format="csr")
    sign = 1.0 if upper is None and lower is not None else -1.0  # the bound sought is the last variable
    beyond = sparse.hstack([sign * identity, sparse.csr_matrix(-sign * size[:, None])])
    low = 0.0 * size if lower is None else lower * size
    high = np.full(n_cells, np.inf) if upper is None else upper * size
    cost = np.append(np.zeros(n_cells), sign)
    ranges = [*zip(low, high, strict=True), (0.0, None)]
    margins = sparse.hstack([_indicator_rows(problem.matrix), sparse.csr_matrix((problem.totals.size, 1))])
    found = linprog(cost, beyond, np.zeros(n_cells), margins, problem.totals / scale, bounds=ranges, method="highs-ipm")
    return float(found.x[-1]) if found.status == 0 else None


def _indicator_rows(matrix: MarginMatrix):  # type: ignore[no-untyped-def]  # scipy.sparse has no types
    """Return the (n_totals, n_cells) sparse matrix of the auxiliary vectors."""
    from scipy import sparse

    n_cells = matrix.levels.shape[0]
    cells = np.arange(n_cells)
    blocks = [
        sparse.csr_matrix((np.ones(n_cells), (matrix.levels[:, column], cells)), shape=(size, n_cells))
        for column, size in enumerate(matrix.n_levels)
    ]
    if matrix.auxiliaries is not None:
        blocks.append(sparse.csr_matrix(matrix.auxiliaries.T))
    return sparse.vstack(blocks, format="csr")
