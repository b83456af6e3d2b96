"""The cross-classified cells of the margins: people in one cell share their calibration factor.

The solution of calibration is `w = d F(x'λ)` (Deville & Särndal 1992). People of one cell have the same x, so
the same factor: solving for the cells with their summed base weights is exact. What is left per person is one
pass that numbers the cells, one that sums the weights and one that looks the factor up, in blocks of rows that
stay in the processor's cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

LARGEST_TABLE = 1 << 22  # possible cells up to which a look-up table beats sorting the codes
SMALL_TABLE = 1 << 16  # possible cells that are worth a table however few the rows
BLOCK = 1 << 16  # rows at a time

Floats = NDArray[np.float64]
Codes = NDArray[np.integer]


def sums_by(code: Codes, value: Floats | None, size: int) -> Floats:
    """Return the (size,) sums of a value by code, in the fixed order of the rows; None counts rows."""
    return np.bincount(code, value, minlength=size).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Cells:
    """The occupied cells, and a code of the cell for every row; codes may leave gaps."""

    code_of_row: Codes  # (n,) 0 .. n_codes - 1, in the smallest type that holds them
    n_codes: int
    occupied: NDArray[np.int64]  # (n_cells,) the codes that rows have, ascending
    levels: NDArray[np.int64]  # (n_cells, n_margins) level codes, a column after the other in memory

    @property
    def n_cells(self) -> int:
        """Return the number of occupied cells."""
        return self.occupied.size

    def sums(self, value: Floats | None) -> Floats:
        """Return the (n_cells,) sums of a value over the rows of each cell; None counts rows."""
        return block_sums(self.code_of_row, value, self.n_codes)[self.occupied]

    def numbers(self) -> Codes:
        """Return the (n,) number 0 .. n_cells - 1 of every row's cell, in the smallest type that holds n_cells."""
        number = np.zeros(self.n_codes, np.min_scalar_type(self.n_cells))
        number[self.occupied] = np.arange(self.n_cells)
        return np.take(number, self.code_of_row, mode="clip")

    def table(self, of_cell: Floats) -> Floats:
        """Return values of the occupied cells (n_cells, …) by code, 0 for codes that nobody has."""
        table = np.zeros((self.n_codes, *of_cell.shape[1:]))
        table[self.occupied] = of_cell
        return table

    def spread(self, of_cell: Floats, times: Floats | None = None) -> Floats:
        """Return the (n,) value of every row's cell, times another value of the row."""
        table, code = self.table(of_cell), self.code_of_row
        spread = np.empty(code.size)
        for rows in blocks(code.size, BLOCK):
            np.take(table, code[rows], out=spread[rows], mode="clip")
            if times is not None:
                spread[rows] *= times[rows]
        return spread


def blocks(n: int, size: int) -> Iterator[slice]:
    """Yield the rows 0 .. n - 1 in slices of at most that size."""
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def block_sums(code: Codes, value: Floats | None, size: int) -> Floats:
    """Return the (size,) sums of a value by code: `sums_by` without a wide copy of the codes."""
    together = max(BLOCK, size)
    if code.size <= together:
        return sums_by(code, value, size)
    total = np.zeros(size)
    for rows in blocks(code.size, together):
        total += np.bincount(code[rows], None if value is None else value[rows], minlength=size)
    return total


def cross_classify(levels: Codes, n_levels: Sequence[int]) -> Cells:
    """Return the occupied cells of the cross-classification.

    Args:
        levels: (n, n_margins) codes of any integer type, column k from 0 to n_levels[k] - 1.
        n_levels: number of categories of each margin.
    """
    return summed_cells(levels, n_levels, None)[0]


def summed_cells(levels: Codes, n_levels: Sequence[int], weight: Floats | None) -> tuple[Cells, Floats]:
    """Return the occupied cells, and the (n_cells,) sums of a weight over their rows; None counts rows."""
    n_possible = prod(n_levels)
    if n_possible > min(LARGEST_TABLE, max(SMALL_TABLE, 4 * levels.shape[0])):
        cells = _few_of_many_cells(levels, n_levels)
        return cells, cells.sums(weight)
    code = _mixed_radix(levels, n_levels, np.dtype(np.uint16 if n_possible < 1 << 16 else np.uint32))
    sums = block_sums(code, weight, n_possible)
    shows_rows = weight is None or weight.min(initial=np.inf) > 0  # then an empty cell is one without sum
    occupied = np.flatnonzero(sums if shows_rows else block_sums(code, None, n_possible))
    return Cells(code, n_possible, occupied, _unravelled(occupied, n_levels)), sums[occupied]


def row_cells(levels: Codes) -> Cells:
    """Return every row as a cell of its own, for what differs from person to person."""
    rows = np.arange(levels.shape[0])
    return Cells(rows, rows.size, rows, np.asfortranarray(levels, np.int64))


def _mixed_radix(levels: Codes, n_levels: Sequence[int], dtype: np.dtype[np.unsignedinteger]) -> Codes:
    """Return the (n,) code Σ level × (product of the following numbers of levels)."""
    n = levels.shape[0]
    code = np.zeros(n, dtype)
    narrow = np.empty(min(n, BLOCK), dtype)
    for rows in blocks(n, BLOCK):
        here = code[rows]
        level = narrow[: here.size]
        for column, size in enumerate(n_levels):
            level[:] = levels[rows, column]
            here *= size
            here += level
    return code


def _unravelled(code: NDArray[np.int64], n_levels: Sequence[int]) -> NDArray[np.int64]:
    """Return the (n_codes, n_margins) levels that codes stand for."""
    levels = np.empty((code.size, len(n_levels)), np.int64, order="F")
    if n_levels:
        levels.T[:] = np.unravel_index(code, tuple(n_levels))
    return levels


def _few_of_many_cells(levels: Codes, n_levels: Sequence[int]) -> Cells:
    """Return the cells where there are too many possible ones for a table, by sorting the codes."""
    code = np.zeros(levels.shape[0], np.int64)
    n_codes = 1
    for column, size in enumerate(n_levels):
        if n_codes * size > 1 << 62:
            unique, code = np.unique(code, return_inverse=True)
            n_codes = unique.size
        code = code * size + levels[:, column]
        n_codes *= size
    unique, example, cell_of_row = np.unique(code, return_index=True, return_inverse=True)
    of_cells = np.asfortranarray(levels[example], np.int64)
    return Cells(cell_of_row, unique.size, np.arange(unique.size), of_cells)
