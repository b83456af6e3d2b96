"""The auxiliary vectors of calibration to margins: their totals and cross-products, without writing them out."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.cells import BLOCK, sums_by

MANY_UNITS = 2048  # units from which one table of two halves beats a pass for each pair of margins

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Halves:
    """The cross-classification as a table of two halves of the margins, nearly full.

    Every total and every two-way table of the margins is a small matrix product away from that one table.
    """

    code: NDArray[np.int64]  # (n_units,) row × columns of the table + column
    of_rows: Floats  # (n_rows, levels of the first margins) indicators
    of_columns: Floats  # (n_columns, levels of the other margins)

    @classmethod
    def of(cls, columns: tuple[NDArray[np.int64], ...], n_levels: tuple[int, ...]) -> "Halves":
        """Return the margins split where the two halves are most alike in size."""
        at = min(range(1, len(n_levels)), key=lambda one: prod(n_levels[:one]) + prod(n_levels[one:]))
        code = np.ravel_multi_index(columns, n_levels)
        return cls(code, _indicators(n_levels[:at]), _indicators(n_levels[at:]))

    def table(self, value: Floats) -> Floats:
        """Return the (n_rows, n_columns) table of summed values."""
        shape = len(self.of_rows), len(self.of_columns)
        return sums_by(self.code, value, shape[0] * shape[1]).reshape(shape)

    def totals(self, value: Floats) -> Floats:
        """Return Σ value x."""
        table = self.table(value)
        return np.concatenate([table.sum(axis=1) @ self.of_rows, table.sum(axis=0) @ self.of_columns])

    def gram(self, value: Floats) -> Floats:
        """Return Σ value x x'."""
        table = self.table(value)
        rows = self.of_rows.T @ (table.sum(axis=1)[:, None] * self.of_rows)
        columns = self.of_columns.T @ (table.sum(axis=0)[:, None] * self.of_columns)
        crossed = self.of_rows.T @ table @ self.of_columns
        return np.block([[rows, crossed], [crossed.T, columns]])


def _indicators(n_levels: tuple[int, ...]) -> Floats:
    """Return the (cells, levels) indicators of the full cross-classification."""
    places = np.unravel_index(np.arange(prod(n_levels)), n_levels)
    each = [place[:, None] == np.arange(size) for place, size in zip(places, n_levels, strict=True)]
    return np.hstack(each).astype(np.float64)


@dataclass(frozen=True)
class MarginMatrix:
    """The auxiliary vectors x of all units, never written out: an indicator per level, then numeric columns."""

    levels: NDArray[np.int64]  # (n_units, n_margins)
    n_levels: tuple[int, ...]
    auxiliaries: NDArray[np.float64] | None = None  # (n_units, n_auxiliaries)

    @cached_property
    def columns(self) -> tuple[NDArray[np.int64], ...]:
        """Return each margin's level codes, side by side in memory."""
        return tuple(np.ascontiguousarray(column) for column in self.levels.T)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Return where each margin starts in x, and where the numeric columns do."""
        return tuple(accumulate(self.n_levels, initial=0))

    def predictor(self, multiplier: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x'λ for every unit."""
        predictor = np.zeros(self.levels.shape[0])
        for column, start, size in zip(self.columns, self.offsets, self.n_levels, strict=False):
            predictor += multiplier[start : start + size][column]
        if self.auxiliaries is not None:
            predictor += self.auxiliaries @ multiplier[self.offsets[-1] :]
        return predictor

    def totals(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Σ value x over the units."""
        if self._halves is not None:
            return self._halves.totals(value)
        parts = [sums_by(column, value, size) for column, size in zip(self.columns, self.n_levels, strict=True)]
        if self.auxiliaries is not None:
            parts.append(value @ self.auxiliaries)
        return np.concatenate(parts)

    def gram(self, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Σ value x x' over the units, from two-way tables of the margins."""
        if self._halves is not None:
            return self._halves.gram(value)
        offsets = self.offsets
        n_numeric = 0 if self.auxiliaries is None else self.auxiliaries.shape[1]
        gram = np.zeros((offsets[-1] + n_numeric,) * 2)
        for row, size_row in enumerate(self.n_levels):
            rows = slice(offsets[row], offsets[row + 1])
            for column in range(row):
                columns = slice(offsets[column], offsets[column + 1])
                table = self._two_way(value, row, column)
                gram[rows, columns], gram[columns, rows] = table, table.T
            of_levels = table.sum(axis=1) if row else sums_by(self.columns[row], value, size_row)
            gram[rows, rows] = np.diag(of_levels)
        if self.auxiliaries is not None:
            self._add_numeric(gram, value, self.auxiliaries)
        return gram

    @cached_property
    def _halves(self) -> "Halves | None":
        """Return the margins in two halves, where that is quicker than a pass for each margin and pair."""
        n_units = self.levels.shape[0]
        if self.auxiliaries is not None or len(self.n_levels) < 3 or n_units < MANY_UNITS:
            return None
        return Halves.of(self.columns, self.n_levels) if prod(self.n_levels) <= 4 * n_units else None

    def _two_way(self, value: NDArray[np.float64], row: int, column: int) -> NDArray[np.float64]:
        """Return the (row levels, column levels) table of summed values."""
        shape = self.n_levels[row], self.n_levels[column]
        code = self._pair_codes.get((row, column))
        if code is None:
            code = self.columns[row] * shape[1] + self.columns[column]
            if code.size <= BLOCK:
                self._pair_codes[row, column] = code
        return sums_by(code, value, shape[0] * shape[1]).reshape(shape)

    @cached_property
    def _pair_codes(self) -> dict[tuple[int, int], NDArray[np.int64]]:
        """Return the codes of the two-way tables, kept from the first Newton step to the next where small."""
        return {}

    def _add_numeric(
        self, gram: NDArray[np.float64], value: NDArray[np.float64], auxiliaries: NDArray[np.float64]
    ) -> None:
        """Fill the rows and columns of the numeric auxiliaries."""
        start = self.offsets[-1]
        gram[start:, start:] = auxiliaries.T @ (value[:, None] * auxiliaries)
        for numeric in range(auxiliaries.shape[1]):
            margins = MarginMatrix(self.levels, self.n_levels).totals(value * auxiliaries[:, numeric])
            gram[start + numeric, :start] = gram[:start, start + numeric] = margins
