"""Regression on survey data: weighted fits, with the sampling design in their standard errors.

The coefficients maximise the weighted likelihood, which estimates that of the whole population. They vary
with the sample through the score of every person: `u = A^-1 score`, A the weighted information, goes through the
same linearisation (or replicates) as any estimate. With replicates this is one Newton step in each.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.intervals import normal_interval, t_p_value
from pipeline.estimation.likelihoods import (
    Fit,
    fitted_linear,
    fitted_logit,
    fitted_multinomial,
    fitted_proportional_odds,
)
from pipeline.estimation.spread import base_of, spread_of
from pipeline.estimation.values import DomainRows

Array = NDArray[np.float64]

KINDS = ("linear", "logit", "proportional_odds", "multinomial")
CONSTANT = "constant"


@dataclass(frozen=True)
class Predictors:
    """The columns that explain, without the constant, which every model adds for itself."""

    names: tuple[str, ...]
    value: Array  # (n, n_columns), NaN missing


@dataclass(frozen=True)
class Regression:
    """Coefficients, cut points last, with their covariance."""

    terms: tuple[str, ...]
    coefficient: Array  # (p,)
    covariance: Array  # (p, p)
    degrees_of_freedom: int  # PSUs - strata + 1 - coefficients
    unweighted_n: int
    variance_method: str

    @property
    def standard_error(self) -> Array:
        """Return the standard errors (p,)."""
        return np.sqrt(np.diag(self.covariance))

    def table(self, *, confidence: float = 0.95) -> pl.DataFrame:
        """Return one row per term: estimate, standard_error, ci_low, ci_high, p_value, degrees_of_freedom."""
        freedom = np.full(len(self.terms), self.degrees_of_freedom)
        low, high = normal_interval(self.coefficient, self.standard_error, freedom, confidence=confidence)
        p_value = t_p_value(self.coefficient, self.standard_error, freedom)
        columns = {
            "term": list(self.terms),
            "estimate": self.coefficient,
            "standard_error": self.standard_error,
            "ci_low": low,
            "ci_high": high,
            "p_value": p_value,
            "degrees_of_freedom": freedom,
        }
        return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def regression(
    design: SurveyDesign,
    outcome: Array,
    predictors: Predictors,
    *,
    kind: str,
    domain: NDArray[np.bool_] | None = None,
) -> Regression:
    """Return the regression of an outcome on predictors, among those who have all of them.

    Args:
        outcome: (n,) NaN missing; 0 or 1 for logit, codes in order from 0 for proportional_odds and, the
            first being the one compared with, for multinomial.
        kind: one of KINDS.
        domain: the rows to fit (n,); the others stay in the design.

    Raises:
        EstimationError: the kind is not known, the outcome does not suit it, predictors are collinear, or the
            likelihood has no maximum because a predictor decides the outcome.

    Source: methodology C12 and F; Binder (1983), International Statistical Review 51.
    """
    if kind not in KINDS:
        raise EstimationError(f"regression '{kind}' is not known. Use one of {', '.join(KINDS)}.")
    is_fitted = (design.weight > 0) & np.isfinite(outcome) & np.isfinite(predictors.value).all(axis=1)
    if domain is not None:
        is_fitted &= domain
    fit = _fit(kind, outcome[is_fitted], predictors.value[is_fitted], design.weight[is_fitted])
    row = np.flatnonzero(is_fitted)
    deviations, freedom, method = _spread(design, row, fit.influence())
    return Regression(
        _terms(kind, predictors.names, outcome[is_fitted]),
        fit.coefficient,
        np.asarray(deviations @ deviations.T),
        freedom + 1 - fit.coefficient.size,
        row.size,
        method,
    )


def _fit(kind: str, outcome: Array, x: Array, weight: Array) -> Fit:
    """Return the weighted fit of the model of this kind."""
    models = {
        "linear": fitted_linear,
        "logit": fitted_logit,
        "proportional_odds": fitted_proportional_odds,
        "multinomial": fitted_multinomial,
    }
    if kind != "linear":
        _refuse_other_codes(kind, outcome)
    constant = np.ones((outcome.size, 0 if kind == "proportional_odds" else 1))
    matrix = np.hstack([constant, x])
    if np.linalg.matrix_rank(np.hstack([np.ones((outcome.size, 1)), x])) < x.shape[1] + 1:
        raise EstimationError(
            f"the {x.shape[1]} predictors and the constant are collinear among the {outcome.size} people fitted, so "
            "their coefficients are not defined. Leave one out."
        )
    return models[kind](outcome, matrix, weight)


def _refuse_other_codes(kind: str, outcome: Array) -> None:
    """Refuse an outcome that is not coded 0, 1, ... without gaps, or only 0 and 1 for logit."""
    found = np.unique(outcome)
    expected = np.arange(max(found.size, 2))
    if found.size < 2 or not np.array_equal(found, expected) or (kind == "logit" and found.size > 2):
        codes = ", ".join(f"{code:g}" for code in found[:10])
        wanted = "0 and 1" if kind == "logit" else "codes from 0 without gaps, two or more"
        raise EstimationError(f"the outcome of a {kind} regression has the values {codes}, expected {wanted}.")


def _spread(design: SurveyDesign, row: NDArray[np.int64], influence: Array) -> tuple[Array, int, str]:
    """Return the deviations (p, m) of coefficients with this influence, the degrees of freedom, the method."""
    spread = spread_of(design)
    n_columns = influence.shape[1]
    column = np.tile(np.arange(n_columns), row.size)
    sums = spread.sums(np.repeat(row, n_columns), column, n_columns, influence.ravel())
    deviations = spread.total_deviations(sums, design.weight[row] @ influence)
    base = base_of(spread, DomainRows(row, np.zeros_like(row), 1))
    return deviations, int(base.degrees_of_freedom[0]), spread.variance_method


def _terms(kind: str, names: tuple[str, ...], outcome: Array) -> tuple[str, ...]:
    """Return the names of the coefficients in their order."""
    if kind == "proportional_odds":
        return *names, *(f"{code}|{code + 1}" for code in range(np.unique(outcome).size - 1))
    with_constant = (CONSTANT, *names)
    if kind != "multinomial":
        return with_constant
    return tuple(f"{code}: {name}" for code in range(1, np.unique(outcome).size) for name in with_constant)
