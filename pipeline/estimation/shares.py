"""Shares of answers and headline sums of them, in many domains at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.blocks import Base, Block, safe_ratio
from pipeline.estimation.spread import Spread, base_of
from pipeline.estimation.values import DomainRows, ItemValues
from pipeline.estimation.variance import inner_products

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


def shares(spread: Spread, rows: DomainRows, item: ItemValues) -> Block:
    """Return every category's share among those who answered, then the headlines, in each domain.

    The influence of row i on the share p of its domain is (1(answer) - p) / sum(w).

    Args:
        rows: pairs of row and domain; rows without an answer are left out here.

    Source: methodology C4.
    """
    answered = rows.where(item.is_answered)
    base, given = base_of(spread, answered), given_answers(answered, item)
    everyone = spread.sums(answered.row, answered.domain, rows.n_domains)
    estimate = exact_at_the_edges(given.add_up(spread.design.weight[given.row]), given.add_up(None), base)
    deviations = spread.ratio_deviations(
        given.sums(spread),
        everyone[:, None, :],
        estimate,
        np.broadcast_to(base.sum_of_weights[:, None], estimate.shape),
    )
    return shares_block(item, estimate, given.add_up(None), inner_products(deviations, deviations), base, deviations)


def share_totals(spread: Spread, rows: DomainRows, item: ItemValues) -> Block:
    """Return the weighted number of people behind every answer and headline, in each domain.

    Source: methodology C4, u = y.
    """
    answered = rows.where(item.is_answered)
    given, weight = given_answers(answered, item), spread.design.weight
    estimate = given.add_up(weight[given.row])
    deviations = spread.total_deviations(given.sums(spread), estimate)
    everyone = weight.sum()
    share = estimate / everyone
    n_statistics = len(item.categories) + len(item.headlines)
    return Block(
        statistics=("total",) * n_statistics,
        categories=(*item.categories, *item.headlines),
        estimate=estimate,
        unweighted_estimate=given.add_up(None).astype(np.float64),
        srs_variance=np.square(everyone) * share * (1 - share) / max(np.count_nonzero(weight) - 1, 1),
        variance=inner_products(deviations, deviations),
        base=base_of(spread, answered),
        deviations=deviations,
    )


@dataclass(frozen=True)
class GivenAnswers:
    """All triples of a row, a domain it belongs to and an answer it gave; `cell` counts answers in domains."""

    row: Codes  # (m,)
    cell: Codes  # (m,) domain * n_statistics + answer
    n_domains: int
    n_statistics: int
    headlines: tuple[tuple[int, ...], ...]  # of single answers: categories to add up, in the last places

    def add_up(self, value: Array | None) -> NDArray[Any]:
        """Return sums (n_domains, n_statistics) of a triple's value, or counts."""
        sums = np.bincount(self.cell, value, minlength=self.n_domains * self.n_statistics)
        return self._with_headlines(sums.reshape(self.n_domains, self.n_statistics))

    def sums(self, spread: Spread) -> Array:
        """Return the spread's sums (n_domains, n_statistics, n_bins) over the triples' rows."""
        n_cells = self.n_domains * self.n_statistics
        sums = spread.sums(self.row, self.cell, n_cells)
        return self._with_headlines(sums.reshape(self.n_domains, self.n_statistics, spread.n_bins))

    def _with_headlines(self, cells: NDArray[Any]) -> NDArray[Any]:
        """Fill the headlines' places of (n_domains, n_statistics, ...) with the sums of their categories."""
        for place, codes in enumerate(self.headlines, start=self.n_statistics - len(self.headlines)):
            for code in codes:
                cells[:, place] += cells[:, code]
        return cells


def given_answers(answered: DomainRows, item: ItemValues) -> GivenAnswers:
    """Return which answers were given: one by each row, or of a multiple response as many as were chosen.

    A headline of a multiple response counts who chose any of its categories.
    """
    n_statistics = len(item.categories) + len(item.headlines)
    if item.chosen is None:
        assert item.codes is not None
        cell = answered.domain * n_statistics + item.codes.astype(np.int64, copy=False)[answered.row]
        return GivenAnswers(answered.row, cell, answered.n_domains, n_statistics, tuple(item.headlines.values()))
    is_chosen = item.chosen > 0
    nets = [is_chosen[:, list(codes)].any(axis=1) for codes in item.headlines.values()]
    pair, place = np.nonzero(np.column_stack([is_chosen, *nets])[answered.row])
    cell = answered.domain[pair] * n_statistics + place
    return GivenAnswers(answered.row[pair], cell, answered.n_domains, n_statistics, ())


def shares_block(
    item: ItemValues, estimate: Array, counts: NDArray[np.int64], variance: Array, base: Base, deviations: Array | None
) -> Block:
    """Return the block of shares and headlines with these variances."""
    return Block(
        statistics=("share",) * len(item.categories) + ("headline",) * len(item.headlines),
        categories=(*item.categories, *item.headlines),
        estimate=estimate,
        unweighted_estimate=safe_ratio(counts, base.unweighted_n[:, None]),
        srs_variance=safe_ratio(estimate * (1 - estimate), base.unweighted_n[:, None] - 1.0),
        variance=variance,
        base=base,
        deviations=deviations,
    )


def exact_at_the_edges(weighted: Array, counts: NDArray[np.int64], base: Base) -> Array:
    """Return shares that are exactly 0 where nobody and exactly 1 where everybody gave the answer."""
    share = safe_ratio(weighted, base.sum_of_weights[:, None])
    return np.where(counts == base.unweighted_n[:, None], 1.0, np.where(counts == 0, 0.0, share))
