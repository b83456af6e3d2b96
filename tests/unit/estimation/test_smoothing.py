"""The trend line: against statsmodels' exact diffuse Kalman smoother, numerical integration, and a known level."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.integrate import quad

from pipeline.estimation.smoothing import level_given_step, local_level

ESTIMATE = np.array([0.52, 0.55, 0.56, 0.64, 0.64, 0.63, 0.65, 0.67])
EVEN = np.arange(8.0)


@pytest.mark.parametrize("step", [0.001, 0.02, 0.5])
def test_given_the_step_it_is_the_kalman_smoother(step: float) -> None:
    variance = 0.015**2
    model = sm.tsa.UnobservedComponents(ESTIMATE, "llevel", use_exact_diffuse=True)
    peer = model.smooth([variance, step**2])
    found = level_given_step(ESTIMATE, variance * np.eye(8), EVEN, step)
    assert found.level == pytest.approx(peer.smoothed_state[0], rel=1e-8)
    assert found.variance == pytest.approx(peer.smoothed_state_cov[0, 0], rel=1e-6)


def test_a_wave_that_was_left_out_is_a_longer_gap() -> None:
    variance, step = 0.015**2, 0.02
    seen = np.delete(np.arange(8), 3)
    with_hole = np.where(np.arange(8) == 3, np.nan, ESTIMATE)
    peer = sm.tsa.UnobservedComponents(with_hole, "llevel", use_exact_diffuse=True).smooth([variance, step**2])
    found = level_given_step(ESTIMATE[seen], variance * np.eye(7), EVEN[seen], step)
    assert found.level == pytest.approx(peer.smoothed_state[0][seen], rel=1e-8)


def test_without_drift_it_is_the_generalised_mean() -> None:
    factor = np.random.default_rng(1).normal(size=(8, 8))
    covariance = factor @ factor.T / 100 + np.eye(8) / 50
    found = level_given_step(ESTIMATE, covariance, EVEN, 1e-9)
    precision = np.linalg.inv(covariance)
    mean = (precision @ ESTIMATE).sum() / precision.sum()
    assert found.level == pytest.approx(np.full(8, mean))
    assert found.variance == pytest.approx(np.full(8, 1 / precision.sum()))


def test_a_large_drift_leaves_the_estimates_as_they_are() -> None:
    found = level_given_step(ESTIMATE, 1e-4 * np.eye(8), EVEN, 1e3)
    assert found.level == pytest.approx(ESTIMATE)
    assert found.variance == pytest.approx(np.full(8, 1e-4))


@pytest.mark.parametrize("n", [3, 5, 8])
def test_the_average_over_steps_is_that_of_numerical_integration(n: int) -> None:
    estimate, covariance = ESTIMATE[:n], 0.015**2 * (0.6 * np.eye(n) + 0.4)
    time = EVEN[:n]

    def likelihood(step: float) -> float:
        of_differences = np.diff(np.diff(covariance, axis=0), axis=1) + step**2 * np.eye(n - 1)
        gap = np.diff(estimate)
        return float(np.exp(-0.5 * gap @ np.linalg.solve(of_differences, gap)) / np.sqrt(np.linalg.det(of_differences)))

    def mean(of) -> float:  # type: ignore[no-untyped-def]
        inner = quad(lambda step: of(step) * likelihood(step), 0, 0.2, epsrel=1e-9, limit=200)[0]
        outer = quad(lambda step: of(step) * likelihood(step), 0.2, np.inf, epsrel=1e-9, limit=200)[0]
        return float(inner + outer)

    whole = mean(lambda step: 1.0)
    level = mean(lambda step: level_given_step(estimate, covariance, time, step).level[1]) / whole
    square = mean(
        lambda step: (
            level_given_step(estimate, covariance, time, step).variance[1]
            + level_given_step(estimate, covariance, time, step).level[1] ** 2
        )
    )
    found = local_level(estimate, covariance, time)
    assert found.level[1] == pytest.approx(level, rel=1e-5)
    assert found.variance[1] == pytest.approx(square / whole - level**2, rel=2e-3)


def test_the_band_is_narrower_than_the_intervals_and_covers_a_drifting_level() -> None:
    rng = np.random.default_rng(9)
    covariance = 0.015**2 * (0.6 * np.eye(8) + 0.4)
    covered, narrower = [], []
    for step in (0.0, 0.005, 0.02):
        for _ in range(400):
            level = 0.5 + np.cumsum(rng.normal(0, step, 8))
            found = local_level(level + np.linalg.cholesky(covariance) @ rng.normal(size=8), covariance, EVEN)
            covered.append(np.abs(found.level - level) < 1.96 * np.sqrt(found.variance))
            narrower.append(found.variance.mean() < covariance[0, 0])
    assert np.mean(covered) == pytest.approx(0.95, abs=0.02)
    assert np.mean(narrower) > 0.95


def test_estimates_without_error_are_their_own_line() -> None:
    found = local_level(np.full(4, 0.5), np.zeros((4, 4)), EVEN[:4])
    assert found.level.tolist() == [0.5] * 4
    assert found.variance.tolist() == [0.0] * 4
