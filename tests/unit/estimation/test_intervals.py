"""Intervals, by hand and against R survey 4.1.1 (methodology D, G7)."""

import numpy as np
import pytest

from pipeline.errors import EstimationError
from pipeline.estimation.intervals import (
    INTERVALS,
    edge_interval,
    log_log_interval,
    normal_interval,
    proportion_interval,
    t_p_value,
    t_quantile,
    t_table,
)

G1_MEAN, G1_STANDARD_ERROR = 0.6074895977808599, 0.026066367691


def golden_interval(method: str, **options: object) -> tuple[float, float]:
    """Return the interval of G1 (mean of y1, df 20, n 120)."""
    low, high = proportion_interval(
        np.array([G1_MEAN]),
        np.array([G1_STANDARD_ERROR]),
        np.array([20]),
        unweighted_n=np.array([120]),
        kish_n=np.array([104.423486]),
        method=method,
        **options,  # type: ignore[arg-type]
    )
    return float(low[0]), float(high[0])


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        ("logit", 0.551996158, 0.660338881),
        ("korn-graubard", 0.5512856, 0.661659901),
        ("wilson", 0.552117625, 0.660228702),
    ],
)
def test_golden_7_intervals_of_a_proportion(method: str, low: float, high: float) -> None:
    assert golden_interval(method, capped=False) == (pytest.approx(low, rel=2e-8), pytest.approx(high, rel=2e-8))


def test_korn_graubard_is_capped_at_the_unweighted_n() -> None:
    low, high = golden_interval("korn-graubard")
    uncapped_low, uncapped_high = golden_interval("korn-graubard", capped=False)
    assert low < uncapped_low < uncapped_high < high


def test_the_normal_interval_is_symmetric() -> None:
    low, high = golden_interval("normal")
    assert high - G1_MEAN == pytest.approx(G1_MEAN - low)
    assert high - G1_MEAN == pytest.approx(2.0859634473 * G1_STANDARD_ERROR)


@pytest.mark.parametrize("method", INTERVALS)
def test_below_one_degree_of_freedom_there_is_no_interval(method: str) -> None:
    low, high = proportion_interval(
        np.array([0.5, 0.0]),
        np.array([0.1, 0.0]),
        np.array([0, 0]),
        unweighted_n=np.array([9, 9]),
        kish_n=np.array([9.0, 9.0]),
        method=method,
    )
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    assert np.isnan(normal_interval(np.zeros(1), np.ones(1), np.zeros(1))).all()


@pytest.mark.parametrize("method", INTERVALS)
def test_at_0_and_1_every_method_gives_the_clopper_pearson_limit_of_kishs_n(method: str) -> None:
    low, high = proportion_interval(
        np.array([0.0, 1.0]),
        np.zeros(2),
        np.array([19, 19]),
        unweighted_n=np.array([20, 20]),
        kish_n=np.array([10.0, 10.0]),
        method=method,
    )
    # nobody of ten: the p with (1 - p)^10 = 0.025
    assert low == pytest.approx([0.0, 0.025**0.1])
    assert high == pytest.approx([1 - 0.025**0.1, 1.0])


def test_few_degrees_of_freedom_widen_the_limits_at_0_and_1_as_korn_and_graubard_do() -> None:
    base = {"unweighted_n": np.full(3, 200), "kish_n": np.full(3, 180.0)}
    _, high = edge_interval(np.zeros(3), np.array([2.0, 20.0, 199.0]), **base)
    # t of 199, of 2 and of 20 degrees of freedom at 97.5 %: 1.97195654, 4.30265273, 2.08596345
    n_effective = 180 * (1.97195654 / np.array([4.30265273, 2.08596345, 1.97195654])) ** 2
    assert high == pytest.approx(1 - 0.025 ** (1 / n_effective))
    assert high[0] == pytest.approx(0.09296, abs=5e-6)


def test_the_effective_n_at_0_is_at_most_the_unweighted_n() -> None:
    _, high = edge_interval(np.zeros(1), np.array([500.0]), unweighted_n=np.array([10]), kish_n=np.array([9.9]))
    assert high[0] == pytest.approx(1 - 0.025**0.1)


@pytest.mark.parametrize("method", INTERVALS)
def test_without_variance_the_interval_is_the_point(method: str) -> None:
    low, high = proportion_interval(
        np.array([0.3]),
        np.zeros(1),
        np.array([20]),
        unweighted_n=np.array([50]),
        kish_n=np.array([50.0]),
        method=method,
        capped=False,
    )
    assert (low[0], high[0]) == (pytest.approx(0.3), pytest.approx(0.3))


def test_limits_stay_inside_0_and_1_but_for_the_normal_interval() -> None:
    for method in ("logit", "korn-graubard", "wilson"):
        low, high = proportion_interval(
            np.array([0.01, 0.99]),
            np.array([0.02, 0.02]),
            np.array([3, 3]),
            unweighted_n=np.array([40, 40]),
            kish_n=np.array([40.0, 40.0]),
            method=method,
        )
        assert (low >= 0).all()
        assert (high <= 1).all()
        assert (low < high).all()


def test_an_unknown_interval_is_named() -> None:
    with pytest.raises(EstimationError, match="interval 'wald' is not known"):
        golden_interval("wald")


def test_confidence_widens_the_interval() -> None:
    assert golden_interval("logit", confidence=0.99)[0] < golden_interval("logit")[0]
    base = {"unweighted_n": np.full(1, 20), "kish_n": np.full(1, 10.0)}
    assert edge_interval(np.zeros(1), np.full(1, 19.0), **base, confidence=0.99)[1] > 1 - 0.025**0.1


def test_t_has_the_quantiles_of_the_tables() -> None:
    assert t_quantile(np.array([1, 20, 1e9]), 0.95) == pytest.approx([12.7062047, 2.08596345, 1.95996398])


def test_p_values_are_two_sided_and_need_an_error() -> None:
    p = t_p_value(np.array([2.08596345, -2.08596345, 1.0, 1.0]), np.array([1.0, 1, 0, 1]), np.array([20, 20, 20, 0]))
    assert p[:2] == pytest.approx([0.05, 0.05])
    assert np.isnan(p[2:]).all()


def test_the_survival_interval_is_symmetric_on_the_log_log_scale() -> None:
    survival, error = np.array([0.8, 1.0]), np.array([0.05, 0.0])
    low, high = log_log_interval(survival, error, np.array([30, 30]))
    middle = np.log(-np.log(0.8))
    assert np.log(-np.log(low[0])) - middle == pytest.approx(middle - np.log(-np.log(high[0])))
    assert np.isnan(low[1])


def test_the_series_end_where_no_p_value_needs_them() -> None:
    table = t_table(5, 0.95, 0.8, tested=2)
    assert [one is None for one in table["coefficients"]] == [False, False, True, True, True]
    assert table["quantile"][4] == pytest.approx(2.57058184)


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 199])
def test_the_finite_series_gives_students_t(freedom: int) -> None:
    table = t_table(200, 0.95, 0.8, tested=200)
    series = np.array(table["coefficients"][freedom - 1])
    for t in (0.3, 1.0, 2.5):
        added = float(np.sum(series * (freedom / (freedom + t * t)) ** np.arange(series.size)))
        if freedom % 2:
            inside = 2 / np.pi * (np.arctan(t / np.sqrt(freedom)) + t * np.sqrt(freedom) / (freedom + t * t) * added)
        else:
            inside = t / np.sqrt(freedom + t * t) * added
        expected = t_p_value(np.array(t), np.array(1.0), np.array(freedom))
        assert 1 - inside == pytest.approx(float(expected), abs=1e-13)
