"""The estimates of one item in all domains, with what every variance and covariance needs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign

Array = NDArray[np.float64]

# A variance below this part of a simple random sample's is rounding: the share of a calibrated margin. Replicates
# that are each calibrated to 1e-8 of a total leave more of it than linearisation does.
NO_VARIANCE = 1e-14
ROUNDING = (64 * np.finfo(np.float64).eps) ** 2  # of an estimate's square: what is left of the mean of one person


@dataclass(frozen=True)
class Base:
    """Who stands behind an item's estimates, in each of n_domains domains."""

    unweighted_n: NDArray[np.int64]  # (n_domains,)
    sum_of_weights: Array
    kish_n: Array  # sum(w)^2 / sum(w^2)
    degrees_of_freedom: NDArray[np.int64]  # (n_domains,)
    has_data: NDArray[np.bool_] | None = None  # (n_domains, n_psus): the PSU holds a respondent; change needs it


@dataclass(frozen=True)
class Block:
    """Estimates of one item: statistics (shares, headlines, or one number) in each domain."""

    statistics: tuple[str, ...]  # (n_statistics,) share | headline | mean | total | ratio | quantile
    categories: tuple[str | None, ...]  # (n_statistics,) answer or headline; None for a number
    estimate: Array  # (n_domains, n_statistics)
    unweighted_estimate: Array  # (n_domains, n_statistics)
    srs_variance: Array  # (n_domains, n_statistics) v of a simple random sample of the same n
    variance: Array  # (n_domains, n_statistics)
    base: Base
    deviations: Array | None = None  # (n_domains, n_statistics, m): covariances are their inner products

    def spread(self) -> Array:
        """Return the deviations, for covariances; a block of variances alone has none."""
        assert self.deviations is not None
        return self.deviations


def degrees_of_freedom(design: SurveyDesign, has_data: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return PSUs minus strata with data for each row of has_data (q, n_psus)."""
    structure = design.structure
    if structure.n_psus == 0:
        return np.zeros(has_data.shape[0], np.int64)
    first_psu = np.concatenate([[0], np.cumsum(structure.psus_in_stratum)[:-1]])
    strata = np.logical_or.reduceat(has_data, first_psu, axis=1)
    return np.asarray(has_data.sum(axis=1) - strata.sum(axis=1))


def safe_ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Array:
    """Return numerator / denominator, 0 where the denominator is 0: the row is left out later."""
    filled = np.where(denominator > 0, denominator, 1.0)
    return np.where(denominator > 0, numerator / filled, 0.0)


def without_rounding(variance: Array, reference: Array, estimate: Array | float = 0.0) -> Array:
    """Return variances with those that are rounding noise, beside the reference or the estimate, set to 0."""
    return np.where(variance <= np.maximum(NO_VARIANCE * reference, ROUNDING * np.square(estimate)), 0.0, variance)


def quotient(numerator: Array, denominator: Array) -> Array:
    """Return numerator / denominator; not a number where the denominator is not above 0."""
    defined = denominator > 0
    return np.where(defined, numerator / np.where(defined, denominator, 1.0), np.nan)
