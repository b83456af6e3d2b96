"""Trends over waves: generalised least squares on wave estimates with their full covariance, and contrasts of them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.estimation.contrasts import Contrast, JointEstimates, Wald, contrast_test, wald_test
from pipeline.estimation.intervals import t_p_value

Array = NDArray[np.float64]

SMALLEST_PART = 1e-10  # of the largest eigenvalue: below it the covariance has no inverse to weight by


@dataclass(frozen=True)
class WaveSeries:
    """One statistic over waves: estimates, and deviations whose inner products are the waves' covariances."""

    estimate: Array  # (n_waves,)
    deviations: Array  # (n_waves, m)
    degrees_of_freedom: int  # of the PSUs with data at any of the waves
    srs_variance: Array  # (n_waves,)

    @property
    def covariance(self) -> Array:
        """Return the covariance matrix of the waves' estimates."""
        return np.asarray(self.deviations @ self.deviations.T)

    @property
    def is_regular(self) -> bool:
        """Return whether every wave varies on its own, so that its covariance can weight the others."""
        spread = np.linalg.eigvalsh(self.covariance)
        return bool(spread[0] > SMALLEST_PART * spread[-1]) and self.degrees_of_freedom >= self.estimate.size

    def joint(self) -> JointEstimates:
        """Return the series as estimates to test together."""
        n = self.estimate.size
        freedom = np.full(n, self.degrees_of_freedom)
        return JointEstimates(pl.DataFrame(), self.estimate, self.deviations, freedom, self.srs_variance)


def linear_trend(series: WaveSeries, time: Array) -> Contrast:
    """Return the slope of the line through the waves, by generalised least squares, with its t test.

    The covariance that weights the waves is itself estimated, on d degrees of freedom: the error of the slope is
    raised by d (d - 1) / ((d - k) (d - 1 - k)), k the waves less two, and k are lost.

    Source: methodology C12; Rao (1965), Biometrika 52, for an estimated covariance.
    """
    slope = contrast_test(series.joint(), slope_coefficients(series, time))
    freedom, spent = series.degrees_of_freedom, time.size - 2
    left = freedom - spent
    raised = np.sqrt(freedom * (freedom - 1) / (left * (left - 1))) if left > 1 else np.nan
    error = slope.standard_error * float(raised)
    p_value = float(t_p_value(np.array(slope.estimate), np.array(error), np.array(left)))
    return Contrast(slope.estimate, error, left, p_value)


def slope_coefficients(series: WaveSeries, time: Array) -> Array:
    """Return what each wave counts in the slope, (n_waves,): the slope is their sum times the waves' estimates."""
    x = np.column_stack([np.ones(time.size), time])
    weighted = np.linalg.solve(series.covariance, x)
    return np.asarray(np.linalg.solve(x.T @ weighted, weighted.T)[1])


def lack_of_fit(series: WaveSeries, time: Array) -> Wald:
    """Return the test that the waves lie on a line but for sampling error: n - 2 contrasts."""
    return wald_test(series.joint(), _orthogonal_to(np.column_stack([np.ones(time.size), time])))


def heterogeneity(series: WaveSeries) -> Wald:
    """Return the test that all waves are alike: n - 1 contrasts."""
    return wald_test(series.joint(), _orthogonal_to(np.ones((series.estimate.size, 1))))


def _orthogonal_to(x: Array) -> Array:
    """Return contrasts (n - p, n) that are 0 for every combination of the columns of x (n, p)."""
    vectors = np.linalg.svd(x, full_matrices=True)[0]
    return np.asarray(vectors[:, x.shape[1] :].T)
