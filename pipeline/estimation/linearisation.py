"""From an estimate's influence values to PSU totals, through the residuals of the weights' calibration."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.auxiliaries import Auxiliaries, auxiliaries_of, inverse
from pipeline.estimation.blocks import degrees_of_freedom, safe_ratio
from pipeline.estimation.values import DomainRows
from pipeline.estimation.variance import binned_sums, scaled_deviations

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


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
class Residuals:
    """How calibration turns the influence u of row i on an estimate into z = w u + c x'B.

    B = sum(d x x')^-1 sum(d x u). Calibrated to known totals c = -g d, so that z = g d (u - x'B). Totals
    estimated from the starting sample: c = d - r g d over all of it, r = 1 for those calibrated.

    Source: methodology C5; Deville and Sarndal (1992), JASA 87.
    """

    auxiliaries: Auxiliaries
    base_weight: Array  # (n,) d of rows that have an influence; 0 for the others
    fitted_weight: Array  # (n,) c
    regression: Array  # (n_columns, n_columns) sum(d x x')^-1

    def fitted_totals(self, group: Codes, n_groups: int) -> Array:
        """Return sum(c x) over the rows of each group, (n_groups, n_columns)."""
        return self.auxiliaries.sums(slice(None), group, n_groups, self.fitted_weight)


@dataclass(frozen=True)
class Linearisation:
    """How sums over a design's rows become PSU totals of linearised values.

    The bins of a sum are the PSUs, to which a row adds its weight, and the auxiliaries x of a calibration,
    to which it adds its base weight times x. PSU totals of any influence value are linear in these.
    """

    design: SurveyDesign
    psus: Psus
    residuals: Residuals | None = None

    @property
    def variance_method(self) -> str:
        """Return linearised, linearised_calibration or linearised_two_phase."""
        if self.design.calibration is None:
            return "linearised"
        return "linearised_two_phase" if self.design.calibration.controls_estimated else "linearised_calibration"

    @property
    def n_psus(self) -> int:
        """Return the number of PSUs, which are the first bins."""
        return self.psus.n_psus

    @property
    def n_bins(self) -> int:
        """Return the number of bins of a sum."""
        return self.n_psus + (0 if self.residuals is None else self.residuals.auxiliaries.n_columns)

    def sums(self, row: Codes, column: Codes, n_columns: int, value: Array | None = None) -> Array:
        """Return sums over bins (n_columns, n_bins) of values (default 1) at pairs of row and column."""
        weight = self.design.weight[row]
        cell = column * self.n_psus + self.psus.code[row]
        by_psu = binned_sums(cell, weight if value is None else weight * value, n_columns, self.n_psus)
        if self.residuals is None:
            return by_psu
        base = self.residuals.base_weight[row]
        by_auxiliary = self.residuals.auxiliaries.sums(row, column, n_columns, base if value is None else base * value)
        return np.hstack([by_psu, by_auxiliary])

    def psu_totals(self, sums: Array) -> Array:
        """Return the PSU totals (..., n_psus) of linearised values whose influence has these sums over bins."""
        if self._correction is None:
            return sums
        flat = sums.reshape(-1, sums.shape[-1])
        totals = flat[:, self.n_psus :] @ self._correction
        totals += flat[:, : self.n_psus]
        return np.asarray(totals.reshape(*sums.shape[:-1], self.n_psus))

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

    @cached_property
    def _correction(self) -> Array | None:
        """Return the PSU totals (n_columns, n_psus) of c x'B per unit of sum(d x u)."""
        if self.residuals is None:
            return None
        return self.residuals.regression @ self.residuals.fitted_totals(self.psus.code, self.n_psus).T


def linearisation(design: SurveyDesign, psus: Psus | None = None) -> Linearisation:
    """Return how a design's influence values become PSU totals; once for all estimates of the design.

    Args:
        psus: the PSUs of several waves together, among which to count; the design's own by default.
    """
    residuals = None if design.calibration is None else _residuals(design, design.calibration)
    return Linearisation(design, psus or Psus(design.structure.psu, design), residuals)


def _residuals(design: SurveyDesign, calibration: Calibration) -> Residuals:
    """Return what the calibration of a design's weights does to influence values."""
    auxiliaries, base = auxiliaries_of(calibration), calibration.base_weight
    takes_part = np.ones(design.n, np.bool_)
    if calibration.is_calibrated is not None:
        takes_part = calibration.is_calibrated
    calibrated = design.weight if calibration.calibrated_weight is None else calibration.calibrated_weight
    fitted = -np.where(takes_part, calibrated, 0.0)
    return Residuals(
        auxiliaries,
        base_weight=np.where(takes_part & (design.weight > 0), base, 0.0),
        fitted_weight=fitted + base if calibration.controls_estimated else fitted,
        regression=inverse(auxiliaries.cross_product(np.where(takes_part, base, 0.0))),
    )
