"""Growing a table of estimates item by item: key columns, and numbers in the same order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.estimation.blocks import Block
from pipeline.estimation.values import DomainMask


@dataclass
class EstimateTable:
    """Rows of estimates, one for each item, domain with data, and statistic, in that order."""

    items: list[str] = field(default_factory=list)
    statistics: list[str] = field(default_factory=list)
    categories: list[str | None] = field(default_factory=list)
    domains: list[NDArray[np.int64]] = field(default_factory=list)
    numbers: dict[str, list[NDArray[Any]]] = field(default_factory=dict)

    def add(self, item: str, block: Block, kept: NDArray[np.int64], **numbers: NDArray[Any]) -> None:
        """Add an item's rows for the domains kept.

        Args:
            kept: (k,) indices of the domains that have rows.
            numbers: columns, each (n_domains, n_statistics) or, where all statistics share it, (n_domains,).
        """
        n_statistics = len(block.statistics)
        self.items += [item] * (kept.size * n_statistics)
        self.statistics += block.statistics * kept.size
        self.categories += block.categories * kept.size
        self.domains.append(np.repeat(kept, n_statistics))
        for name, values in numbers.items():
            rows = values[kept]
            flat = rows.ravel() if rows.ndim == 2 else np.repeat(rows, n_statistics)
            self.numbers.setdefault(name, []).append(flat)

    def column(self, name: str) -> NDArray[Any]:
        """Return one column of numbers over all rows."""
        parts = self.numbers.get(name, [])
        return np.concatenate(parts) if parts else np.zeros(0)

    def is_proportion(self) -> NDArray[np.bool_]:
        """Return which rows are shares or headlines."""
        return np.array([statistic in ("share", "headline") for statistic in self.statistics], np.bool_)

    def keys(self, domains: Sequence[DomainMask]) -> dict[str, pl.Series]:
        """Return item, statistic, category, domain and domain_value of every row."""
        index = np.concatenate([np.zeros(0, np.int64), *self.domains])
        return {
            "item": pl.Series(self.items, dtype=pl.String),
            "statistic": pl.Series(self.statistics, dtype=pl.String),
            "category": pl.Series(self.categories, dtype=pl.String),
            "domain": pl.Series([one.domain for one in domains], dtype=pl.String).gather(index),
            "domain_value": pl.Series([one.domain_value for one in domains], dtype=pl.String).gather(index),
        }


def as_frame(columns: dict[str, Any], schema: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """Return columns in the order and types of a schema; what is not a number becomes null."""
    frame = pl.DataFrame({name: columns[name] for name in schema})
    return frame.cast(pl.Schema(schema)).with_columns(pl.col(pl.Float64).fill_nan(None))
