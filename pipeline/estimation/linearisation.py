"""From an estimate's influence values to PSU totals, through the residuals of the weights' calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.blocks import degrees_of_freedom, safe_ratio
from pipeline.estimation.values import DomainRows
from pipeline.estimation.variance import binned_sums, scaled_deviations

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

RANK_TOLERANCE = 1e-10  # relative eigenvalue below which auxiliaries count as collinear


@dataclass(frozen=True)
class Psus:
    """The PSU of every row, and the design they are PSUs of: the row's own, or several waves together."""

    code: Codes  # (n,)
    of: SurveyDesign

    @property
    def n_psus(self) -> int:
        """Return the number of PSUs to count among."""
        return self.of.structure.n_psus


@dataclass(frozen=True)
class Linearisation:
    """How sums over a design's rows become PSU totals of linearised values.

    A row adds to several bins: its weight to its PSU and, if it was calibrated, its base weight to the bins
    of its auxiliaries. PSU totals of any influence value are linear in the sums over these bins.
    """

    design: SurveyDesign
    psus: Psus
    variance_method: str  # linearised | linearised_calibration | linearised_two_phase
    bins: Codes  # (n, 1 + n_auxiliary_columns): the PSU, then the auxiliaries
    contribution: Array  # (n, 1 + n_auxiliary_columns): w, then d x
    n_bins: int
    correction: Array | None  # (n_auxiliaries, n_psus): PSU totals per unit of sum(d x u)

    @property
    def n_psus(self) -> int:
        """Return the number of PSUs, which are the first bins."""
        return self.psus.n_psus

    def sums(self, row: Codes, column: Codes, n_columns: int, value: Array | None = None) -> Array:
        """Return sums over bins (n_columns, n_bins) of values (default 1) at pairs of row and column."""
        cell = self.bins[row] + column[:, None] * self.n_bins
        amount = self.contribution[row]
        if value is not None:
            amount = amount * value[:, None]
        return binned_sums(cell, amount, n_columns, self.n_bins)

    def psu_totals(self, sums: Array) -> Array:
        """Return the PSU totals (..., n_psus) of linearised values whose influence u has these sums over bins.

        Uncalibrated: z = w u. Calibrated to known totals: z = g d e with e = u - x'B and
        B = sum(d x x')^-1 sum(d x u). Totals estimated from the starting sample: z = r g d e + d x'B over
        all of it, r = 1 for those calibrated.

        Source: methodology C5; Deville and Sarndal (1992), JASA 87.
        """
        if self.correction is None:
            return sums
        totals = np.matmul(sums[..., self.n_psus :], self.correction)
        totals += sums[..., : self.n_psus]
        return np.asarray(totals)

    def ratio_deviations(self, numerator: Array, denominator: Array, ratio: Array, total: Array) -> Array:
        """Return the scaled deviations (..., n_psus) of numerator / denominator.

        The influence of row i on a ratio y / x is (y - ratio * x) / total.

        Args:
            numerator, denominator: (..., n_bins) sums over bins.
            ratio: (...,) the estimate; total: (...,) that of the denominator.
        """
        sums = numerator - ratio[..., None] * denominator
        sums *= safe_ratio(np.ones_like(total), total)[..., None]
        return scaled_deviations(self.psus.of, self.psu_totals(sums))

    def total_deviations(self, sums: Array, total: Array) -> Array:
        """Return the scaled deviations (..., n_psus) of totals (...,) with these sums over bins (..., n_bins)."""
        return scaled_deviations(self.psus.of, self.psu_totals(sums))

    def degrees_of_freedom(self, rows: DomainRows, has_data: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return PSUs minus strata with data (n_domains, n_psus), for each domain."""
        return degrees_of_freedom(self.psus.of, has_data)

    def of_influence(self, influence: Array) -> Array:
        """Return the PSU totals (q, n_psus) of influence values u (n, q), 0 outside their domain."""
        n, n_columns = influence.shape
        row, column = np.divmod(np.arange(n * n_columns), max(n_columns, 1))
        return self.psu_totals(self.sums(row, column, n_columns, influence.ravel()))


def linearisation(design: SurveyDesign, psus: Psus | None = None) -> Linearisation:
    """Return how a design's influence values become PSU totals; once for all estimates of the design.

    Args:
        psus: the PSUs of several waves together, among which to count; the design's own by default.
    """
    psus = psus or Psus(design.structure.psu, design)
    psu, weight = psus.code[:, None], design.weight[:, None]
    calibration = design.calibration
    if calibration is None:
        return Linearisation(design, psus, "linearised", psu, weight, psus.n_psus, None)
    x = _auxiliaries(calibration)
    takes_part = np.ones(design.n, np.bool_)
    if calibration.is_calibrated is not None:
        takes_part = calibration.is_calibrated
    regression = _inverse_cross_product(x, np.where(takes_part, calibration.base_weight, 0.0))
    has_influence = takes_part & (design.weight > 0)
    return Linearisation(
        design,
        psus,
        "linearised_two_phase" if calibration.controls_estimated else "linearised_calibration",
        bins=np.hstack([psu, psus.n_psus + x.column]),
        contribution=np.hstack([weight, (calibration.base_weight * has_influence)[:, None] * x.value]),
        n_bins=psus.n_psus + x.n_columns,
        correction=regression @ _fitted_totals(design, psus, x, takes_part),
    )


@dataclass(frozen=True)
class _Auxiliaries:
    """The auxiliaries x of every row, kept sparse: its k columns that are not zero, and their values."""

    column: Codes  # (n, k)
    value: Array  # (n, k)
    n_columns: int


def _auxiliaries(calibration: Calibration) -> _Auxiliaries:
    """Return a column for each level of each margin, then the numeric auxiliaries."""
    n = calibration.base_weight.size
    columns, values, n_columns = [np.zeros((n, 0), np.int64)], [np.zeros((n, 0))], 0
    if calibration.levels is not None and n:
        n_levels = calibration.levels.max(axis=0) + 1
        columns.append(calibration.levels + np.concatenate([[0], np.cumsum(n_levels)[:-1]]))
        values.append(np.ones(calibration.levels.shape))
        n_columns = int(n_levels.sum())
    if calibration.auxiliaries is not None:
        n_numeric = calibration.auxiliaries.shape[1]
        columns.append(np.broadcast_to(np.arange(n_columns, n_columns + n_numeric), (n, n_numeric)))
        values.append(calibration.auxiliaries)
        n_columns += n_numeric
    return _Auxiliaries(np.hstack(columns).astype(np.int64), np.hstack(values), n_columns)


def _inverse_cross_product(x: _Auxiliaries, base_weight: Array) -> Array:
    """Return the pseudo-inverse of sum(d x x'), columns brought to one scale before its rank is judged."""
    cell = x.column[:, :, None] * x.n_columns + x.column[:, None, :]
    amount = base_weight[:, None, None] * x.value[:, :, None] * x.value[:, None, :]
    product = binned_sums(cell, amount, x.n_columns, x.n_columns)
    size = np.sqrt(np.diag(product))
    scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    scaled = product * scale[:, None] * scale
    return np.asarray(np.linalg.pinv(scaled, rcond=RANK_TOLERANCE, hermitian=True) * scale[:, None] * scale)


def _fitted_totals(design: SurveyDesign, psus: Psus, x: _Auxiliaries, takes_part: NDArray[np.bool_]) -> Array:
    """Return PSU totals (n_columns, n_psus) of -r g d x, and of + d x too where the controls are estimated."""
    calibration = design.calibration
    assert calibration is not None
    calibrated = design.weight if calibration.calibrated_weight is None else calibration.calibrated_weight
    per_row = -np.where(takes_part, calibrated, 0.0)
    if calibration.controls_estimated:
        per_row = per_row + calibration.base_weight
    cell = x.column * psus.n_psus + psus.code[:, None]
    return binned_sums(cell, per_row[:, None] * x.value, x.n_columns, psus.n_psus)
