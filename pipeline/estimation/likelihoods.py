"""Weighted fits of regression models: coefficients, every person's score, and the weighted information.

statsmodels fits linear and logit models with weights. Its ordered and multinomial models take none, so theirs
are fitted here by Newton's method; both likelihoods are concave.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EstimationError

Array = NDArray[np.float64]
Scores = Callable[[Array], tuple[float, Array, Array]]  # from coefficients: log likelihood, scores, information

MOST_STEPS = 60
SMALL_STEP = 1e-8  # log odds; the error after it is about its square
ROUNDING = 1e-12  # of the log likelihood


@dataclass(frozen=True)
class Fit:
    """A fitted model."""

    coefficient: Array  # (p,)
    score: Array  # (n, p) of each person, without the weight
    information: Array  # (p, p) weighted

    def influence(self) -> Array:
        """Return what each person adds to the coefficients, per unit of weight, (n, p)."""
        return np.asarray(np.linalg.solve(self.information, self.score.T).T, np.float64)


def fitted_linear(outcome: Array, x: Array, weight: Array) -> Fit:
    """Return the weighted least squares fit."""
    from statsmodels.regression.linear_model import WLS

    coefficient = np.asarray(WLS(outcome, x, weights=weight).fit().params)
    residual = outcome - x @ coefficient
    return Fit(coefficient, x * residual[:, None], (x * weight[:, None]).T @ x)


def fitted_logit(outcome: Array, x: Array, weight: Array) -> Fit:
    """Return the weighted logit fit; the start is statsmodels' and the last steps are Newton's."""
    import statsmodels.api as sm

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of perfect separation, which the steps below find out
        model = sm.GLM(outcome, x, family=sm.families.Binomial(), freq_weights=weight / weight.mean())
        start = np.asarray(model.fit(maxiter=MOST_STEPS).params, np.float64)

    def scores(coefficient: Array) -> tuple[float, Array, Array]:
        linear = x @ coefficient
        share = 1 / (1 + np.exp(-linear))
        log_likelihood = weight @ (outcome * linear - np.logaddexp(0, linear))
        information = (x * (weight * share * (1 - share))[:, None]).T @ x
        return float(log_likelihood), x * (outcome - share)[:, None], information

    return _newton(scores, start, weight, np.abs(x).max(axis=0))


def fitted_multinomial(outcome: Array, x: Array, weight: Array) -> Fit:
    """Return the weighted multinomial logit fit; coefficients category by category, the first being 0."""
    n_others, n_columns = int(outcome.max()), x.shape[1]
    is_outcome = (outcome[:, None] == np.arange(1, n_others + 1)).astype(np.float64)

    def scores(coefficient: Array) -> tuple[float, Array, Array]:
        linear = x @ coefficient.reshape(n_others, n_columns).T
        log_total = np.logaddexp.reduce(np.column_stack([np.zeros(len(x)), linear]), axis=1)
        share = np.exp(linear - log_total[:, None])
        log_likelihood = weight @ ((is_outcome * linear).sum(axis=1) - log_total)
        residual = is_outcome - share
        information = np.empty((n_others, n_columns, n_others, n_columns))
        for one in range(n_others):
            for other in range(n_others):
                curvature = weight * share[:, one] * ((one == other) - share[:, other])
                information[one, :, other, :] = (x * curvature[:, None]).T @ x
        size = n_others * n_columns
        score = (residual[:, :, None] * x[:, None, :]).reshape(len(x), size)
        return float(log_likelihood), score, information.reshape(size, size)

    return _newton(scores, np.zeros(n_others * n_columns), weight, np.tile(np.abs(x).max(axis=0), n_others))


def fitted_proportional_odds(outcome: Array, x: Array, weight: Array) -> Fit:
    """Return the weighted proportional odds fit: slopes, then cut points; P(y <= j) = logit^-1(cut_j - x'b).

    Source: McCullagh (1980), JRSS B 42.
    """
    code, n_slopes = outcome.astype(np.int64), x.shape[1]
    n_cuts = int(code.max())
    is_cut = np.eye(n_cuts + 2)[:, 1 : n_cuts + 1]  # of the bounds -inf, cut 1, ..., inf
    upper, lower = np.hstack([-x, is_cut[code + 1]]), np.hstack([-x, is_cut[code]])

    def scores(coefficient: Array) -> tuple[float, Array, Array]:
        bounds = np.concatenate([[-np.inf], coefficient[n_slopes:], [np.inf]])
        linear = x @ coefficient[:n_slopes]
        above, below = (1 / (1 + np.exp(linear - bounds[place])) for place in (code + 1, code))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(above > below, above - below, np.nan)
            slope_above, slope_below = above * (1 - above) / share, below * (1 - below) / share
            curve_above = np.square(slope_above) - slope_above * (1 - 2 * above)
            curve_below = np.square(slope_below) + slope_below * (1 - 2 * below)
            log_likelihood = weight @ np.log(share)
        crossed = (upper * (weight * slope_above * slope_below)[:, None]).T @ lower
        information = (upper * (weight * curve_above)[:, None]).T @ upper - crossed - crossed.T
        information += (lower * (weight * curve_below)[:, None]).T @ lower
        score = upper * slope_above[:, None] - lower * slope_below[:, None]
        return float(log_likelihood), score, information

    reached = np.cumsum(np.bincount(code, weight))[:-1] / weight.sum()
    start = np.append(np.zeros(n_slopes), np.log(reached / (1 - reached)))
    return _newton(scores, start, weight, np.append(np.abs(x).max(axis=0), np.ones(n_cuts)))


def _newton(scores: Scores, start: Array, weight: Array, x_size: Array) -> Fit:
    """Return the coefficients at the maximum of a concave log likelihood.

    Args:
        x_size: (p,) the largest value of each coefficient's column, which makes steps log odds.

    Raises:
        EstimationError: there is no maximum; steps then stay about 1 for ever.
    """
    coefficient, (log_likelihood, score, information) = start, scores(start)
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(information, weight @ score)
        except np.linalg.LinAlgError:
            break
        tried = scores(coefficient + step)
        while (
            not tried[0] >= log_likelihood - ROUNDING * abs(log_likelihood) and np.abs(step * x_size).max() > ROUNDING
        ):
            step = step / 2
            tried = scores(coefficient + step)
        coefficient, (log_likelihood, score, information) = coefficient + step, tried
        if np.abs(step * x_size).max() <= SMALL_STEP:
            return Fit(coefficient, score, information)
    raise EstimationError(
        "the regression's likelihood has no maximum: a predictor, or several together, decide the outcome. Merge "
        "categories, or leave that predictor out."
    )
