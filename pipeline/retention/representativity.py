"""How representative response is: the R-indicator with its bias adjustment, and who makes it less than 1."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.blocks import degrees_of_freedom
from pipeline.estimation.intervals import normal_interval
from pipeline.estimation.linearisation import linearisation
from pipeline.estimation.tables import as_frame
from pipeline.estimation.variance import covariance_of_totals
from pipeline.retention.partial_indicators import UNCONDITIONAL, Row, conditional, unconditional
from pipeline.retention.response_model import Covariate, Mask, Sample, response_model

Array = NDArray[np.float64]

WHOLE = "r_indicator"
COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("indicator", "variable", "category"), pl.String),
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "unadjusted"), pl.Float64),
    "degrees_of_freedom": pl.Int64,
    **dict.fromkeys(("n_asked", "n_respondents"), pl.Int64),
    **dict.fromkeys(("mean_propensity", "coefficient_of_variation"), pl.Float64),
    "covariates": pl.String,
}


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
    S^2 the sampling variance of rho is taken, by the design; the interval of R is that of S^2. The unconditional
    partial of a category is `sqrt(share) (mean rho of it - mean)`: below 0, chase them. The conditional one leaves
    out what the other variables explain, and has no sign.

    Raises:
        EstimationError: nobody was asked, or everybody or nobody answered, so that there is nothing to model.

    Source: methodology C13; Shlomo, Skinner and Schouten (2012), J. Statistical Planning and Inference 142; Schouten,
    Shlomo and Skinner (2011), J. Official Statistics 27(2) for the partial indicators.
    """
    if not (is_asked & is_respondent).any() or not (is_asked & ~is_respondent).any():
        raise EstimationError("everybody or nobody answered, so there is no response to model. Leave the wave out.")
    model = response_model(design, is_asked, is_respondent, covariates)
    sample = Sample(design, is_asked, is_respondent, model, linearisation(design))
    whole, of_square = _whole(sample)
    rows = [whole]
    for covariate in covariates:
        rows += unconditional(sample, covariate)
        rows += conditional(sample, covariate, [one for one in covariates if one is not covariate])
    return _frame(rows, of_square, sample, covariates, confidence)


def _whole(sample: Sample) -> tuple[Row, float]:
    """Return the R-indicator, adjusted for the spread that estimating the propensities adds, and the error of S^2."""
    weight, total, model = sample.weight, sample.total, sample.model
    spread = float(weight @ np.square(sample.deviation)) / (total - 1)
    covariance = covariance_of_totals(sample.design, sample.prepared.of_influence(model.influence))
    noise = float(weight @ np.einsum("ip,pq,iq->i", model.slope, covariance, model.slope)) / total
    n = int(sample.is_asked.sum())
    adjusted = max((1 + 1 / n - 1 / total) * spread - noise, 0.0)
    slope = 2 * (weight * sample.deviation) @ model.slope / total
    of_spread = np.where(sample.is_asked, (np.square(sample.deviation) - spread) / total, 0.0)
    of_square = sample.error(of_spread + model.influence @ slope)
    error = of_square / np.sqrt(adjusted) if adjusted > 0 else np.nan
    return Row(WHOLE, "all", "all", 1 - 2 * np.sqrt(adjusted), error, 1 - 2 * float(np.sqrt(spread))), of_square


def _whole_limits(estimate: Array, of_square: float, freedom: Array, confidence: float) -> tuple[Array, Array]:
    """Return the limits of R, those of S^2 on the scale of R: near 1 its own scale has no error to speak of."""
    square = np.square((1 - estimate) / 2)
    low, high = normal_interval(square, np.full_like(square, of_square), freedom, confidence=confidence)
    return 1 - 2 * np.sqrt(high), 1 - 2 * np.sqrt(np.maximum(low, 0.0))


def _frame(
    rows: Sequence[Row], of_square: float, sample: Sample, covariates: Sequence[Covariate], confidence: float
) -> pl.DataFrame:
    """Return the rows with their intervals, inside what each indicator can be; the first is the whole."""
    estimate = np.array([row.estimate for row in rows])
    error = np.array([row.standard_error for row in rows])
    has_data = sample.prepared.sums(np.flatnonzero(sample.is_asked), np.zeros(int(sample.is_asked.sum()), np.int64), 1)
    freedom = degrees_of_freedom(sample.design, has_data[:, : sample.prepared.n_psus] > 0).repeat(len(rows))
    low, high = normal_interval(estimate, error, freedom.astype(np.float64), confidence=confidence)
    low[:1], high[:1] = _whole_limits(estimate[:1], of_square, freedom[:1].astype(np.float64), confidence)
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
