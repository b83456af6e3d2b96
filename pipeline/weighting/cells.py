"""The cross-classified cells of the margins: people in one cell share their calibration factor.

The solution of calibration is `w = d F(x'λ)` (Deville & Särndal 1992). People of one cell have the same x, so
the same factor: solving for the cells with their summed base weights is exact, and costs nothing per person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

LARGEST_TABLE = 1 << 22  # possible cells up to which a look-up table beats sorting the codes


def sums_by(code: NDArray[np.int64], value: NDArray[np.float64] | None, size: int) -> NDArray[np.float64]:
    """Return the (size,) sums of a value by code, in the fixed order of the rows; None counts rows."""
    return np.bincount(code, value, minlength=size).astype(np.float64, copy=False)


@dataclass(frozen=True)
class Cells:
    """The occupied cells, and the cell of every row."""

    cell_of_row: NDArray[np.int64]  # (n,)
    levels: NDArray[np.int64]  # (n_cells, n_margins) level codes

    @property
    def n_cells(self) -> int:
        """Return the number of occupied cells."""
        return len(self.levels)

    def sums(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the (n_cells,) sums of a value over the rows of each cell."""
        return sums_by(self.cell_of_row, value, self.n_cells)


def cross_classify(levels: NDArray[np.int64], n_levels: Sequence[int]) -> Cells:
    """Return the occupied cells of the cross-classification.

    Args:
        levels: (n, n_margins) codes, column k from 0 to n_levels[k] - 1.
        n_levels: number of categories of each margin.
    """
    code = np.zeros(levels.shape[0], np.int64)
    n_codes = 1
    for column, size in enumerate(n_levels):
        if n_codes * size > LARGEST_TABLE:
            code, n_codes = compact_codes(code, n_codes)
        code = code * size + levels[:, column]
        n_codes *= size
    cell_of_row, n_cells = compact_codes(code, n_codes)
    example = np.zeros(n_cells, np.int64)
    example[cell_of_row] = np.arange(cell_of_row.size)
    return Cells(cell_of_row, levels[example])


def compact_codes(code: NDArray[np.int64], n_codes: int) -> tuple[NDArray[np.int64], int]:
    """Return codes below n_codes renumbered 0 .. k - 1 without gaps, and k."""
    if n_codes > max(LARGEST_TABLE, 4 * code.size):
        unique, inverse = np.unique(code, return_inverse=True)
        return inverse.astype(np.int64), unique.size
    is_used = np.zeros(n_codes, np.bool_)
    is_used[code] = True
    return (np.cumsum(is_used) - 1)[code], int(is_used.sum())


@dataclass(frozen=True)
class MarginMatrix:
    """The auxiliary vectors x of all units, never written out: an indicator per level, then numeric columns."""

    levels: NDArray[np.int64]  # (n_units, n_margins)
    n_levels: tuple[int, ...]
    auxiliaries: NDArray[np.float64] | None = None  # (n_units, n_auxiliaries)

    @property
    def offsets(self) -> tuple[int, ...]:
        """Return where each margin starts in x, and where the numeric columns do."""
        return tuple(accumulate(self.n_levels, initial=0))

    def predictor(self, multiplier: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x'λ for every unit."""
        predictor = np.zeros(self.levels.shape[0])
        for column, start in enumerate(self.offsets[:-1]):
            predictor += multiplier[start + self.levels[:, column]]
        if self.auxiliaries is not None:
            predictor += self.auxiliaries @ multiplier[self.offsets[-1] :]
        return predictor

    def totals(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Σ value x over the units."""
        parts = [sums_by(self.levels[:, column], value, size) for column, size in enumerate(self.n_levels)]
        if self.auxiliaries is not None:
            parts.append(value @ self.auxiliaries)
        return np.concatenate(parts)

    def gram(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Σ value x x' over the units, from two-way tables of the margins."""
        offsets = self.offsets
        n_numeric = 0 if self.auxiliaries is None else self.auxiliaries.shape[1]
        gram = np.zeros((offsets[-1] + n_numeric,) * 2)
        for row, size_row in enumerate(self.n_levels):
            rows = slice(offsets[row], offsets[row + 1])
            gram[rows, rows] = np.diag(sums_by(self.levels[:, row], value, size_row))
            for column in range(row):
                columns = slice(offsets[column], offsets[column + 1])
                table = self._two_way(value, row, column)
                gram[rows, columns], gram[columns, rows] = table, table.T
        if self.auxiliaries is not None:
            self._add_numeric(gram, value, self.auxiliaries)
        return gram

    def _two_way(self, value: NDArray[np.float64], row: int, column: int) -> NDArray[np.float64]:
        """Return the (row levels, column levels) table of summed values."""
        shape = self.n_levels[row], self.n_levels[column]
        code = self.levels[:, row] * shape[1] + self.levels[:, column]
        return sums_by(code, value, shape[0] * shape[1]).reshape(shape)

    def _add_numeric(
        self, gram: NDArray[np.float64], value: NDArray[np.float64], auxiliaries: NDArray[np.float64]
    ) -> None:
        """Fill the rows and columns of the numeric auxiliaries."""
        start = self.offsets[-1]
        gram[start:, start:] = auxiliaries.T @ (value[:, None] * auxiliaries)
        for numeric in range(auxiliaries.shape[1]):
            margins = MarginMatrix(self.levels, self.n_levels).totals(value * auxiliaries[:, numeric])
            gram[start + numeric, :start] = gram[:start, start + numeric] = margins
