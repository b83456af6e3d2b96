"""A trend line through wave estimates: a level that drifts from wave to wave, seen with known sampling error.

y = level + e, e ~ (0, V) with the full covariance V of the waves' estimates; level(t+1) - level(t) ~ (0, gap * s^2).
Nothing is assumed of the first level, so the differences of y say all there is to say of s. With the one
diagonalisation below every s costs no more than a sum. In few waves the likeliest s is often 0, a flat line with too
narrow a band: s is therefore not fixed but averaged over, by its likelihood, with a flat prior.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FEWEST_WAVES = 3  # two differences: with fewer, nothing is known of how the level drifts
N_POINTS = 400  # of the midpoint rule over s; 400 agree with 4,000 to four digits of the band


@dataclass(frozen=True)
class TrendLine:
    """The level at each wave and its variance, given all waves; step: mean of s, per root of the unit of time."""

    level: Array  # (n,)
    variance: Array  # (n,)
    step: float


def local_level(estimate: Array, covariance: Array, time: Array) -> TrendLine:
    """Return the smoothed level at each wave.

    Args:
        estimate: (n,) wave estimates, in order; covariance: (n, n) of them.
        time: (n,) rising.

    Source: Durbin and Koopman (2012), Time Series Analysis by State Space Methods, sections 2.4 and 2.9, for known
    sampling error; Harvey and Chung (2000), JRSS A 163, for surveys; Gelman (2006), Bayesian Analysis 1, for the
    prior on s.
    """
    parts = _Parts.of(estimate, covariance, time)
    scale = float(np.sqrt(parts.sampling.mean() + np.square(parts.difference).mean()))
    if not scale > 0:
        return TrendLine(estimate, np.maximum(np.diag(covariance), 0.0), 0.0)
    place = (np.arange(N_POINTS) + 0.5) / N_POINTS
    step = scale * place / (1 - place)  # all of 0 to infinity
    log_weight = parts.log_likelihood(np.square(step)) + np.log(scale / np.square(1 - place))
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    level, variance = parts.smoothed(np.square(step))
    mean = weight @ level
    return TrendLine(mean, weight @ (variance + np.square(level - mean)), float(weight @ step))


def level_given_step(estimate: Array, covariance: Array, time: Array, step: float) -> TrendLine:
    """Return the smoothed level if s were known: what a Kalman smoother gives."""
    level, variance = _Parts.of(estimate, covariance, time).smoothed(np.array([step**2]))
    return TrendLine(level[0], variance[0], step)


@dataclass(frozen=True)
class _Parts:
    """Differences of the estimates, turned so that they vary independently: with s^2 + sampling."""

    estimate: Array  # (n,)
    variance: Array  # (n,) of each estimate
    difference: Array  # (n - 1,)
    sampling: Array  # (n - 1,)
    gain: Array  # (n, n - 1) covariance of the sampling errors with the turned differences

    @classmethod
    def of(cls, estimate: Array, covariance: Array, time: Array) -> "_Parts":
        """Return the parts of a series."""
        shrink = 1 / np.sqrt(np.diff(time))
        difference = np.diff(estimate) * shrink
        of_differences = np.diff(np.diff(covariance, axis=0), axis=1) * np.outer(shrink, shrink)
        sampling, turn = np.linalg.eigh(of_differences)
        gain = (np.diff(covariance, axis=1) * shrink) @ turn
        return cls(estimate, np.diag(covariance), turn.T @ difference, np.maximum(sampling, 0.0), gain)

    def log_likelihood(self, step_variance: Array) -> Array:
        """Return the log likelihood (k,) of step variances (k,), but for a constant."""
        total = step_variance[:, None] + self.sampling
        return np.asarray(-0.5 * (np.log(total) + np.square(self.difference) / total).sum(axis=1))

    def smoothed(self, step_variance: Array) -> tuple[Array, Array]:
        """Return levels and variances (k, n) given each of k step variances."""
        share = 1 / (step_variance[:, None] + self.sampling)
        level = self.estimate - (share * self.difference) @ self.gain.T
        variance = self.variance - share @ np.square(self.gain).T
        return level, np.maximum(variance, 0.0)
