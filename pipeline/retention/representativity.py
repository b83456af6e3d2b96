"""How representative response is: the R-indicator with its bias adjustment, and who makes it less than 1."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.blocks import degrees_of_freedom
from pipeline.estimation.intervals import normal_interval
from pipeline.estimation.likelihoods import fitted_logit
from pipeline.estimation.linearisation import Linearisation, linearisation
from pipeline.estimation.tables import as_frame
from pipeline.estimation.variance import covariance_of_totals, variance_of_totals

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

NOT_KNOWN = "not known"
WHOLE, UNCONDITIONAL, CONDITIONAL = "r_indicator", "partial_unconditional", "partial_conditional"
COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("indicator", "variable", "category"), pl.String),
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "unadjusted"), pl.Float64),
    "degrees_of_freedom": pl.Int64,
    **dict.fromkeys(("n_asked", "n_respondents"), pl.Int64),
    **dict.fromkeys(("mean_propensity", "coefficient_of_variation"), pl.Float64),
    "covariates": pl.String,
}
SMALLEST_COLUMN = 1e-9  # of a column's part that the columns before it do not explain: below it they are collinear


@dataclass(frozen=True)
class Covariate:
    """What is known of everybody asked: codes (n,) among the categories, -1 where it is not known after all."""

    variable: str
    categories: tuple[str, ...]
    codes: NDArray[np.int64]

    def indicators(self, asked: Mask) -> list[tuple[str, Mask]]:
        """Return each category with anybody asked, and who is in it, those not known last."""
        found = [(name, self.codes == code) for code, name in enumerate(self.categories)]
        found.append((NOT_KNOWN, self.codes < 0))
        return [(name, mask) for name, mask in found if (mask & asked).any()]


@dataclass(frozen=True)
class ResponseModel:
    """Modelled chances to answer, their slopes, and how the coefficients move with each person."""

    propensity: Array  # (n,) 0 where not asked
    slope: Array  # (n, p) of the propensity by the coefficients
    influence: Array  # (n, p) on the coefficients, per unit of weight


def representativity(
    design: SurveyDesign,
    is_asked: Mask,
    is_respondent: Mask,
    covariates: Sequence[Covariate],
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return the R-indicator of one wave and its partial indicators by variable and category, with COLUMNS.

    `R = 1 - 2 S(rho)`, `S^2 = sum d (rho - mean)^2 / (sum d - 1)`, rho from a weighted logit on the covariates; from
    S^2 the sampling variance of rho is taken, by the design. The unconditional partial of a category is
    `sqrt(share) (mean rho of it - mean)`: below 0, chase them. The conditional one leaves out what the other
    variables explain, and has no sign.

    Raises:
        EstimationError: nobody was asked, or everybody or nobody answered, so that there is nothing to model.

    Source: methodology C13; Shlomo, Skinner and Schouten (2012), J. Statistical Planning and Inference 142; Schouten,
    Shlomo and Skinner (2011), J. Official Statistics 27(2) for the partial indicators.
    """
    if not (is_asked & is_respondent).any() or not (is_asked & ~is_respondent).any():
        raise EstimationError("everybody or nobody answered, so there is no response to model. Leave the wave out.")
    model = response_model(design, is_asked, is_respondent, covariates)
    sample = _Sample(design, is_asked, is_respondent, model, linearisation(design))
    rows = [_whole(sample)]
    for covariate in covariates:
        rows += _unconditional(sample, covariate)
        rows += _conditional(sample, covariate, [one for one in covariates if one is not covariate])
    return _frame(rows, sample, covariates, confidence)


def response_model(
    design: SurveyDesign, is_asked: Mask, is_respondent: Mask, covariates: Sequence[Covariate]
) -> ResponseModel:
    """Return the fit of a weighted logit of response, main effects of every category.

    In a category where everybody or nobody answered the chance is 1 or 0, as in the limit of the fit.
    """
    is_fitted = is_asked & (design.weight > 0)
    propensity = np.zeros(design.n)
    categories = [mask for one in covariates for _, mask in one.indicators(is_asked)]
    settled = True
    while settled:
        settled = False
        for mask in categories:
            answers = is_respondent[mask & is_fitted]
            if answers.size and (answers.all() or not answers.any()):
                propensity[mask & is_fitted] = float(answers[0])
                is_fitted, settled = is_fitted & ~mask, True
    slope_shape = (design.n, 0)
    if not is_fitted.any():
        return ResponseModel(propensity, np.zeros(slope_shape), np.zeros(slope_shape))
    x = _independent(np.column_stack([np.ones(design.n), *categories]).astype(np.float64), is_fitted)
    fit = fitted_logit(is_respondent[is_fitted].astype(np.float64), x[is_fitted], design.weight[is_fitted])
    fitted = 1 / (1 + np.exp(-x[is_fitted] @ fit.coefficient))
    propensity[is_fitted] = fitted
    slope, influence = np.zeros(x.shape), np.zeros(x.shape)
    slope[is_fitted] = x[is_fitted] * (fitted * (1 - fitted))[:, None]
    influence[is_fitted] = fit.influence()
    return ResponseModel(propensity, slope, influence)


