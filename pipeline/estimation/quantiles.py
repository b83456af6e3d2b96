"""Quantiles of numbers, with Woodruff's interval: that of the cumulative share, read back on the number."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EstimationError
from pipeline.estimation.blocks import Base, Block, quotient, safe_ratio, without_rounding
from pipeline.estimation.intervals import proportion_interval, t_quantile
from pipeline.estimation.means import centred_ratio_deviations
from pipeline.estimation.shares import exact_at_the_edges
from pipeline.estimation.spread import Spread, base_of
from pipeline.estimation.values import DomainRows, ItemValues
from pipeline.estimation.variance import binned_sums, inner_products

Array = NDArray[np.float64]

ROUNDING = 1e-12  # by which a cumulative share may miss the one wanted


@dataclass(frozen=True)
class QuantileBlock:
    """A quantile in each domain; its interval comes with it, not from its standard error."""

    block: Block
    low: Array  # (n_domains, 1)
    high: Array  # (n_domains, 1)


def quantiles(
    spread: Spread, rows: DomainRows, item: ItemValues, *, q: float, confidence: float, interval: str
) -> QuantileBlock:
    """Return the smallest number that a share q of each domain's population does not exceed.

    The share at or below it is a proportion with an interval of its own. The quantiles at its two ends are
    the limits; the standard error is the distance between them over twice the t quantile.

    Raises:
        EstimationError: q is not between 0 and 1, or the item is not a number.

    Source: methodology C4; Woodruff (1952), JASA 47; Francisco and Fuller (1991), Annals of Statistics 19.
    """
    if not 0 < q < 1:
        raise EstimationError(f"quantile {q:g} is not known, expected a number above 0 and below 1.")
    if item.number is None:
        raise EstimationError(f"item '{item.item}' has categories, expected a number. Ask for its shares.")
    answered = rows.where(item.is_answered)
    base, wanted = base_of(spread, answered), np.full(rows.n_domains, q)
    ordered = _ordered(answered, item.number, spread.design.weight)
    estimate = ordered.number_at(wanted)
    below = _share_below(spread, answered, item.number[answered.row] <= estimate[answered.domain], base)
    low, high = (ordered.number_at(limit) for limit in below.limits(base, confidence, interval))
    error = (high - low) / (2 * t_quantile(base.degrees_of_freedom.astype(np.float64), confidence))
    unweighted = _ordered(answered, item.number, np.ones(spread.design.n)).number_at(wanted)
    block = Block(
        statistics=("quantile",),
        categories=(f"{q:g}",),
        estimate=estimate[:, None],
        unweighted_estimate=unweighted[:, None],
        srs_variance=(below.srs_variance * np.square(quotient(error, below.standard_error)))[:, None],
        variance=np.square(error)[:, None],
        base=base,
    )
    return QuantileBlock(block, low[:, None], high[:, None])


@dataclass(frozen=True)
class _ShareBelow:
    """The share of each domain at or below its quantile, all (n_domains,)."""

    share: Array
    standard_error: Array
    srs_variance: Array

    def limits(self, base: Base, confidence: float, interval: str) -> tuple[Array, Array]:
        """Return the limits of the share."""
        return proportion_interval(
            self.share,
            self.standard_error,
            base.degrees_of_freedom.astype(np.float64),
            unweighted_n=base.unweighted_n,
            kish_n=base.kish_n,
            confidence=confidence,
            method=interval,
        )


def _share_below(spread: Spread, rows: DomainRows, is_below: NDArray[np.bool_], base: Base) -> _ShareBelow:
    """Return the share of each domain's weight in pairs of row and domain that are marked."""
    marked = is_below.astype(np.float64)
    weighted = binned_sums(rows.domain, marked * spread.design.weight[rows.row], 1, rows.n_domains)
    counts = binned_sums(rows.domain, marked, 1, rows.n_domains).astype(np.int64)
    share = exact_at_the_edges(weighted.T, counts.T, base)[:, 0]
    deviations = centred_ratio_deviations(spread, rows, marked - share[rows.domain], np.ones(marked.size))
    srs_variance = safe_ratio(share * (1 - share), base.unweighted_n - 1.0)
    variance = without_rounding(inner_products(deviations, deviations), srs_variance)
    return _ShareBelow(share, np.sqrt(variance), srs_variance)


@dataclass(frozen=True)
class _Ordered:
    """The pairs of row and domain, by domain and then by number."""

    number: Array  # (n_pairs,)
    share: Array  # (n_pairs,) of the domain's weight, up to and with this pair
    start: NDArray[np.int64]  # (n_domains + 1,)

    def number_at(self, wanted: Array) -> Array:
        """Return the smallest number with the share wanted (n_domains,) at or below; nan outside 0 to 1."""
        found = np.full(wanted.size, np.nan)
        for domain in np.flatnonzero((wanted >= 0) & (wanted <= 1) & (np.diff(self.start) > 0)):
            one = slice(self.start[domain], self.start[domain + 1])
            position = np.searchsorted(self.share[one], wanted[domain] - ROUNDING)
            found[domain] = self.number[one][min(position, one.stop - one.start - 1)]
        return found


def _ordered(rows: DomainRows, number: Array, weight: Array) -> _Ordered:
    """Return the pairs in order, with the share of weight up to each."""
    order = np.lexsort((number[rows.row], rows.domain))
    start = np.concatenate([[0], np.cumsum(rows.count())])
    share = np.zeros(order.size)
    for first, last in pairwise(start):
        cumulative = np.cumsum(weight[rows.row[order[first:last]]])
        share[first:last] = cumulative / cumulative[-1] if cumulative.size else cumulative
    return _Ordered(number[rows.row[order]], share, start)
