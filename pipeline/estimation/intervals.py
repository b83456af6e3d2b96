"""Confidence intervals: the one place where a standard error becomes a range."""

from itertools import accumulate
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EstimationError

Array = NDArray[np.float64]

INTERVALS = ("logit", "korn-graubard", "wilson", "normal")


def t_quantile(degrees_of_freedom: Array, confidence: float) -> Array:
    """Return the two-sided t quantile; not a number below one degree of freedom."""
    from scipy.special import stdtrit

    enough = np.asarray(degrees_of_freedom) >= 1
    return np.where(enough, stdtrit(np.where(enough, degrees_of_freedom, 1.0), (1.0 + confidence) / 2), np.nan)


def t_p_value(estimate: Array, standard_error: Array, degrees_of_freedom: Array) -> Array:
    """Return the two-sided p of estimate / standard_error; not a number without error or below one df."""
    from scipy.special import stdtr

    testable = (standard_error > 0) & (degrees_of_freedom >= 1)
    ratio = np.abs(estimate) / np.where(testable, standard_error, 1.0)
    return np.where(testable, 2.0 * stdtr(np.where(testable, degrees_of_freedom, 1.0), -ratio), np.nan)


def t_equivalence_p_value(estimate: Array, standard_error: Array, degrees_of_freedom: Array, margin: float) -> Array:
    """Return the p of two one-sided tests that the truth is at least `margin` away from 0; below a level, it is not.

    The larger of the two p values. Not a number without error or below one degree of freedom.

    Source: methodology C12; Schuirmann (1987), J. Pharmacokinetics and Biopharmaceutics 15.
    """
    from scipy.special import stdtr

    testable = (standard_error > 0) & (degrees_of_freedom >= 1)
    ratio = (margin - np.abs(estimate)) / np.where(testable, standard_error, 1.0)
    return np.where(testable, stdtr(np.where(testable, degrees_of_freedom, 1.0), -ratio), np.nan)


def t_series(degrees_of_freedom: int) -> list[float]:
    """Return the coefficients of the finite series for P(|T| < t), in powers of df / (df + t^2).

    Even df: t / sqrt(df + t^2) times the series. Odd df: 2 / pi times the sum of atan(t / sqrt(df)) and
    t sqrt(df) / (df + t^2) times the series, which is empty for one degree of freedom.

    Source: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4.
    """
    is_odd = degrees_of_freedom % 2
    n_terms = (degrees_of_freedom - is_odd) // 2
    steps = [(2 * j) / (2 * j + 1) if is_odd else (2 * j - 1) / (2 * j) for j in range(1, n_terms)]
    return list(accumulate(steps, mul, initial=1.0)) if n_terms else []


def t_table(most: int, confidence: float, power: float, *, tested: int) -> dict[str, list[Any]]:
    """Return Student's t for 1 to `most` degrees of freedom, as columns, for those who cannot compute it.

    Args:
        tested: up to how many degrees of freedom the series for p values are given; none beyond.
    """
    freedom = np.arange(1.0, most + 1)
    return {
        "degrees_of_freedom": list(range(1, most + 1)),
        "quantile": t_quantile(freedom, confidence).tolist(),
        "power_quantile": t_quantile(freedom, 2 * power - 1).tolist(),
        "coefficients": [t_series(one) if one <= tested else None for one in range(1, most + 1)],
    }


def normal_interval(
    estimate: Array, standard_error: Array, degrees_of_freedom: Array, *, confidence: float = 0.95
) -> tuple[Array, Array]:
    """Return estimate -+ t * standard_error; not a number below one degree of freedom."""
    half_width = t_quantile(degrees_of_freedom, confidence) * standard_error
    return estimate - half_width, estimate + half_width


def proportion_interval(
    estimate: Array,
    standard_error: Array,
    degrees_of_freedom: Array,
    *,
    unweighted_n: NDArray[Any],
    kish_n: Array,
    confidence: float = 0.95,
    method: str = "logit",
    capped: bool = True,
) -> tuple[Array, Array]:
    """Return the lower and upper limits of proportions, all arguments of one shape.

    Where everybody or nobody gave the answer (estimate 0 or 1) the standard error says nothing, and the
    interval is Korn-Graubard's with Kish's effective n and the design's degrees of freedom, whatever the method.

    Args:
        kish_n: sum(w)^2 / sum(w^2) of the respondents behind each proportion.
        capped: Korn-Graubard only: the effective n is at most the unweighted n.

    Raises:
        EstimationError: the method is not one of INTERVALS.

    Source: methodology C12; Korn and Graubard (1998), Survey Methodology 24; Wilson (1927), JASA 22.
    """
    t = t_quantile(degrees_of_freedom, confidence)
    if method == "logit":
        low, high = _logit(estimate, standard_error, t)
    elif method == "korn-graubard":
        n_effective = _korn_graubard_n(estimate, standard_error, t, unweighted_n, confidence)
        n_effective = np.minimum(n_effective, unweighted_n) if capped else n_effective
        low, high = _beta_limits(estimate, n_effective, confidence)
    elif method == "wilson":
        low, high = _wilson(estimate, standard_error, t)
    elif method == "normal":
        low, high = estimate - t * standard_error, estimate + t * standard_error
    else:
        raise EstimationError(f"interval '{method}' is not known. Use one of {', '.join(INTERVALS)}.")
    at_edge = (estimate <= 0) | (estimate >= 1)
    edge_low, edge_high = edge_interval(
        estimate, degrees_of_freedom, unweighted_n=unweighted_n, kish_n=kish_n, confidence=confidence
    )
    low, high = np.where(at_edge, edge_low, low), np.where(at_edge, edge_high, high)
    return np.where(np.isnan(t), np.nan, low), np.where(np.isnan(t), np.nan, high)


