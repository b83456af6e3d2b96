"""The estimates of one item in all domains, with the PSU totals that every variance and covariance needs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.values import DomainRows

Array = NDArray[np.float64]

# A variance below this part of a simple random sample's is rounding: the share of a calibrated margin.
NO_VARIANCE = 1e-20


@dataclass(frozen=True)
class Base:
    """Who stands behind an item's estimates, in each of n_domains domains."""

    unweighted_n: NDArray[np.int64]  # (n_domains,)
    sum_of_weights: Array
    kish_n: Array  # sum(w)^2 / sum(w^2)
    has_data: NDArray[np.bool_]  # (n_domains, n_psus): the PSU holds a respondent

    def degrees_of_freedom(self, design: SurveyDesign) -> NDArray[np.int64]:
        """Return PSUs minus strata with data, for each domain."""
        return degrees_of_freedom(design, self.has_data)


@dataclass(frozen=True)
class Block:
    """Estimates of one item: statistics (shares, headlines, or one mean) in each domain."""

    statistics: tuple[str, ...]  # (n_statistics,) share | headline | mean
    categories: tuple[str | None, ...]  # (n_statistics,) answer or headline; None for a mean
    estimate: Array  # (n_domains, n_statistics)
    unweighted_estimate: Array  # (n_domains, n_statistics)
    srs_variance: Array  # (n_domains, n_statistics) v of a simple random sample of the same n
    psu_totals: Array  # (n_domains, n_statistics, n_psus) linearised values
    base: Base


def base_of(design: SurveyDesign, rows: DomainRows, psu_weight: Array) -> Base:
    """Return who stands behind estimates over these rows.

    Args:
        psu_weight: (n_domains, n_psus) sums of the rows' weights.
    """
    sum_of_weights = rows.sum(design.weight)
    squares = rows.sum(np.square(design.weight))
    kish_n = np.divide(np.square(sum_of_weights), squares, out=np.zeros_like(squares), where=squares > 0)
    return Base(rows.count(), sum_of_weights, kish_n, psu_weight > 0)


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


def without_rounding(variance: Array, reference: Array) -> Array:
    """Return variances with those that are rounding noise beside the reference set to 0."""
    return np.where(variance > NO_VARIANCE * reference, variance, 0.0)