def _independent(x: Array, rows: Mask) -> Array:
    """Return the columns that those before them do not explain, among these rows."""
    size = np.abs(np.diag(np.linalg.qr(x[rows], mode="r")))
    if size.size < x.shape[1]:
        size = np.append(size, np.zeros(x.shape[1] - size.size))
    return x[:, size > SMALLEST_COLUMN * np.sqrt(rows.sum())]


@dataclass(frozen=True)
class _Sample:
    """The people asked, their modelled chances, and how sums over them vary."""

    design: SurveyDesign
    is_asked: Mask
    is_respondent: Mask
    model: ResponseModel
    prepared: Linearisation

    @property
    def weight(self) -> Array:
        """Return the weight of those asked, 0 of the others."""
        return np.where(self.is_asked, self.design.weight, 0.0)

    @property
    def total(self) -> float:
        """Return the sum of the weights."""
        return float(self.weight.sum())

    @property
    def mean(self) -> float:
        """Return the mean propensity."""
        return float(self.weight @ self.model.propensity) / self.total

    @property
    def deviation(self) -> Array:
        """Return each propensity's distance from the mean, 0 for those not asked."""
        return np.where(self.is_asked, self.model.propensity - self.mean, 0.0)

    def error(self, influence: Array) -> float:
        """Return the standard error of an estimate with this influence (n,) per unit of weight."""
        totals = self.prepared.of_influence(influence[:, None])
        return float(np.sqrt(variance_of_totals(self.design, totals)[0]))


@dataclass(frozen=True)
class _Row:
    indicator: str
    variable: str
    category: str
    estimate: float
    standard_error: float
    unadjusted: float


def _whole(sample: _Sample) -> _Row:
    """Return the R-indicator, adjusted for the spread that estimating the propensities adds."""
    weight, total, model = sample.weight, sample.total, sample.model
    spread = float(weight @ np.square(sample.deviation)) / (total - 1)
    covariance = covariance_of_totals(sample.design, sample.prepared.of_influence(model.influence))
    noise = float(weight @ np.einsum("ip,pq,iq->i", model.slope, covariance, model.slope)) / total
    n = int(sample.is_asked.sum())
    adjusted = max((1 + 1 / n - 1 / total) * spread - noise, 0.0)
    error = np.nan
    if spread > 0:
        slope = 2 * (weight * sample.deviation) @ model.slope / total
        of_spread = np.where(sample.is_asked, (np.square(sample.deviation) - spread) / total, 0.0)
        error = sample.error((of_spread + model.influence @ slope) / np.sqrt(spread))
    return _Row(WHOLE, "all", "all", 1 - 2 * np.sqrt(adjusted), error, 1 - 2 * float(np.sqrt(spread)))


def _unconditional(sample: _Sample, covariate: Covariate) -> list[_Row]:
    """Return how far each category's mean propensity is from the mean, and the spread between them."""
    weight, total = sample.weight, sample.total
    answer = np.where(sample.is_asked, sample.is_respondent.astype(np.float64), 0.0)
    mean = float(weight @ answer) / total
    rows, squares, of_squares = [], 0.0, np.zeros(sample.design.n)
    for category, mask in covariate.indicators(sample.is_asked):
        inside = mask & sample.is_asked
        group = float(weight[inside].sum())
        share, distance = group / total, float(weight[inside] @ answer[inside]) / group - mean
        of_distance = np.where(inside, (answer - mean - distance) / group, 0.0)
        of_distance -= np.where(sample.is_asked, (answer - mean) / total, 0.0)
        of_share = np.where(sample.is_asked, (inside - share) / total, 0.0)
        influence = np.sqrt(share) * of_distance + distance * of_share / (2 * np.sqrt(share))
        partial = float(np.sqrt(share)) * distance
        rows.append(_Row(UNCONDITIONAL, covariate.variable, category, partial, sample.error(influence), partial))
        squares += partial**2
        of_squares += 2 * partial * influence
    return [_of_variable(sample, UNCONDITIONAL, covariate, squares, of_squares), *rows]


