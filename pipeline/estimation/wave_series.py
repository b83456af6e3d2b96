"""Every statistic of one item as a series over waves, with the covariance of all waves through their common members."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.blocks import Block, degrees_of_freedom
from pipeline.estimation.estimates import block_of
from pipeline.estimation.spread import Spread
from pipeline.estimation.trends import WaveSeries
from pipeline.estimation.values import DomainRows, ItemValues


@dataclass(frozen=True)
class ItemSeries:
    """One item at several waves, in domains that all of them have."""

    statistics: tuple[str, ...]
    categories: tuple[str | None, ...]
    blocks: tuple[Block, ...]  # one a wave, of the statistics that are followed only
    spreads: tuple[Spread, ...]

    def unweighted_n(self, domain: int) -> NDArray[np.int64]:
        """Return the respondents of a domain at each wave."""
        return np.array([int(one.base.unweighted_n[domain]) for one in self.blocks])

    def series(self, domain: int, statistic: int, waves: Sequence[int]) -> WaveSeries:
        """Return one statistic of one domain at some of the waves."""
        chosen = [self.blocks[place] for place in waves]
        return WaveSeries(
            np.array([one.estimate[domain, statistic] for one in chosen]),
            np.stack([one.spread()[domain, statistic] for one in chosen]),
            self._freedom(domain, waves),
            np.array([one.srs_variance[domain, statistic] for one in chosen]),
        )

    def _freedom(self, domain: int, waves: Sequence[int]) -> int:
        """Return PSUs minus strata with data at any of the waves; of replicates the fewest of all waves."""
        bases = [self.blocks[place].base for place in waves]
        if self.spreads[0].design.replicates is not None:
            return min(int(base.degrees_of_freedom[domain]) for base in bases)
        has_data = np.zeros(self.spreads[0].psus.n_psus, np.bool_)
        for base in bases:
            assert base.has_data is not None
            has_data |= base.has_data[domain]
        return int(degrees_of_freedom(self.spreads[0].psus.of, has_data[None, :])[0])


def item_series(spreads: Sequence[Spread], rows: Sequence[DomainRows], items: Sequence[ItemValues]) -> ItemSeries:
    """Return the headlines of an item, its mean, or its shares where no headline was declared, at each wave.

    Args:
        spreads: of each wave, over the union of PSUs (waves.joint_spreads); rows: its domains; items: its answers.
    """
    kept = _followed(items[0])
    blocks = [_of(block_of(*one), kept) for one in zip(spreads, rows, items, strict=True)]
    first = blocks[0]
    return ItemSeries(first.statistics, first.categories, tuple(blocks), tuple(spreads))


def _followed(item: ItemValues) -> NDArray[np.int64]:
    """Return the places of the statistics that are followed over waves."""
    if item.number is not None:
        return np.array([0])
    n_categories = len(item.categories)
    return np.arange(n_categories, n_categories + len(item.headlines)) if item.headlines else np.arange(n_categories)


def _of(block: Block, kept: NDArray[np.int64]) -> Block:
    """Return a block of some of its statistics."""
    return Block(
        statistics=tuple(block.statistics[place] for place in kept),
        categories=tuple(block.categories[place] for place in kept),
        estimate=block.estimate[:, kept],
        unweighted_estimate=block.unweighted_estimate[:, kept],
        srs_variance=block.srs_variance[:, kept],
        variance=block.variance[:, kept],
        base=block.base,
        deviations=np.ascontiguousarray(block.spread()[:, kept]),
    )
