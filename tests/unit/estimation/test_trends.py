"""Trends over waves: against the golden changes, statsmodels' GLS and GEE, and what an estimated covariance costs."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.contrasts import contrast_test
from pipeline.estimation.pooled import PooledAnswers, gee_trend, ordinal_trend, parallel_lines, pooled_answers
from pipeline.estimation.regression import Predictors, regression
from pipeline.estimation.trends import WaveSeries, heterogeneity, lack_of_fit, linear_trend
from pipeline.estimation.values import ItemValues, domain_rows
from pipeline.estimation.wave_series import item_series
from pipeline.estimation.waves import joint_spreads
from tests.golden.data import codes, column
from tests.unit.estimation.builders import AGES, EVERYONE, N, golden_design, number, response_weights, row_of, yes_no

KEEP = codes("r2") == 1
TIME = np.array([0.0, 1.0, 2.5, 3.0])


def yes(name: str) -> ItemValues:
    return replace(yes_no(name), item="attitude")


def respondents() -> WaveAnswers:
    """Return the golden people with r2 = 1 as a wave of their own, weighted for response."""
    design = SurveyDesign(response_weights()[KEEP], codes("stratum")[KEEP], codes("psu")[KEEP])
    item = replace(yes("y2"), codes=codes("y2")[KEEP])
    return WaveAnswers(design, np.flatnonzero(KEEP), [item], [replace(EVERYONE, mask=EVERYONE.mask[KEEP])])


def series(*waves: WaveAnswers) -> WaveSeries:
    """Return the headline of the first item, among everyone, over waves."""
    spreads = joint_spreads([one.design for one in waves])
    rows = [domain_rows(one.design, one.domains) for one in waves]
    found = item_series(spreads, rows, [one.items[0] for one in waves])
    assert (found.statistics, found.categories) == (("headline",), ("yes",))
    return found.series(0, 0, range(len(waves)))


def everyone(name: str) -> WaveAnswers:
    return WaveAnswers(golden_design(), np.arange(N), [yes(name)], [EVERYONE])


def made(covariance: NDArray[np.float64], estimate: NDArray[np.float64], freedom: int = 10_000) -> WaveSeries:
    return WaveSeries(estimate, np.linalg.cholesky(covariance), freedom, np.diag(covariance))


def random_covariance(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    factor = rng.normal(size=(n, n)) + 2 * np.eye(n)
    return np.asarray(factor @ factor.T / 1e3)


@pytest.mark.parametrize(
    ("second", "change", "standard_error"),
    [(everyone("y2"), -0.0416088766, 0.0403241075), (respondents(), -0.0494905061, 0.0432707227)],
)
def test_goldens_16_and_23_are_contrasts_of_the_series(
    second: WaveAnswers, change: float, standard_error: float
) -> None:
    found = contrast_test(series(everyone("y1"), second).joint(), np.array([-1.0, 1.0]))
    assert found.estimate == pytest.approx(change, rel=5e-9)
    assert found.standard_error == pytest.approx(standard_error, rel=5e-9)
    assert found.degrees_of_freedom == 20


def test_any_two_of_many_waves_have_the_covariance_of_their_change() -> None:
    waves = [everyone("y1"), everyone("y2"), respondents()]
    joint = series(*waves).joint()
    for first, second in ((0, 1), (0, 2), (1, 2)):
        pair = np.zeros(3)
        pair[[first, second]] = -1, 1
        row = row_of(net_change(waves[first], waves[second]), statistic="headline")
        found = contrast_test(joint, pair)
        assert (found.standard_error, found.p_value) == pytest.approx((row["standard_error"], row["p_value"]))


def test_items_without_headlines_are_followed_by_their_answers_and_numbers_by_their_mean() -> None:
    spreads = joint_spreads([golden_design(), golden_design()])
    rows = [domain_rows(golden_design(), [EVERYONE, *AGES])] * 2
    plain = ItemValues("q", codes=codes("y1"), categories=("0", "1"))
    assert item_series(spreads, rows, [plain, plain]).statistics == ("share", "share")
    mean = item_series(spreads, rows, [number("lik"), number("lik")])
    assert (mean.statistics, mean.unweighted_n(0).tolist()) == (("mean",), [N, N])
    assert mean.series(0, 0, [0]).estimate == pytest.approx([2.95755895])  # G22


def test_a_line_is_that_of_generalised_least_squares() -> None:
    rng = np.random.default_rng(5)
    covariance, estimate = random_covariance(4, rng), rng.normal(size=4)
    peer = sm.GLS(estimate, sm.add_constant(TIME), sigma=covariance).fit()
    found = linear_trend(made(covariance, estimate, 10**9), TIME)
    assert found.estimate == pytest.approx(peer.params[1])
    assert found.standard_error == pytest.approx(np.sqrt(peer.normalized_cov_params[1, 1]))


def test_three_waves_by_hand() -> None:
    # independent, equal errors: the slope is (y3 - y1) / 2, the misfit the second difference, v = 6 v
    found = made(np.eye(3) * 0.01, np.array([0.2, 0.5, 0.4]))
    time = np.array([0.0, 1.0, 2.0])
    slope, misfit = linear_trend(found, time), lack_of_fit(found, time)
    assert slope.estimate == pytest.approx(0.1)
    assert slope.standard_error == pytest.approx(np.sqrt(0.01 / 2), rel=2e-4)
    assert misfit.f == pytest.approx(0.4**2 / (6 * 0.01))
    assert (misfit.numerator_df, misfit.denominator_df) == (1, 10_000)
    moved = heterogeneity(found)
    assert moved.numerator_df == 2
    assert moved.f == pytest.approx(np.square(found.estimate - found.estimate.mean()).sum() / 0.01 / 2, rel=1e-3)


def test_the_error_of_the_slope_covers_that_the_covariance_is_estimated() -> None:
    rng = np.random.default_rng(11)
    freedom, truth = 20, random_covariance(8, rng)
    time = np.arange(8.0)
    factor = np.linalg.cholesky(truth)
    slopes, variances, naive = [], [], []
    for _ in range(4_000):
        deviations = factor @ rng.normal(size=(8, freedom)) / np.sqrt(freedom)
        drawn = WaveSeries(factor @ rng.normal(size=8), deviations, freedom, np.diag(truth))
        found = linear_trend(drawn, time)
        slopes.append(found.estimate)
        variances.append(found.standard_error**2)
        naive.append(
            sm.GLS(drawn.estimate, sm.add_constant(time), sigma=drawn.covariance).fit().normalized_cov_params[1, 1]
        )
    assert np.mean(variances) == pytest.approx(np.var(slopes), rel=0.08)
    assert np.mean(naive) < 0.6 * np.var(slopes)


def test_a_series_in_which_a_wave_does_not_vary_on_its_own_has_no_model() -> None:
    assert series(everyone("y1"), everyone("y2")).is_regular
    assert not series(everyone("y1"), everyone("y2"), everyone("y1")).is_regular


def pooled(names: tuple[str, ...] = ("y1", "y2", "y1")) -> PooledAnswers:
    designs = [golden_design(), golden_design(np.where(KEEP, response_weights(), 0.0)), golden_design()]
    masks = [np.ones(N, np.bool_)] * 3
    return pooled_answers(joint_spreads(designs), masks, [codes(name) for name in names], TIME[:3])


def stacked() -> tuple[SurveyDesign, NDArray[np.float64]]:
    weight = np.concatenate([column("w"), np.where(KEEP, response_weights(), 0.0), column("w")])
    design = SurveyDesign(weight, np.tile(codes("stratum"), 3), np.tile(codes("psu"), 3))
    return design, np.repeat(TIME[:3], N)


def test_pooled_models_are_the_regressions_of_all_rows_together() -> None:
    design, time = stacked()
    lik = np.concatenate([column("lik") - 1, (column("lik") - 1)[::-1], column("lik") - 1])
    found = pooled()
    ordered = replace(found, codes=[part.astype(np.int64) for part in _kept(lik, found)], answers=np.arange(5))
    peer = regression(design, lik, Predictors(("time",), time[:, None]), kind="proportional_odds")
    trend = ordinal_trend(ordered)
    assert (trend.estimate, trend.standard_error) == pytest.approx((peer.coefficient[0], peer.standard_error[0]))
    answer = np.concatenate([column("y1"), column("y2"), column("y1")])
    for kind in ("logit", "linear"):
        peer = regression(design, answer, Predictors(("time",), time[:, None]), kind=kind)
        trend = gee_trend(found, np.array([0.0, 1.0]), kind=kind)
        assert (trend.estimate, trend.standard_error) == pytest.approx((peer.coefficient[1], peer.standard_error[1]))


def _kept(values: NDArray[np.float64], found: PooledAnswers) -> list[NDArray[np.float64]]:
    return [part[rows] for part, rows in zip(values.reshape(3, N), found.rows, strict=True)]


def test_with_equal_weights_the_gee_is_that_of_statsmodels() -> None:
    answer, time = np.concatenate([codes("y1"), codes("y2")]), np.repeat([0.0, 1.0], N)
    psu = np.tile(codes("psu"), 2)
    model = sm.GEE(
        answer,
        sm.add_constant(time),
        groups=psu,
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Independence(),
    )
    peer = model.fit()
    design = SurveyDesign(np.ones(N), psu=codes("psu"))
    spreads = joint_spreads([design, design])
    masks = [np.ones(N, np.bool_)] * 2
    found = pooled_answers(spreads, masks, [codes("y1"), codes("y2")], np.array([0.0, 1.0]))
    assert found.degrees_of_freedom == 23
    trend = gee_trend(found, np.array([0.0, 1.0]), kind="logit")
    assert trend.estimate == pytest.approx(peer.params[1], rel=1e-6)
    assert trend.standard_error == pytest.approx(peer.bse[1] * np.sqrt(24 / 23), rel=1e-6)  # n / (n - 1) clusters


def test_cuts_that_move_alike_pass_and_cuts_that_part_do_not() -> None:
    rng = np.random.default_rng(2)
    n = 3_000
    design = SurveyDesign(np.ones(n))
    latent = rng.logistic(size=(3, n))
    together = [np.digitize(latent[wave] + 0.4 * wave, [-1.0, 0.0, 1.0]) for wave in range(3)]
    apart = [np.digitize(latent[wave] * (1 + 0.5 * wave), [-1.0, 0.0, 1.0]) for wave in range(3)]
    masks, time = [np.ones(n, np.bool_)] * 3, np.arange(3.0)
    fair = pooled_answers(joint_spreads([design] * 3), masks, together, time)
    unfair = pooled_answers(joint_spreads([design] * 3), masks, apart, time)
    assert ordinal_trend(fair).estimate == pytest.approx(0.4, abs=0.1)
    assert parallel_lines(fair).p_value > 0.05
    assert parallel_lines(unfair).p_value < 1e-6
    assert parallel_lines(fair).numerator_df == 2


def test_what_nobody_answered_otherwise_has_no_trend() -> None:
    masks, same = [np.ones(N, np.bool_)] * 3, [np.zeros(N, np.int64)] * 3
    found = pooled_answers(joint_spreads([golden_design()] * 3), masks, same, TIME[:3])
    with pytest.raises(EstimationError, match="there is no trend to fit"):
        ordinal_trend(found)


def test_the_joint_estimates_of_a_series_are_those_of_each_wave() -> None:
    joint = series(everyone("y1"), everyone("y2")).joint()
    assert joint.estimate == pytest.approx([0.607489598, 0.607489598 - 0.0416088766], rel=1e-8)  # G1, G16
    assert isinstance(joint.keys, pl.DataFrame)
