"""What weights were calibrated to, kept by cells: sums of auxiliaries over any rows without a row-wise matrix."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.design import Calibration
from pipeline.weighting.cells import cross_classify

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

RANK_TOLERANCE = 1e-10  # relative eigenvalue below which auxiliaries count as collinear
DENSE = 4  # table cells a row up to which a dense table is made


@dataclass(frozen=True)
class Auxiliaries:
    """The auxiliary vector x of every row, by way of its unit: the cell of its margins, or itself.

    People of one cell have the same indicators, so sums over rows of an amount times x are sums over cells
    first: exact, and one pass over the rows however many margins there are. Numeric auxiliaries differ from
    person to person; then every row is a unit.
    """

    unit: Codes  # (n,)
    x: Any  # sparse (n_units, n_columns): a column for each level of each margin, then the numeric ones

    @property
    def n_columns(self) -> int:
        """Return the number of columns of x."""
        return int(self.x.shape[1])

    @property
    def n_units(self) -> int:
        """Return the number of units."""
        return int(self.x.shape[0])

    def times_x(self, of_unit: Array) -> Array:
        """Return the sums (q, n_columns) over units of values (n_units, q) times x."""
        return np.ascontiguousarray((self.x.T @ of_unit).T)

    def sums(self, row: Codes | slice, column: Codes, n_columns: int, amount: Array) -> Array:
        """Return the sums (n_columns, n_auxiliary_columns) of amount times x at pairs of row and column."""
        from scipy import sparse

        unit, n_units = self.unit[row], self.n_units
        if n_units * n_columns <= DENSE * max(unit.size, 1):
            cell = unit * np.int64(n_columns) + column
            table = np.bincount(cell, amount, minlength=n_units * n_columns).astype(np.float64, copy=False)
            return self.times_x(table.reshape(n_units, n_columns))
        table = sparse.csr_matrix((amount, (column, unit)), shape=(n_columns, n_units))
        return np.asarray((table @ self.x).toarray())

    def cross_product(self, amount: Array) -> Array:
        """Return sum(amount x x') over all rows, (n_columns, n_columns)."""
        from scipy import sparse

        of_unit = np.bincount(self.unit, amount, minlength=self.n_units)
        return np.asarray((self.x.T @ sparse.diags_array(of_unit) @ self.x).toarray())


def auxiliaries_of(calibration: Calibration) -> Auxiliaries:
    """Return the auxiliaries of a calibration: levels of margins, then numeric columns."""
    from scipy import sparse

    n = calibration.base_weight.size
    unit: Codes = np.zeros(n, np.int64)
    levels, n_levels = np.zeros((1, 0), np.int64), np.zeros(0, np.int64)
    if calibration.levels is not None and n:
        n_levels = np.array([column.max() + 1 for column in calibration.levels.T])
        cells = cross_classify(calibration.levels, [int(size) for size in n_levels])
        unit, levels = cells.numbers(), cells.levels
    first = np.concatenate([[0], np.cumsum(n_levels)]).astype(np.int64)
    n_units, n_margins = levels.shape
    column = (levels + first[:-1]).ravel()
    ends = np.arange(n_units + 1) * n_margins
    x = sparse.csr_matrix((np.ones(column.size), column, ends), shape=(n_units, int(first[-1])))
    if calibration.auxiliaries is None:
        return Auxiliaries(unit, x)
    of_rows = sparse.hstack([x[unit], sparse.csr_matrix(calibration.auxiliaries)], format="csr")
    return Auxiliaries(np.arange(n), of_rows)


def inverse(product: Array) -> Array:
    """Return the pseudo-inverse of sum(d x x'), columns brought to one scale before its rank is judged."""
    size = np.sqrt(np.diag(product))
    scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    scaled = product * scale[:, None] * scale
    return np.asarray(np.linalg.pinv(scaled, rcond=RANK_TOLERANCE, hermitian=True) * scale[:, None] * scale)
