"""Means, totals and ratios of numbers, in many domains at once."""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EstimationError
from pipeline.estimation.blocks import Base, Block, safe_ratio
from pipeline.estimation.spread import Spread, base_of
from pipeline.estimation.values import DomainRows, ItemValues
from pipeline.estimation.variance import binned_sums, inner_products

Array = NDArray[np.float64]


def means(spread: Spread, rows: DomainRows, item: ItemValues) -> Block:
    """Return the mean of an item's number among those who gave one, in each domain.

    The influence of row i on the mean of its domain is (y - mean) / sum(w).

    Source: methodology C4.
    """
    answered = rows.where(item.is_answered)
    base, number = base_of(spread, answered), _number(item)
    mean = safe_ratio(answered.sum(spread.design.weight * number), base.sum_of_weights)
    deviation = number[answered.row] - mean[answered.domain]
    everyone = np.ones(answered.row.size)
    return _block(
        "mean",
        mean,
        unweighted=safe_ratio(answered.sum(number), base.unweighted_n),
        srs_variance=_element_variance(spread, answered, deviation, base),
        deviations=centred_ratio_deviations(spread, answered, deviation, everyone),
        base=base,
    )


def totals(spread: Spread, rows: DomainRows, item: ItemValues) -> Block:
    """Return the total of an item's number over the population of each domain; a missing number adds nothing.

    Its design effect compares with a simple random sample of everyone, in which domain sizes vary.

    Source: methodology C4, u = y.
    """
    answered = rows.where(item.is_answered)
    number, weight = _number(item), spread.design.weight
    total = answered.sum(weight * number)
    sums = spread.sums(answered.row, answered.domain, rows.n_domains, number[answered.row])
    n, everyone = np.count_nonzero(weight), weight.sum()
    squares = answered.sum(weight * np.square(number)) / everyone - np.square(total / everyone)
    return _block(
        "total",
        total,
        unweighted=answered.sum(number),
        srs_variance=np.square(everyone) * squares / max(n - 1, 1),
        deviations=spread.total_deviations(sums, total),
        base=base_of(spread, answered),
    )


def ratios(spread: Spread, rows: DomainRows, item: ItemValues, denominator: ItemValues) -> Block:
    """Return total of the item / total of the denominator among those who gave both, in each domain.

    Raises:
        EstimationError: the denominator's total is 0 in a domain with answers.

    Source: methodology C4, u = (y - R x) / X.
    """
    answered = rows.where(item.is_answered & denominator.is_answered)
    base, y, x = base_of(spread, answered), _number(item), _number(denominator)
    below = answered.sum(spread.design.weight * x)
    if (below[base.unweighted_n > 0] == 0).any():
        raise EstimationError(
            f"the total of '{denominator.item}' is 0 in a domain, so '{item.item}' has no ratio to it there. "
            "Leave the domain out, or choose another denominator."
        )
    filled = np.where(below == 0, 1.0, below)
    ratio = answered.sum(spread.design.weight * y) / filled
    residual = y[answered.row] - ratio[answered.domain] * x[answered.row]
    unweighted_below = answered.sum(x)
    mean_below = np.where(below == 0, 1.0, safe_ratio(below, base.sum_of_weights))
    return _block(
        "ratio",
        ratio,
        unweighted=answered.sum(y) / np.where(unweighted_below == 0, np.nan, unweighted_below),
        srs_variance=_element_variance(spread, answered, residual, base) / np.square(mean_below),
        deviations=centred_ratio_deviations(spread, answered, residual, x[answered.row]),
        base=base,
    )


def centred_ratio_deviations(spread: Spread, rows: DomainRows, residual: Array, below: Array) -> Array:
    """Return the deviations (n_domains, m) of the domains' sum(w y) / sum(w x) from residuals y - R x.

    Residuals first: the ratio that remains is 0, and large numbers do not cancel.

    Args:
        residual, below: (n_pairs,) of each pair of row and domain: y - R x, and x.
    """
    numerator = spread.sums(rows.row, rows.domain, rows.n_domains, residual)
    denominator = spread.sums(rows.row, rows.domain, rows.n_domains, below)
    total = binned_sums(rows.domain, spread.design.weight[rows.row] * below, 1, rows.n_domains)[0]
    return spread.ratio_deviations(numerator, denominator, np.zeros(rows.n_domains), total)


def _number(item: ItemValues) -> Array:
    """Return an item's number, 0 where it is missing."""
    if item.number is None:
        raise EstimationError(f"item '{item.item}' has categories, expected a number. Ask for its shares.")
    return np.nan_to_num(item.number)


def _element_variance(spread: Spread, rows: DomainRows, residual: Array, base: Base) -> Array:
    """Return the variance of a simple random sample's mean residual, of the same n as each domain."""
    squares = binned_sums(rows.domain, spread.design.weight[rows.row] * np.square(residual), 1, rows.n_domains)[0]
    return safe_ratio(safe_ratio(squares, base.sum_of_weights), base.unweighted_n - 1.0)


def _block(
    statistic: str, estimate: Array, *, unweighted: Array, srs_variance: Array, deviations: Array, base: Base
) -> Block:
    """Return one statistic in each domain as a block; all arguments (n_domains, ...)."""
    return Block(
        statistics=(statistic,),
        categories=(None,),
        estimate=estimate[:, None],
        unweighted_estimate=unweighted[:, None],
        srs_variance=srs_variance[:, None],
        variance=inner_products(deviations, deviations)[:, None],
        base=base,
        deviations=deviations[:, None, :],
    )
