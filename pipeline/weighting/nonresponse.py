"""Nonresponse adjustment: respondents also stand for the people like them who did not answer."""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.cells import sums_by

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
SMALLEST_CLASS = 30  # respondents in a weighting class: methodology C7.1
SMALLEST_PROPENSITY = 1e-6  # below this a group has no respondents who could stand for it
LARGEST_FACTOR = 3.0  # of a weighting class: methodology C7.1


def response_propensity(base_weight: Floats, is_respondent: Mask, levels: NDArray[np.int64]) -> Floats:
    """Return every person's modelled chance of answering, by a weighted logistic regression.

    Args:
        base_weight: (n,) weights of everyone invited; 0 leaves a person out of the fit, not out of the result.
        is_respondent: (n,) who answered.
        levels: (n, n_variables) codes from 0 of what is known of everyone; each enters as a factor.

    Raises:
        WeightingError: the fit does not converge, as when nobody of a group answered.

    Source: methodology C7.2; the point fit is statsmodels' GLM, its standard errors are not used.
    """
    import statsmodels.api as sm

    columns = [levels[:, k] == level for k in range(levels.shape[1]) for level in range(1, levels[:, k].max() + 1)]
    predictors = np.column_stack([np.ones(base_weight.size), *columns]).astype(np.float64)
    scaled = base_weight / base_weight.mean()
    model = sm.GLM(is_respondent.astype(np.float64), predictors, family=sm.families.Binomial(), freq_weights=scaled)
    fit = model.fit(tol=1e-12, maxiter=100)
    propensity: Floats = np.asarray(fit.predict(predictors))
    if not fit.converged or propensity.min() < SMALLEST_PROPENSITY or not np.isfinite(propensity).all():
        raise WeightingError(
            "the response model did not converge: some group did not answer at all. Merge its category with a "
            "neighbour, or leave the variable out."
        )
    return propensity


def propensity_weight(base_weight: Floats, is_respondent: Mask, propensity: Floats) -> Floats:
    """Return d / p for respondents and 0 for the others."""
    return np.where(is_respondent, base_weight / propensity, 0.0)


def class_factors(base_weight: Floats, is_respondent: Mask, weighting_class: NDArray[np.int64]) -> Floats:
    """Return the factor of each weighting class: Σ d of all over Σ d of respondents (methodology C7.1).

    Args:
        base_weight: (n,) weights of everyone invited and eligible; leave the ineligible out before.
        weighting_class: (n,) codes 0 .. n_classes - 1.

    Raises:
        WeightingError: a class with fewer than 30 respondents or a factor above 3.
    """
    n_classes = int(weighting_class.max(initial=-1)) + 1
    n_respondents = sums_by(weighting_class[is_respondent], None, n_classes)
    of_all = sums_by(weighting_class, base_weight, n_classes)
    of_respondents = sums_by(weighting_class[is_respondent], base_weight[is_respondent], n_classes)
    factor = np.full(n_classes, np.inf)
    np.divide(of_all, of_respondents, out=factor, where=of_respondents > 0)
    is_weak = (n_respondents < SMALLEST_CLASS) | (factor > LARGEST_FACTOR)
    if is_weak.any():
        weakest = ", ".join(
            f"class {one + 1} ({int(n_respondents[one])} respondents, factor {factor[one]:.3g})"
            for one in np.flatnonzero(is_weak)
        )
        raise WeightingError(
            f"weighting classes too small: {weakest}; expected at least {SMALLEST_CLASS} respondents and a factor "
            f"of at most {LARGEST_FACTOR:g}. Merge them with a neighbour."
        )
    return factor
