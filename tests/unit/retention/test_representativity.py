"""The R-indicator against methodology D, its errors against the jackknife, its adjustment against a known truth."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.retention.representativity import COLUMNS, representativity
from pipeline.retention.response_model import Covariate, response_model
from tests.golden.data import codes, column
from tests.unit.estimation.builders import N, golden_design

ALL = np.ones(N, np.bool_)
ANSWERED = codes("r2") == 1
AGE = Covariate("age", ("1", "2", "3"), codes("age") - 1)
SEX = Covariate("sex", ("1", "2"), codes("sex") - 1)


def golden(design: SurveyDesign | None = None) -> pl.DataFrame:
    return representativity(design or golden_design(), ALL, ANSWERED, [AGE, SEX])


def value(frame: pl.DataFrame, name: str, indicator: str, variable: str = "all", category: str = "all") -> float:
    return float(frame.filter(indicator=indicator, variable=variable, category=category)[name].item())


def test_golden_r_indicator_mean_and_variation() -> None:
    found = golden()
    assert found.columns == list(COLUMNS)
    assert value(found, "unadjusted", "r_indicator") == pytest.approx(0.787170676, abs=5e-10)
    assert value(found, "mean_propensity", "r_indicator") == pytest.approx(0.723162275, abs=5e-10)
    spread = (1 - value(found, "unadjusted", "r_indicator")) / 2
    assert spread / value(found, "mean_propensity", "r_indicator") == pytest.approx(0.147151843, abs=5e-10)


def test_the_adjustment_takes_the_noise_of_the_fit_from_the_spread() -> None:
    found = golden()
    adjusted, plain = (value(found, name, "r_indicator") for name in ("estimate", "unadjusted"))
    assert plain < adjusted <= 1
    assert value(found, "coefficient_of_variation", "r_indicator") < (1 - plain) / 2 / 0.723162275


def test_in_a_saturated_equal_chance_sample_the_adjustment_is_that_of_the_formula() -> None:
    group = np.repeat([0, 1], [40, 60])
    answered = np.concatenate([np.arange(40) < 10, np.arange(60) < 45])
    found = representativity(SurveyDesign(np.ones(100)), np.ones(100, np.bool_), answered, [two_groups(group)])
    spread = (40 * (0.25 - 0.55) ** 2 + 60 * (0.75 - 0.55) ** 2) / 99
    # the sampling variance of a group's mean is p (1 - p) / n_g, by our variance times n / (n - 1)
    noise = 100 / 99 * (0.4 * 0.25 * 0.75 / 40 + 0.6 * 0.75 * 0.25 / 60)
    assert value(found, "estimate", "r_indicator") == pytest.approx(1 - 2 * np.sqrt(spread - noise), abs=1e-12)


def two_groups(group: NDArray[np.int64]) -> Covariate:
    return Covariate("group", ("a", "b"), group)


def test_unconditional_partials_by_hand() -> None:
    group = np.repeat([0, 1], [40, 60])
    answered = np.concatenate([np.arange(40) < 10, np.arange(60) < 45])
    found = representativity(SurveyDesign(np.ones(100)), np.ones(100, np.bool_), answered, [two_groups(group)])
    low, high = np.sqrt(0.4) * (0.25 - 0.55), np.sqrt(0.6) * (0.75 - 0.55)
    assert value(found, "estimate", "partial_unconditional", "group", "a") == pytest.approx(low)
    assert value(found, "estimate", "partial_unconditional", "group", "b") == pytest.approx(high)
    assert value(found, "estimate", "partial_unconditional", "group") == pytest.approx(np.hypot(low, high))
    assert value(found, "estimate", "partial_conditional", "group") == pytest.approx(np.hypot(low, high))
    assert value(found, "ci_high", "partial_unconditional", "group", "a") < 0


def test_a_variable_that_only_repeats_another_has_no_conditional_spread() -> None:
    found = representativity(golden_design(), ALL, ANSWERED, [AGE, Covariate("again", ("1", "2", "3"), AGE.codes)])
    assert value(found, "estimate", "partial_conditional", "again") == pytest.approx(0, abs=1e-9)
    assert value(found, "estimate", "partial_unconditional", "again") == pytest.approx(
        value(found, "estimate", "partial_unconditional", "age")
    )


def jackknife(name: str, *keys: str) -> float:
    """Return the JKn standard error of one figure, refitted without each PSU."""
    psu, stratum, total = codes("psu"), codes("stratum"), 0.0
    whole = value(golden(), name, *keys)
    for one in np.unique(psu):
        dropped, same = psu == one, stratum == stratum[psu == one][0]
        weight = np.where(dropped, 0.0, np.where(same, column("w") * 6 / 5, column("w")))
        total += 5 / 6 * (value(golden(golden_design(weight)), name, *keys) - whole) ** 2
    return float(np.sqrt(total))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("estimate", ("partial_unconditional", "age", "1")),
        ("estimate", ("partial_unconditional", "age")),
        ("estimate", ("partial_conditional", "age")),
        ("estimate", ("partial_conditional", "sex", "2")),
    ],
)
def test_errors_agree_with_the_jackknife_that_fits_the_model_again(name: str, keys: tuple[str, ...]) -> None:
    assert value(golden(), "standard_error", *keys) == pytest.approx(jackknife(name, *keys), rel=0.2)


def test_the_error_of_r_is_that_of_the_squared_spread_over_the_adjusted_spread() -> None:
    adjusted, plain = ((1 - value(golden(), name, "r_indicator")) / 2 for name in ("estimate", "unadjusted"))
    of_square = jackknife("unadjusted", "r_indicator") * plain  # R = 1 - 2 S, so dR = dS^2 / S
    assert value(golden(), "standard_error", "r_indicator") * adjusted == pytest.approx(of_square, rel=0.2)


def test_the_interval_of_r_covers_it_as_often_as_it_claims() -> None:
    rng = np.random.default_rng(0)
    traits = np.column_stack([rng.integers(0, n_groups, 20_000) for n_groups in (5, 2, 4)])
    chance = 1 / (1 + np.exp(-(0.6 - 0.2 * (traits[:, 0] - 2) + 0.2 * traits[:, 1])))
    truth, covered = 1 - 2 * chance.std(ddof=1), []
    for _ in range(100):
        chosen = rng.choice(chance.size, 300, replace=False)
        covariates = [
            Covariate(name, tuple("abcde"[: 1 + one.max()]), one)
            for name, one in zip("xyz", traits[chosen].T, strict=True)
        ]
        design = SurveyDesign(np.full(300, 20_000 / 300))
        found = representativity(design, np.ones(300, np.bool_), rng.random(300) < chance[chosen], covariates)
        low, high = (value(found, name, "r_indicator") for name in ("ci_low", "ci_high"))
        covered.append(low <= truth <= high)
    assert np.mean(covered) > 0.92  # 0.7 where the error is that of R before adjustment


def test_r_adjusted_to_1_has_an_interval_and_no_error() -> None:
    group = np.repeat([0, 1], [50, 50])
    answered = np.concatenate([np.arange(50) < 25, np.arange(50) < 26])
    found = representativity(SurveyDesign(np.ones(100)), np.ones(100, np.bool_), answered, [two_groups(group)])
    row = found.filter(indicator="r_indicator").row(0, named=True)
    assert (row["estimate"], row["standard_error"], row["ci_high"]) == (1.0, None, 1.0)
    assert 0.7 < row["ci_low"] < 1.0


def test_a_group_that_all_answered_has_chance_1() -> None:
    answered = ANSWERED | (codes("age") == 3)
    model = response_model(golden_design(), ALL, answered, [AGE, SEX])
    assert (model.propensity[codes("age") == 3] == 1).all()
    assert (model.propensity[codes("age") == 1] < 1).all()
    found = representativity(golden_design(), ALL, answered, [AGE, SEX])
    assert 0 < value(found, "estimate", "r_indicator") < 1


def test_who_was_not_asked_does_not_count() -> None:
    asked = codes("age") != 2
    found = representativity(golden_design(), asked, ANSWERED, [AGE, SEX])
    assert found["n_asked"].unique().to_list() == [int(asked.sum())]
    assert found.filter(variable="age", category="2").is_empty()


def test_a_category_that_is_not_known_is_one_of_its_own() -> None:
    blank = Covariate("age", AGE.categories, np.where(codes("id") % 10 == 0, -1, AGE.codes))
    found = representativity(golden_design(), ALL, ANSWERED, [blank, SEX])
    assert found.filter(indicator="partial_unconditional", variable="age")["category"].to_list()[-1] == "not known"


def test_the_scale_of_the_weights_hardly_matters() -> None:
    one, other = golden(), golden(golden_design(column("w") * 1000))
    assert_frame_equal(one.drop("unadjusted"), other.drop("unadjusted"), rel_tol=2e-3, abs_tol=1e-3)


def test_everybody_or_nobody_answering_is_refused() -> None:
    with pytest.raises(EstimationError, match="everybody or nobody answered"):
        representativity(golden_design(), ALL, ALL, [AGE])


def test_with_equal_chances_the_adjustment_removes_most_of_the_bias() -> None:
    rng = np.random.default_rng(1)
    group = np.arange(400) % 8
    covariate = Covariate("group", tuple("abcdefgh"), group)
    plain, adjusted = [], []
    for _ in range(60):
        answered = rng.random(400) < 0.6
        found = representativity(SurveyDesign(np.ones(400)), np.ones(400, np.bool_), answered, [covariate])
        plain.append((1 - value(found, "unadjusted", "r_indicator")) / 2)
        adjusted.append((1 - value(found, "estimate", "r_indicator")) / 2)
    assert np.mean(np.square(adjusted)) < 0.35 * np.mean(np.square(plain))
