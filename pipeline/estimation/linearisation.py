"""From an estimate's influence values to PSU totals, through the residuals of the weights' calibration."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.auxiliaries import Auxiliaries, auxiliaries_of, inverse
from pipeline.estimation.blocks import degrees_of_freedom, safe_ratio
from pipeline.estimation.response import FittedResponse, Term, corrected, cross_product, fitted_response
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
    calibrated_weight: Array  # (n,) r g d
    control_weight: Array | None  # (n,) weights behind the totals, where they are estimated from the starting sample
    regression: Array  # (n_columns, n_columns) sum(d x x')^-1

    @cached_property
    def fitted_weight(self) -> Array:
        """Return (n,) c."""
        return -self.calibrated_weight if self.control_weight is None else self.control_weight - self.calibrated_weight

    def fitted_totals(self, group: Codes, n_groups: int) -> Array:
        """Return sum(c x) over the rows of each group, (n_groups, n_columns)."""
        return self.auxiliaries.sums(slice(None), group, n_groups, self.fitted_weight)


@dataclass(frozen=True)
class Linearisation:
    """How sums over a design's rows become PSU totals of linearised values.

    The bins of a sum are the PSUs, to which a row adds its weight; the auxiliaries x of a calibration, to which
    it adds its base weight times x; and the predictors q of each response model, to which it adds
    (1 - p) times its weight times q. PSU totals of any influence value are linear in these.

    A weight that starts from another one, s, makes linearised values z that are s times something; of the weight s
    they are the values of a total with influence z / s, which its own steps turn into values once more. For a start
    that was calibrated to known totals that is z = g0 d0 (z / s - x0'B0), B0 = sum(d0 x0 x0')^-1 sum(d0 x0 z / s).
    The bins of those steps come last.

    Source: methodology C5.
    """

    design: SurveyDesign
    psus: Psus
    residuals: Residuals | None = None
    response: tuple[FittedResponse, ...] = ()
    start: "Linearisation | None" = None  # of the same rows under the starting weight

    @property
    def variance_method(self) -> str:
        """Return linearised, with what of the weighting it takes in: nonresponse, and calibration or two_phase."""
        parts = ["linearised"] + (["nonresponse"] if self.response else [])
        if self.design.calibration is not None:
            parts.append("two_phase" if self.design.calibration.controls_estimated else "calibration")
        return "_".join(parts)

    @property
    def n_psus(self) -> int:
        """Return the number of PSUs, which are the first bins."""
        return self.psus.n_psus

    @property
    def n_bins(self) -> int:
        """Return the number of bins of a sum."""
        return self.n_psus + sum(part.n_columns for part, _ in self._fitted)

    @cached_property
    def _fitted(self) -> list[tuple[Auxiliaries, Array]]:
        """Return what was fitted to the rows, and what each row adds to its bins per unit of influence."""
        of_calibration = [] if self.residuals is None else [(self.residuals.auxiliaries, self.residuals.base_weight)]
        of_response = [(one.predictors, one.sensitivity * self.design.weight) for one in self.response]
        of_start = [(part, per_start * self.design.weight) for part, per_start in self._fitted_to_start]
        return of_calibration + of_response + of_start

    @cached_property
    def _fitted_to_start(self) -> list[tuple[Auxiliaries, Array]]:
        """Return what the starting weight was fitted to, and what each row adds to its bins per unit of z."""
        if self.start is None:
            return []
        return [(part, safe_ratio(amount, self.start.design.weight)) for part, amount in self.start._fitted]

    def sums(self, row: Codes, column: Codes, n_columns: int, value: Array | None = None) -> Array:
        """Return sums over bins (n_columns, n_bins) of values (default 1) at pairs of row and column."""
        weight = self.design.weight[row]
        cell = column * self.n_psus + self.psus.code[row]
        by_psu = binned_sums(cell, weight if value is None else weight * value, n_columns, self.n_psus)
        bins = [by_psu]
        for auxiliaries, amount in self._fitted:
            added = amount[row] if value is None else amount[row] * value
            bins.append(auxiliaries.sums(row, column, n_columns, added))
        return np.hstack(bins) if len(bins) > 1 else by_psu

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
        """Return the PSU totals (n_bins - n_psus, n_psus) that each unit of a bin after the PSUs adds."""
        if not self._fitted:
            return None
        n_own = self.n_bins - self.n_psus - sum(part.n_columns for part, _ in self._fitted_to_start)
        own = np.zeros((n_own, self.n_psus))
        terms = self._terms(n_own)
        for term in terms:
            own += (term.predictors.sums(slice(None), self.psus.code, self.n_psus, term.amount) @ term.coefficient).T
        if self.start is None or self.start._correction is None:
            return own
        to_start = [
            sum(
                (cross_product(part, per_start * term.amount, term.predictors) @ term.coefficient for term in terms),
                np.zeros((part.n_columns, n_own)),
            )
            for part, per_start in self._fitted_to_start
        ]
        return np.vstack([own + np.vstack(to_start).T @ self.start._correction, self.start._correction])

    def _terms(self, n_bins: int) -> list[Term]:
        """Return what is added to w u: residuals of calibration, of response, and the totals' own error."""
        if self.residuals is None:
            return corrected([], self.response, 0, n_bins)
        residuals, n_auxiliaries = self.residuals, self.residuals.auxiliaries.n_columns
        coefficient = np.hstack([residuals.regression, np.zeros((n_auxiliaries, n_bins - n_auxiliaries))])
        calibrated = Term(residuals.auxiliaries, -residuals.calibrated_weight, coefficient)
        terms = corrected([calibrated], self.response, n_auxiliaries, n_bins)
        if residuals.control_weight is not None:
            terms.append(Term(residuals.auxiliaries, residuals.control_weight, coefficient))
        return terms


def linearisation(design: SurveyDesign, psus: Psus | None = None) -> Linearisation:
    """Return how a design's influence values become PSU totals; once for all estimates of the design.

    Args:
        psus: the PSUs of several waves together, among which to count; the design's own by default.
    """
    residuals = None if design.calibration is None else _residuals(design, design.calibration)
    response = tuple(fitted_response(model) for model in design.response)
    psus = psus or Psus(design.structure.psu, design)
    start = None if design.start is None else linearisation(design.start, psus)
    return Linearisation(design, psus, residuals, response, start)


def _residuals(design: SurveyDesign, calibration: Calibration) -> Residuals:
    """Return what the calibration of a design's weights does to influence values."""
    auxiliaries, base = auxiliaries_of(calibration), calibration.base_weight
    takes_part = np.ones(design.n, np.bool_)
    if calibration.is_calibrated is not None:
        takes_part = calibration.is_calibrated
    calibrated = design.weight if calibration.calibrated_weight is None else calibration.calibrated_weight
    control = base if calibration.control_weight is None else calibration.control_weight
    return Residuals(
        auxiliaries,
        base_weight=np.where(takes_part & (design.weight > 0), base, 0.0),
        calibrated_weight=np.where(takes_part, calibrated, 0.0),
        control_weight=control if calibration.controls_estimated else None,
        regression=inverse(auxiliaries.cross_product(np.where(takes_part, base, 0.0))),
    )
