"""Replicate weights that would fill rows × replicates as numbers: kept narrow, widened a block at a time.

Both kinds can be indexed as the matrix they stand for: `matrix[rows]` are numbers, `matrix[:, chosen]` are fewer
replicates of the same kind.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.weighting.cells import BLOCK, Codes, blocks

Floats = NDArray[np.float64]
BLOCK_ENTRIES = 1 << 20  # rows × replicates widened at a time by a thread: 8 MB


@dataclass(frozen=True)
class CountedFactor:
    """Bootstrap factors as offset + slope × times drawn: a byte or two per PSU and replicate."""

    times: NDArray[np.unsignedinteger]  # (n_psus, n_replicates)
    offset: Floats  # (n_psus,)
    slope: Floats  # (n_psus,)

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of PSUs and of replicates."""
        return self.times.shape[0], self.times.shape[1]

    def __getitem__(self, index: Any) -> Any:
        """Return the factors of some PSUs as numbers, or all PSUs in some replicates (`[:, chosen]`)."""
        if isinstance(index, tuple):
            return CountedFactor(self.times[index], self.offset, self.slope)
        factor = self.times[index].astype(np.float64)
        factor *= self.slope[index, None]
        factor += self.offset[index, None]
        return factor


@dataclass(frozen=True)
class FrameColumns:
    """Replicate weights a producer delivered, as the columns of a frame, without a copy."""

    frame: pl.DataFrame

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows and of replicates."""
        return self.frame.height, self.frame.width

    def __getitem__(self, index: Any) -> Any:
        """Return the weights of some rows as numbers, or all rows of some replicates (`[:, chosen]`)."""
        if isinstance(index, tuple):
            kept = [name for name, keeps in zip(self.frame.columns, index[1], strict=True) if keeps]
            return FrameColumns(self.frame.select(kept))
        columns = self.columns
        by_replicate = np.empty((len(columns), columns[0][index].size if columns else 0))
        for column, of_rows in zip(columns, by_replicate, strict=True):
            of_rows[:] = column[index]
        return by_replicate.T

    @cached_property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """Return the replicates' weights one by one, as Polars holds them."""
        return tuple(column.to_numpy() for column in self.frame.iter_columns())


def sums_of_columns(columns: Any, code: Codes, n_codes: int) -> Floats:
    """Return the (n_codes, n_replicates) sums by code of columns that each lie side by side in memory."""
    each = columns.columns if isinstance(columns, FrameColumns) else tuple(columns.T)
    sums = np.zeros((len(each), n_codes))
    for rows in blocks(code.size, max(2 * BLOCK, n_codes)):
        here = code[rows].astype(np.intp)  # once for all replicates
        for replicate, column in enumerate(each):
            sums[replicate] += np.bincount(here, column[rows], minlength=n_codes)
    return np.ascontiguousarray(sums.T)


def sums_of_rows(weight: Floats, group: Codes, factor: Any, code: Codes, n_codes: int) -> Floats:
    """Return the (n_codes, n_replicates) sums by code of weight × factor of the group, for narrow factors.

    Rows are taken in the order of their codes, so that a block of them adds to few sums.
    """
    from scipy import sparse

    order = np.argsort(code, kind="stable")
    sums = np.zeros((n_codes, factor.shape[1]))
    for block in blocks(order.size, max(1, BLOCK_ENTRIES // max(1, factor.shape[1]))):
        rows = order[block]
        here = code[rows]
        starts = np.flatnonzero(np.diff(here, prepend=here[0] + 1 if here.size else 0))
        ends = np.append(starts, rows.size)
        shape = (starts.size, rows.size)
        indicator = sparse.csr_matrix((weight[rows], np.arange(rows.size), ends), shape=shape)
        sums[here[starts]] += indicator @ factor[group[rows]]
    return sums
