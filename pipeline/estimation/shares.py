"""Shares of answers and headline sums of them, in many domains at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.blocks import Base, Block, base_of, safe_ratio
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
    n_domains, n_statistics = rows.n_domains, len(item.categories) + len(item.headlines)
    cell = answered.domain * n_statistics + codes[answered.row]
    n_cells, shape = n_domains * n_statistics, (n_domains, n_statistics)
    sums = linearisation.sums(answered.row, cell, n_cells).reshape(*shape, -1)
    counts = np.bincount(cell, minlength=n_cells).reshape(*shape, 1)
    base_sums = sums.sum(axis=1)
    base = base_of(linearisation.design, answered, base_sums[:, : linearisation.n_psus])
    _add_headlines(sums, item)
    _add_headlines(counts, item)
    weighted = sums[..., : linearisation.n_psus].sum(axis=2)
    estimate = _exact_at_the_edges(weighted, counts[..., 0], base)
    sums -= estimate[:, :, None] * base_sums[:, None, :]
    sums *= safe_ratio(np.ones(n_domains), base.sum_of_weights)[:, None, None]
    return Block(
        statistics=("share",) * len(item.categories) + ("headline",) * len(item.headlines),
        categories=(*item.categories, *item.headlines),
        estimate=estimate,
        unweighted_estimate=safe_ratio(counts[..., 0], base.unweighted_n[:, None]),
        srs_variance=safe_ratio(estimate * (1 - estimate), base.unweighted_n[:, None] - 1.0),
        psu_totals=linearisation.psu_totals(sums),
        base=base,
    )


def _add_headlines(cells: NDArray[Any], item: ItemValues) -> None:
    """Fill the headlines' places of (n_domains, n_statistics, ...) with the sums of their categories."""
    for place, codes in enumerate(item.headlines.values(), start=len(item.categories)):
        for code in codes:
            cells[:, place] += cells[:, code]


def _exact_at_the_edges(weighted: Array, counts: NDArray[np.int64], base: Base) -> Array:
    """Return shares that are exactly 0 where nobody and exactly 1 where everybody gave the answer."""
    share = safe_ratio(weighted, base.sum_of_weights[:, None])
    return np.where(counts == base.unweighted_n[:, None], 1.0, np.where(counts == 0, 0.0, share))
