"""Means, totals and ratios of numbers, in many domains at once."""

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.blocks import Block, base_of, safe_ratio
from pipeline.estimation.linearisation import Linearisation
from pipeline.estimation.values import DomainRows, ItemValues
from pipeline.estimation.variance import binned_sums

Array = NDArray[np.float64]


def means(linearisation: Linearisation, rows: DomainRows, item: ItemValues) -> Block:
    """Return the mean of an item's number among those who gave one, in each domain.

    The influence of row i on the mean of its domain is (y - mean) / sum(w).

    Source: methodology C4.
    """
    assert item.number is not None
    answered = rows.where(~np.isnan(item.number))
    number = np.nan_to_num(item.number)
    weight = linearisation.design.weight
    base_sums = linearisation.sums(answered.row, answered.domain, rows.n_domains)
    base = base_of(linearisation.design, answered, base_sums[:, : linearisation.n_psus])
    mean = safe_ratio(answered.sum(weight * number), base.sum_of_weights)
    deviation = number[answered.row] - mean[answered.domain]
    sums = linearisation.sums(answered.row, answered.domain, rows.n_domains, deviation)
    squares = binned_sums(answered.domain, weight[answered.row] * np.square(deviation), 1, rows.n_domains)[0]
    totals = linearisation.psu_totals(safe_ratio(sums, base.sum_of_weights[:, None]))
    return Block(
        statistics=("mean",),
        categories=(None,),
        estimate=mean[:, None],
        unweighted_estimate=safe_ratio(answered.sum(number), base.unweighted_n)[:, None],
        srs_variance=safe_ratio(safe_ratio(squares, base.sum_of_weights), base.unweighted_n - 1.0)[:, None],
        psu_totals=totals[:, None, :],
        base=base,
    )


def total(linearisation: Linearisation, y: Array, mask: NDArray[np.bool_]) -> tuple[float, Array]:
    """Return the weighted total of y (n,) over a domain and its linearised PSU totals (1, n_psus)."""
    inside = np.where(mask, y, 0.0)
    return float(linearisation.design.weight @ inside), linearisation.of_influence(inside[:, None])


def ratio(linearisation: Linearisation, y: Array, x: Array, mask: NDArray[np.bool_]) -> tuple[float, Array]:
    """Return total of y / total of x over a domain and its linearised PSU totals (1, n_psus).

    Source: methodology C4, u = (y - R x) / X.
    """
    inside = linearisation.design.weight * mask
    denominator = float(inside @ x)
    value = float(inside @ y) / denominator
    influence = np.where(mask, (y - value * x) / denominator, 0.0)
    return value, linearisation.of_influence(influence[:, None])
