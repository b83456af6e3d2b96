"""The hazard model by hand, against a person-level logit, and where it has no answer."""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.regression import Predictors, regression
from pipeline.retention.hazard_model import COLUMNS, Factor, hazard_model
from pipeline.retention.histories import NONE, PersonTimes
from tests.golden.data import codes
from tests.unit.estimation.builders import N, golden_design

AGE = Factor("age", ("1", "2", "3"), codes("age") - 1)
SEX = Factor("sex", ("1", "2"), codes("sex") - 1)


def person_waves(last: NDArray[np.int64], left: NDArray[np.bool_]) -> PersonTimes:
    """Return a row for each wave from the first to a member's last, at which some left."""
    row = np.repeat(np.arange(last.size), last)
    time = np.concatenate([np.arange(one) for one in last])
    return PersonTimes(row, time, time, np.where((time == last[row] - 1) & left[row], 0, NONE))


def one_wave() -> PersonTimes:
    return person_waves(np.ones(N, np.int64), codes("r2") == 0)


def coefficient(found: pl.DataFrame, term: str, name: str = "estimate") -> float:
    return float(found.filter(term=term)[name].item())


def test_with_one_wave_it_is_the_golden_attrition_logit_turned_round() -> None:
    found = hazard_model(golden_design(), one_wave(), [AGE, SEX])
    assert found.columns == list(COLUMNS)
    terms = ["constant", "age 2", "age 3", "sex 2"]
    golden = (0.226043487, 1.05878263, 1.07717641, 0.153292302)  # methodology D, G17: of answering
    errors = (0.415072971, 0.523358136, 0.364278737, 0.390984364)
    assert [-coefficient(found, term) for term in terms] == pytest.approx(golden, abs=5e-9)
    assert [coefficient(found, term, "standard_error") for term in terms] == pytest.approx(errors, abs=2e-7)
    assert found.filter(term="age 2")["reference"].item() == "1"


def test_odds_of_two_waves_and_two_groups_by_hand() -> None:
    # a: 10 at wave 1, 2 leave, 8 at wave 2, 4 leave; b: 10, 5 leave, 5, 1 leaves
    last = np.repeat([1, 2, 1, 2], [2, 8, 5, 5])
    left = np.concatenate([np.ones(2), np.ones(4), np.zeros(4), np.ones(5), np.ones(1), np.zeros(4)]).astype(bool)
    group = Factor("group", ("a", "b"), np.repeat([0, 1], 10))
    found = hazard_model(SurveyDesign(np.ones(20)), person_waves(last, left), [group], by_time=True)
    odds = {"a1": 2 / 8, "a2": 4 / 4, "b1": 5 / 5, "b2": 1 / 4}
    assert coefficient(found, "constant") == pytest.approx(np.log(odds["a1"]))
    assert coefficient(found, "wave 2") == pytest.approx(np.log(odds["a2"] / odds["a1"]))
    assert coefficient(found, "group b") == pytest.approx(np.log(odds["b1"] / odds["a1"]))
    crossed = odds["b2"] / odds["b1"] / (odds["a2"] / odds["a1"])
    assert coefficient(found, "group b at wave 2") == pytest.approx(np.log(crossed))
    assert found["n_person_waves"].unique().to_list() == [33]
    assert found["n_exits"].unique().to_list() == [12]


def test_members_count_once_however_many_waves_they_give() -> None:
    last, left = 1 + codes("age"), codes("r2") == 0
    rows = person_waves(last, left)
    found = hazard_model(golden_design(), rows, [SEX])
    times = np.unique(rows.time[rows.cause == 0])[1:]
    columns = [rows.time == at for at in times] + [codes("sex")[rows.row] == 2]
    expected = regression(
        SurveyDesign(codes("w")[rows.row].astype(float), codes("stratum")[rows.row], codes("psu")[rows.row]),
        (rows.cause == 0).astype(float),
        Predictors(tuple("abc"[: len(columns)]), np.column_stack(columns).astype(float)),
        kind="logit",
        domain=rows.time >= rows.time[rows.cause == 0].min(),
    )
    assert coefficient(found, "sex 2") == pytest.approx(expected.coefficient[-1])
    assert coefficient(found, "sex 2", "standard_error") == pytest.approx(expected.standard_error[-1])


def test_the_joint_test_of_one_coefficient_is_its_t_test() -> None:
    found = hazard_model(golden_design(), one_wave(), [AGE, SEX])
    test = found.filter(term="sex", kind="test").row(0, named=True)
    assert test["statistic"] == pytest.approx(coefficient(found, "sex 2", "statistic") ** 2)
    assert test["p_value"] == pytest.approx(coefficient(found, "sex 2", "p_value"))
    assert found.filter(term="age", kind="test")["numerator_df"].item() == 2


def test_times_and_values_that_nobody_left_at_are_left_out() -> None:
    last = 1 + codes("age")
    left = (codes("r2") == 0) & (codes("age") == 2)
    found = hazard_model(golden_design(), person_waves(last, left), [SEX])
    assert found.filter(kind="coefficient")["term"].to_list() == ["constant", "sex 2"]  # exits at wave 3 alone


def test_a_cell_without_exits_gets_a_straight_course_instead() -> None:
    left = (codes("r2") == 0) & ~((codes("sex") == 2) & (codes("age") == 1))
    found = hazard_model(golden_design(), person_waves(codes("age"), left), [SEX], by_time=True)
    assert "sex 2 a wave" in found["term"].to_list()
    assert found.filter(term="sex by wave", kind="test")["numerator_df"].item() == 1


def test_a_panel_that_nobody_left_cannot_be_modelled() -> None:
    with pytest.raises(EstimationError):
        hazard_model(golden_design(), person_waves(codes("age"), np.zeros(N, np.bool_)), [SEX])
