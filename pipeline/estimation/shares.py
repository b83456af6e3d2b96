"""Shares of answers and headline sums of them, in many domains at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.blocks import Block, base_of, safe_ratio
from pipeline.estimation.linearisation import Linearisation
from pipeline.estimation.values import DomainRows, ItemValues

Array = NDArray[np.float64]


def shares(linearisation: Linearisation, rows: DomainRows, item: ItemValues) -> Block:
    """Return every category's share among those who answered, then the headlines, in each domain.

    The influence of row i on the share p of its domain is (1(answer) - p) / sum(w).

    Args:
        rows: pairs of row and domain; rows without an answer are left out here.

    Source: methodology C4.
    """
    assert item.codes is not None
    codes = item.codes.astype(np.int64, copy=False)
    answered = rows.where(codes >= 0)
    n_domains, n_categories = rows.n_domains, len(item.categories)
    cell = answered.domain * n_categories + codes[answered.row]
    n_cells = n_domains * n_categories
    sums = linearisation.sums(answered.row, cell, n_cells).reshape(-1, n_domains, n_categories)
    counts = np.bincount(cell, minlength=n_cells).reshape(n_domains, n_categories)
    base_sums = sums.sum(axis=2)
    base = base_of(linearisation.design, answered, base_sums[: linearisation.n_psus])
    sums, counts = _with_headlines(sums, item), _with_headlines(counts, item)
    estimate = _exact_at_the_edges(
        safe_ratio(sums[: linearisation.n_psus].sum(axis=0), base.sum_of_weights[:, None]),
        counts,
        base.unweighted_n,
    )
    sums -= estimate * base_sums[:, :, None]
    sums *= safe_ratio(np.ones(n_domains), base.sum_of_weights)[:, None]
    totals = linearisation.psu_totals(sums.reshape(sums.shape[0], -1))
    return Block(
        statistics=("share",) * n_categories + ("headline",) * len(item.headlines),
        categories=(*item.categories, *item.headlines),
        estimate=estimate,
        unweighted_estimate=safe_ratio(counts, base.unweighted_n[:, None]),
        srs_variance=safe_ratio(estimate * (1 - estimate), base.unweighted_n[:, None] - 1.0),
        psu_totals=totals.reshape(-1, *estimate.shape),
        base=base,
    )


def _with_headlines(cells: NDArray[Any], item: ItemValues) -> NDArray[Any]:
    """Return (..., n_categories) with one more column for each headline, the sum of its categories."""
    if not item.headlines:
        return cells
    n_categories = cells.shape[-1]
    extended = np.empty((*cells.shape[:-1], n_categories + len(item.headlines)), cells.dtype)
    extended[..., :n_categories] = cells
    for position, codes in enumerate(item.headlines.values(), start=n_categories):
        np.sum(cells[..., list(codes)], axis=-1, out=extended[..., position])
    return extended


def _exact_at_the_edges(estimate: Array, counts: NDArray[np.int64], n: NDArray[np.int64]) -> Array:
    """Return shares that are exactly 0 where nobody and exactly 1 where everybody gave the answer."""
    return np.where(counts == n[:, None], 1.0, np.where(counts == 0, 0.0, estimate))