def edge_interval(
    estimate: Array,
    degrees_of_freedom: Array,
    *,
    unweighted_n: NDArray[Any],
    kish_n: Array,
    confidence: float = 0.95,
) -> tuple[Array, Array]:
    """Return the Korn-Graubard limits of proportions that are 0 or 1, from Kish's effective n; at most the unweighted.

    Source: methodology C12.
    """
    t = t_quantile(degrees_of_freedom, confidence)
    n_effective = np.minimum(kish_n * _freedom_correction(t, unweighted_n, confidence), unweighted_n)
    tail = ((1.0 - confidence) / 2) ** (1.0 / np.maximum(n_effective, np.finfo(np.float64).tiny))
    return np.where(estimate >= 1, tail, 0.0), np.where(estimate >= 1, 1.0, 1.0 - tail)


def log_log_interval(
    survival: Array, log_standard_error: Array, degrees_of_freedom: Array, *, confidence: float = 0.95
) -> tuple[Array, Array]:
    """Return limits of survival strictly between 0 and 1, symmetric for log(-log S).

    Args:
        log_standard_error: standard error of log S.

    Source: methodology C10; Kalbfleisch and Prentice (2002), section 1.4.
    """
    inside = (survival > 0) & (survival < 1)
    log_survival = np.log(np.where(inside, survival, 0.5))
    shift = t_quantile(degrees_of_freedom, confidence) * log_standard_error / np.abs(log_survival)
    low, high = np.exp(log_survival * np.exp(shift)), np.exp(log_survival * np.exp(-shift))
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def _logit(estimate: Array, standard_error: Array, t: Array) -> tuple[Array, Array]:
    """Return limits symmetric on the log-odds scale; the edges are left to the caller."""
    inside = (estimate > 0) & (estimate < 1)
    p = np.where(inside, estimate, 0.5)
    centre, half_width = np.log(p / (1 - p)), t * standard_error / (p * (1 - p))
    return 1 / (1 + np.exp(half_width - centre)), 1 / (1 + np.exp(-half_width - centre))


def _effective_n(estimate: Array, standard_error: Array) -> Array:
    """Return p(1 - p) / v: infinite where the design leaves no variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(standard_error > 0, estimate * (1 - estimate) / np.square(standard_error), np.inf)


def _korn_graubard_n(
    estimate: Array, standard_error: Array, t: Array, unweighted_n: NDArray[Any], confidence: float
) -> Array:
    """Return the effective n corrected for the design's degrees of freedom."""
    return _effective_n(estimate, standard_error) * _freedom_correction(t, unweighted_n, confidence)


def _freedom_correction(t: Array, unweighted_n: NDArray[Any], confidence: float) -> Array:
    """Return what few degrees of freedom leave of an effective n: (t of n - 1 / t of the design)^2."""
    return np.asarray(np.square(t_quantile(np.asarray(unweighted_n, np.float64) - 1.0, confidence) / t))


def _beta_limits(estimate: Array, n_effective: Array, confidence: float) -> tuple[Array, Array]:
    """Return Clopper-Pearson limits for a real-valued n; the point itself where n is infinite."""
    from scipy.special import betaincinv

    usable = np.isfinite(n_effective) & (estimate > 0) & (estimate < 1)
    n = np.where(usable, n_effective, 1.0)
    p = np.where(usable, estimate, 0.5)
    alpha = 1.0 - confidence
    low = betaincinv(n * p, n * (1 - p) + 1, alpha / 2)
    high = betaincinv(n * p + 1, n * (1 - p), 1 - alpha / 2)
    return np.where(usable, low, estimate), np.where(usable, high, estimate)


def _wilson(estimate: Array, standard_error: Array, t: Array) -> tuple[Array, Array]:
    """Return Wilson's limits with the effective n in place of n."""
    shrink = np.square(t) / _effective_n(estimate, standard_error)
    middle = estimate + shrink / 2
    half_width = np.sqrt(np.maximum(estimate * (1 - estimate) * shrink + np.square(shrink) / 4, 0.0))
    return (middle - half_width) / (1 + shrink), (middle + half_width) / (1 + shrink)
