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
from pipeline.weighting.threads import in_threads

Floats = NDArray[np.float64]
BLOCK_ENTRIES = 1 << 20  # rows × replicates widened at a time by a thread: 8 MB
IN_A_LINE = 8  # replicates whose numbers of one row fill a line of the cache
MULTIPLIED_ROWS, MULTIPLIED_TOGETHER = 1 << 15, 25  # rows and replicates of a product: 6 MB


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
    """Return the (n_codes, n_replicates) sums by code of columns that each lie side by side in memory.

    Some replicates at a time are turned from columns to rows: one look at a row's code then adds a cache line of
    them. The sums are those of each column alone, in the order of the rows.
    """
    from scipy import sparse

    each = columns.columns if isinstance(columns, FrameColumns) else tuple(columns.T)
    row_blocks = list(blocks(code.size, max(BLOCK, n_codes)))
    narrow = np.int32 if n_codes < 1 << 31 else np.int64
    indicators = [
        sparse.csc_matrix(
            (np.ones(rows.stop - rows.start), code[rows].astype(narrow), np.arange(rows.stop - rows.start + 1)),
            shape=(n_codes, rows.stop - rows.start),
        )
        for rows in row_blocks
    ]

    def summed(replicates: slice) -> Floats:
        sums = np.zeros((n_codes, replicates.stop - replicates.start))
        for rows, indicator in zip(row_blocks, indicators, strict=True):
            turned = np.empty((rows.stop - rows.start, sums.shape[1]))
            for place, column in enumerate(each[replicates]):
                turned[:, place] = column[rows]
            sums += indicator @ turned
        return sums

    return np.hstack(list(in_threads(summed, blocks(len(each), IN_A_LINE))) or [np.zeros((n_codes, 0))])


def totals_of_columns(columns: FrameColumns, value: Floats, ratio: Floats | None, cell_of_row: Codes | None) -> Floats:
    """Return the (n_values, n_replicates) totals of (n, n_values) values with columns × the ratio of the row's cell.

    A block of rows and some replicates at a time, which stay in the cache from the look-up to the product.
    """
    by_replicate = None if ratio is None else np.ascontiguousarray(ratio.T)

    def part(rows: slice) -> Floats:
        cell = None if cell_of_row is None else cell_of_row[rows].astype(np.intp)
        totals = np.empty((value.shape[1], columns.shape[1]))
        weights = np.empty((MULTIPLIED_TOGETHER, rows.stop - rows.start))
        for replicates in blocks(columns.shape[1], MULTIPLIED_TOGETHER):
            for weight, replicate in zip(weights, range(replicates.start, replicates.stop), strict=False):
                column = columns.columns[replicate][rows]
                if by_replicate is None or cell is None:
                    weight[:] = column
                else:
                    np.take(by_replicate[replicate], cell, out=weight, mode="clip")
                    np.multiply(weight, column, out=weight)
            totals[:, replicates] = value[rows].T @ weights[: replicates.stop - replicates.start].T
        return totals

    totals = np.zeros((value.shape[1], columns.shape[1]))
    for one in in_threads(part, blocks(value.shape[0], MULTIPLIED_ROWS)):
        totals += one
    return totals


def sums_of_rows(weight: Floats, group: Codes, factor: Any, code: Codes, n_codes: int) -> Floats:
    """Return the (n_codes, n_replicates) sums by code of weight × factor of the group, for narrow factors.

    Rows are taken in the order of their codes, so that a block of them adds to few sums.
    """
    from scipy import sparse

    order = np.argsort(code, kind="stable")

    def summed(block: slice) -> tuple[Codes, Floats]:
        rows = order[block]
        here = code[rows]
        starts = np.flatnonzero(np.diff(here, prepend=here[0] + 1 if here.size else 0))
        shape = (starts.size, rows.size)
        indicator = sparse.csr_matrix((weight[rows], np.arange(rows.size), np.append(starts, rows.size)), shape=shape)
        return here[starts], indicator @ factor[group[rows]]

    sums = np.zeros((n_codes, factor.shape[1]))
    for codes, part in in_threads(summed, blocks(order.size, max(1, BLOCK_ENTRIES // max(1, factor.shape[1])))):
        sums[codes] += part
    return sums
