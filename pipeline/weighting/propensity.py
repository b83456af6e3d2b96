"""Response propensities: the weighted logistic regression of answering, for the full sample and all replicates.

People alike in every covariate share a propensity, so the regression works on groups: their weights, and those of
the respondents among them. The full sample's fit is statsmodels' GLM. Replicates start from its coefficients and
take Newton's steps, all replicates at once, on matrices of groups × replicates.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError

Floats = NDArray[np.float64]
SMALLEST_PROPENSITY = 1e-6  # below this a group has no respondents who could stand for it
LARGEST_LOG_ODDS = 15.0  # of a replicate, which may leave a small group without respondents
MOST_STEPS = 12  # of Newton's, from the full sample's solution
SMALL_STEP = 1e-8  # log odds; the error after it is about its square
SMALL_SCORE = 1e-12  # of all weight


@dataclass(frozen=True)
class FittedPropensity:
    """A fitted response model of groups."""

    coefficient: Floats  # (k,)
    propensity: Floats  # (n_groups,)


def fitted_propensity(predictors: Floats, total: Floats, responded: Floats) -> FittedPropensity:
    """Return the weighted logistic fit of answering.

    Args:
        predictors: (n_groups, k) with a constant among them, independent of each other.
        total: (n_groups,) weight of everyone asked; groups of weight 0 are predicted, not fitted.
        responded: (n_groups,) weight of those who answered.

    Raises:
        WeightingError: the fit does not converge, as when nobody of a level answered.

    Source: methodology C7.2; the point fit is statsmodels' GLM, its standard errors are not used.
    """
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM

    is_fitted = total > 0
    scale = total[is_fitted].mean() if is_fitted.any() else 1.0
    model = GLM(
        responded[is_fitted] / total[is_fitted],
        predictors[is_fitted],
        family=families.Binomial(),
        freq_weights=total[is_fitted] / scale,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of perfect separation, which is refused below in words
        fit = model.fit(tol=1e-12, maxiter=100)
    propensity = np.asarray(fit.predict(predictors), np.float64)
    if not fit.converged or not np.isfinite(propensity).all() or propensity.min(initial=1.0) < SMALLEST_PROPENSITY:
        raise WeightingError(
            "the response model did not converge: some group did not answer at all. Merge its category with a "
            "neighbour, or leave the variable out."
        )
    return FittedPropensity(np.asarray(fit.params, np.float64), propensity)


def refitted_propensities(
    predictors: Floats, total: Floats, responded: Floats, start: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the (n_groups, n_replicates) propensities of every replicate, and which fits converged.

    Args:
        total, responded: (n_groups, n_replicates).
        start: (k,) coefficients of the full sample.
    """
    k, n_replicates = predictors.shape[1], total.shape[1]
    coefficient = np.repeat(start[:, None], n_replicates, axis=1)
    products = (predictors[:, :, None] * predictors[:, None, :]).reshape(-1, k * k)
    has_converged = np.zeros(n_replicates, np.bool_)
    for _ in range(MOST_STEPS):
        propensity = _share(predictors @ coefficient)
        score = predictors.T @ (responded - total * propensity)
        information = (products.T @ (total * propensity * (1 - propensity))).T.reshape(n_replicates, k, k)
        ridge = 1e-12 * np.trace(information, axis1=1, axis2=2)[:, None, None] * np.eye(k)
        step = np.linalg.solve(information + ridge, score.T[:, :, None])[:, :, 0].T
        coefficient += np.clip(step, -1.0, 1.0)
        off = np.abs(score).max(axis=0) / total.sum(axis=0)  # where all of a group answer, the steps never end
        has_converged = (np.abs(step).max(axis=0) < SMALL_STEP) | (off < SMALL_SCORE)
        if has_converged.all():
            break
    return _share(predictors @ coefficient), has_converged


def _share(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS))))
