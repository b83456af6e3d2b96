"""Regression with design-based errors: R survey 4.1.1 (methodology D), statsmodels, and other routes."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from statsmodels.miscmodels.ordinal_model import OrderedModel

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import ItemValues, estimate_items
from pipeline.estimation.regression import Predictors, regression
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import uncalibrated_replicates
from tests.golden.data import codes, column
from tests.unit.estimation.builders import AGES, EVERYONE, N, age_and_sex, golden_design, newton_weights, number, row_of
from tests.unit.estimation.test_estimates import BOTH_MARGINS

X = np.column_stack([codes("age") == 2, codes("age") == 3, codes("sex") == 2]).astype(np.float64)
AGE_AND_SEX = Predictors(("age 2", "age 3", "sex 2"), X)
ONLY_CONSTANT = Predictors((), np.zeros((N, 0)))
EQUAL = SurveyDesign(np.ones(N))


def test_golden_17_logit() -> None:
    # R's glm keeps the information of its last step but one, hence seven digits of its errors;
    # tests/golden/test_r_reference.py lets it converge
    fit = regression(golden_design(), column("r2"), AGE_AND_SEX, kind="logit")
    assert fit.terms == ("constant", "age 2", "age 3", "sex 2")
    assert fit.coefficient == pytest.approx([0.226043487, 1.05878263, 1.07717641, 0.153292302], rel=5e-9)
    assert fit.standard_error == pytest.approx([0.415072971, 0.523358136, 0.364278737, 0.390984364], rel=5e-7)
    assert fit.degrees_of_freedom == 17
    assert fit.unweighted_n == N


def test_golden_21_proportional_odds() -> None:
    # R's svyolr stops when the likelihood rises by less than 1e-8 of itself: five digits of its coefficients
    fit = regression(golden_design(), column("lik") - 1, AGE_AND_SEX, kind="proportional_odds")
    assert fit.terms[3:] == ("0|1", "1|2", "2|3", "3|4")
    assert fit.coefficient[:3] == pytest.approx([0.254335933, 0.376810702, 0.0418661056], rel=1e-5)
    assert fit.coefficient[3:] == pytest.approx([-1.14740339, -0.140343389, 0.698339981, 1.71248134], rel=1e-5)
    assert fit.standard_error[:3] == pytest.approx([0.453610561, 0.479962968, 0.361647425], rel=1e-5)


def test_a_linear_regression_on_nothing_is_the_mean() -> None:
    for design in (
        golden_design(),
        golden_design(newton_weights("linear", BOTH_MARGINS), calibration=age_and_sex()),
    ):
        fit = regression(design, column("lik"), ONLY_CONSTANT, kind="linear")
        mean = row_of(estimate_items(design, [number("lik")], [EVERYONE]))
        assert fit.coefficient[0] == pytest.approx(mean["estimate"])
        assert fit.standard_error[0] == pytest.approx(mean["standard_error"])
        assert fit.variance_method == mean["variance_method"]


def test_a_linear_regression_on_a_group_is_the_difference_of_means() -> None:
    both = AGES[0].mask | AGES[1].mask
    group = Predictors(("age 2",), X[:, :1])
    fit = regression(golden_design(), column("lik"), group, kind="linear", domain=both)
    difference = estimate_items(golden_design(), [number("lik")], AGES[:2])["estimate"].to_numpy()
    assert fit.coefficient[1] == pytest.approx(difference[1] - difference[0])


def test_with_equal_weights_the_errors_are_the_robust_ones_of_statsmodels() -> None:
    design_matrix = sm.add_constant(X)
    linear = sm.OLS(column("lik"), design_matrix).fit(cov_type="HC0")
    logit = sm.Logit(column("r2"), design_matrix).fit(disp=0, cov_type="HC0", tol=1e-14)
    multinomial = sm.MNLogit(column("lik"), design_matrix).fit(disp=0, cov_type="HC0", tol=1e-14)
    for kind, outcome, peer in (
        ("linear", column("lik"), linear),
        ("logit", column("r2"), logit),
        ("multinomial", column("lik") - 1, multinomial),
    ):
        fit = regression(EQUAL, outcome, AGE_AND_SEX, kind=kind)
        assert fit.coefficient == pytest.approx(np.asarray(peer.params).T.ravel(), rel=1e-7)
        robust = np.asarray(peer.bse).T.ravel() * np.sqrt(N / (N - 1))
        assert fit.standard_error == pytest.approx(robust, rel=1e-6)


def test_with_equal_weights_proportional_odds_are_those_of_statsmodels() -> None:
    peer = OrderedModel(column("lik"), X, distr="logit").fit(method="bfgs", disp=0, gtol=1e-9)
    fit = regression(EQUAL, column("lik") - 1, AGE_AND_SEX, kind="proportional_odds")
    assert fit.coefficient[:3] == pytest.approx(np.asarray(peer.params)[:3], rel=1e-4)


def test_models_of_two_answers_agree() -> None:
    logit = regression(golden_design(), column("r2"), AGE_AND_SEX, kind="logit")
    multinomial = regression(golden_design(), column("r2"), AGE_AND_SEX, kind="multinomial")
    odds = regression(golden_design(), column("r2"), AGE_AND_SEX, kind="proportional_odds")
    assert multinomial.coefficient == pytest.approx(logit.coefficient)
    assert multinomial.standard_error == pytest.approx(logit.standard_error)
    assert odds.coefficient == pytest.approx([*logit.coefficient[1:], -logit.coefficient[0]])
    assert odds.standard_error == pytest.approx([*logit.standard_error[1:], logit.standard_error[0]])


@pytest.mark.parametrize("kind", ["linear", "logit", "proportional_odds", "multinomial"])
def test_the_scale_of_the_weights_and_the_order_of_rows_do_not_matter(kind: str) -> None:
    outcome = column("r2") if kind == "logit" else column("lik") - 1
    order = np.random.default_rng(1).permutation(N)
    design = golden_design(column("w") * 1000)
    shuffled = SurveyDesign(design.weight[order], codes("stratum")[order], codes("psu")[order])
    fit = regression(golden_design(), outcome, AGE_AND_SEX, kind=kind)
    other = regression(shuffled, outcome[order], Predictors(AGE_AND_SEX.names, X[order]), kind=kind)
    assert other.coefficient == pytest.approx(fit.coefficient)
    assert other.standard_error == pytest.approx(fit.standard_error)


def test_rows_outside_the_domain_stay_in_the_design() -> None:
    one = codes("age") == 1
    fit = regression(golden_design(), column("lik"), ONLY_CONSTANT, kind="linear", domain=one)
    mean = row_of(estimate_items(golden_design(), [number("lik")], [AGES[0]]))
    assert fit.standard_error[0] == pytest.approx(mean["standard_error"])
    assert fit.degrees_of_freedom == mean["degrees_of_freedom"]


def test_who_misses_an_answer_is_left_out() -> None:
    outcome = np.where(np.arange(N) < 40, np.nan, column("lik"))
    fit = regression(golden_design(), outcome, AGE_AND_SEX, kind="linear")
    domain = regression(golden_design(), column("lik"), AGE_AND_SEX, kind="linear", domain=np.arange(N) >= 40)
    assert fit.unweighted_n == 80
    assert fit.standard_error == pytest.approx(domain.standard_error)


def test_replicates_give_nearly_the_linearised_errors() -> None:
    design = golden_design()
    drawn = uncalibrated_replicates(design.weight, replicate_factors(design, ReplicatePlan("jkn")))
    jackknife = regression(replace(design, replicates=drawn), column("r2"), AGE_AND_SEX, kind="logit")
    linearised = regression(design, column("r2"), AGE_AND_SEX, kind="logit")
    assert jackknife.standard_error == pytest.approx(linearised.standard_error)
    assert jackknife.variance_method == "jkn"


def test_the_table_has_an_interval_and_a_p_value_for_each_term() -> None:
    table = regression(golden_design(), column("r2"), AGE_AND_SEX, kind="logit").table()
    assert table.columns == [
        "term", "estimate", "standard_error", "ci_low", "ci_high", "p_value", "degrees_of_freedom",
    ]  # fmt: skip
    row = row_of(table, term="age 3")
    assert row["ci_low"] > 0
    assert row["p_value"] < 0.05


@pytest.mark.parametrize("kind", ["logit", "proportional_odds", "multinomial"])
def test_an_outcome_that_a_predictor_decides_has_no_coefficients(kind: str) -> None:
    decided = Predictors(("itself",), column("r2")[:, None])
    with pytest.raises(EstimationError, match="has no maximum"):
        regression(golden_design(), column("r2"), decided, kind=kind)


def test_collinear_predictors_are_refused() -> None:
    twice = Predictors(("age 2", "again"), X[:, [0, 0]])
    with pytest.raises(EstimationError, match="the 2 predictors and the constant are collinear among the 120 people"):
        regression(golden_design(), column("lik"), twice, kind="linear")


@pytest.mark.parametrize(
    ("kind", "outcome"), [("logit", "lik"), ("proportional_odds", "lik"), ("multinomial", "stratum"), ("probit", "r2")]
)
def test_an_outcome_of_other_codes_or_an_unknown_model_is_named(kind: str, outcome: str) -> None:
    with pytest.raises(EstimationError, match=r"has the values 1, 2, 3, 4|regression 'probit' is not known"):
        regression(golden_design(), column(outcome), AGE_AND_SEX, kind=kind)


def test_a_mean_of_a_constant_outcome_has_no_error() -> None:
    fit = regression(golden_design(), np.ones(N), ONLY_CONSTANT, kind="linear")
    mean = row_of(estimate_items(golden_design(), [ItemValues("one", number=np.ones(N))], [EVERYONE]))
    assert fit.standard_error[0] == pytest.approx(mean["standard_error"], abs=1e-12)