def _conditional(sample: _Sample, covariate: Covariate, others: Sequence[Covariate]) -> list[_Row]:
    """Return the spread of propensities among people alike in every other variable, by category and in all."""
    weight, total, model = sample.weight, sample.total, sample.model
    codes = np.column_stack([np.zeros(sample.design.n, np.int64), *(one.codes for one in others)])
    cell = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    cell_weight = np.bincount(cell, weight)
    per_weight = np.divide(1.0, cell_weight, out=np.zeros_like(cell_weight), where=cell_weight > 0)
    apart = model.propensity - (np.bincount(cell, weight * model.propensity) * per_weight)[cell]
    apart = np.where(sample.is_asked, apart, 0.0)
    rows, squares, of_squares = [], 0.0, np.zeros(sample.design.n)
    for category, mask in covariate.indicators(sample.is_asked):
        inside = (mask & sample.is_asked).astype(np.float64)
        square = float(weight @ (inside * np.square(apart))) / total
        pull = weight * inside * apart
        of_cell = (np.bincount(cell, pull) * per_weight)[cell]  # how a cell's mean moves with its members
        direct = np.where(sample.is_asked, inside * np.square(apart) - square - 2 * of_cell * apart, 0.0) / total
        slope = 2 * (pull - weight * of_cell) @ model.slope / total
        influence = direct + model.influence @ slope
        rows.append(_of_square(sample, (CONDITIONAL, covariate.variable, category), square, influence))
        squares += square
        of_squares += influence
    return [_of_variable(sample, CONDITIONAL, covariate, squares, of_squares), *rows]


def _of_variable(sample: _Sample, indicator: str, covariate: Covariate, square: float, influence: Array) -> _Row:
    return _of_square(sample, (indicator, covariate.variable, "all"), square, influence)


def _of_square(sample: _Sample, keys: tuple[str, str, str], square: float, influence: Array) -> _Row:
    """Return the root of a spread, with the error that its influence gives the root."""
    root = float(np.sqrt(square))
    error = sample.error(influence / (2 * root)) if root > 0 else float("nan")
    return _Row(*keys, root, error, root)


def _frame(rows: Sequence[_Row], sample: _Sample, covariates: Sequence[Covariate], confidence: float) -> pl.DataFrame:
    """Return the rows with their intervals, inside what each indicator can be."""
    estimate = np.array([row.estimate for row in rows])
    error = np.array([row.standard_error for row in rows])
    has_data = sample.prepared.sums(np.flatnonzero(sample.is_asked), np.zeros(int(sample.is_asked.sum()), np.int64), 1)
    freedom = degrees_of_freedom(sample.design, has_data[:, : sample.prepared.n_psus] > 0).repeat(len(rows))
    low, high = normal_interval(estimate, error, freedom.astype(np.float64), confidence=confidence)
    has_sign = np.array([row.indicator == UNCONDITIONAL and row.category != "all" for row in rows])
    low = np.where(has_sign, low, np.maximum(low, 0.0))
    high = np.where(has_sign, high, np.minimum(high, 1.0))
    spread = (1 - rows[0].estimate) / 2
    return as_frame(
        {
            "indicator": [row.indicator for row in rows],
            "variable": [row.variable for row in rows],
            "category": [row.category for row in rows],
            "estimate": estimate,
            "standard_error": error,
            "ci_low": low,
            "ci_high": high,
            "unadjusted": [row.unadjusted for row in rows],
            "degrees_of_freedom": freedom,
            "n_asked": np.repeat(int(sample.is_asked.sum()), len(rows)),
            "n_respondents": np.repeat(int((sample.is_asked & sample.is_respondent).sum()), len(rows)),
            "mean_propensity": np.repeat(sample.mean, len(rows)),
            "coefficient_of_variation": np.repeat(spread / sample.mean, len(rows)),
            "covariates": [", ".join(one.variable for one in covariates)] * len(rows),
        },
        COLUMNS,
    )
