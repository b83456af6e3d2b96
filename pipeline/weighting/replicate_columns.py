"""Replicate weights that would fill rows × replicates as numbers: kept narrow or in their file, a block at a time.

All kinds can be indexed as the matrix they stand for: `matrix[rows]` are numbers, and (of those that are not in a
file) `matrix[:, chosen]` are fewer replicates of the same kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import DeliveryError
from pipeline.weighting.cells import BLOCK, Codes, blocks
from pipeline.weighting.threads import in_threads

Floats = NDArray[np.float64]
BLOCK_ENTRIES = 1 << 20  # rows × replicates widened at a time by a thread: 8 MB
ROWS_TURNED = 1024
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
        return turned([column[index] for column in self.columns])

    @cached_property
    def columns(self) -> tuple[NDArray[Any], ...]:
        """Return the replicates' weights one by one, as Polars holds them."""
        return tuple(column.to_numpy() for column in self.frame.iter_columns())


@dataclass(frozen=True)
class ScannedColumns:
    """Replicate weights that stay in their file until some of its rows are asked for."""

    rows: pl.LazyFrame  # of the replicates' columns alone
    names: tuple[str, ...]
    n_rows: int
    source: str  # how messages call the file
    kept: NDArray[np.int64] | None = None  # the numbers of the rows that count, ascending; None: all of them

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows that count and of replicates."""
        return self.n_rows if self.kept is None else self.kept.size, len(self.names)

    def of(self, is_kept: NDArray[np.bool_]) -> "ScannedColumns":
        """Return the same columns of fewer rows."""
        kept = np.flatnonzero(is_kept) if self.kept is None else self.kept[is_kept]
        return replace(self, kept=kept)

    def frame(self) -> pl.DataFrame:
        """Return all rows that count, in memory."""
        return self._read(slice(0, self.shape[0]))

    def __getitem__(self, rows: Any) -> Floats:
        """Return the weights of a slice of rows as numbers.

        Raises:
            DeliveryError: some are missing or infinite.
        """
        found = turned([column.to_numpy() for column in self._read(rows).iter_columns()])
        is_broken = ~np.isfinite(found.sum(axis=0))
        if is_broken.any():
            raise DeliveryError(
                f"{self.source}: replicate weights are missing or infinite, first in column "
                f"'{self.names[int(is_broken.argmax())]}'. Fill them in, or leave those rows out of the file."
            )
        return found

    def _read(self, rows: slice) -> pl.DataFrame:
        start, stop, _ = rows.indices(self.shape[0])
        if self.kept is None or start == stop:
            return self.rows.slice(start, stop - start).collect()
        first, last = self.kept[start], self.kept[stop - 1]
        between = self.rows.slice(int(first), int(last - first + 1)).collect()
        return between if between.height == stop - start else between[self.kept[start:stop] - first]


def turned(columns: Sequence[NDArray[Any]]) -> Floats:
    """Return columns side by side, the numbers of a row together in memory; made in blocks that stay in the cache."""
    matrix = np.empty((columns[0].size if columns else 0, len(columns)))
    for rows in blocks(matrix.shape[0], ROWS_TURNED):
        for place, column in enumerate(columns):
            matrix[rows, place] = column[rows]
    return matrix


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
            sums += indicator @ turned([column[rows] for column in each[replicates]])
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
