"""Hazards and Kaplan-Meier curves, by hand and against methodology D."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.retention.survival import COLUMNS, Exits, exits, survival_curves
from tests.golden.data import codes
from tests.unit.estimation.builders import AGES, EVERYONE, N, golden_design

TEN = DomainMask("all", "all", np.ones(10, np.bool_))
# The small Kaplan-Meier example of methodology D: last wave at risk, whether the member left then, weight.
LAST = np.array([1, 2, 2, 3, 3, 3, 4, 4, 5, 5])
LEFT = np.array([1, 1, 0, 1, 1, 0, 1, 0, 0, 0], np.bool_)
WEIGHT = np.array([1, 2, 1, 1.5, 1, 2, 1, 1, 1.5, 1])


def golden_curve(scale: float = 1.0) -> pl.DataFrame:
    """Return the curve of the small Kaplan-Meier example."""
    return survival_curves(SurveyDesign(WEIGHT * scale), [TEN], Exits(LAST, LEFT))


def history(*rows: str) -> tuple[np.ndarray, np.ndarray]:
    """Return who was at risk and who answered: 1 answered, 0 missed, . not at risk."""
    marks = np.array([list(row) for row in rows])
    return marks != ".", marks == "1"


def test_golden_kaplan_meier() -> None:
    curve = golden_curve()
    assert curve.columns == list(COLUMNS)
    assert curve["time"].to_list() == [1, 2, 3, 4, 5]
    assert curve["hazard"][:4].to_list() == pytest.approx([1 / 13, 2 / 12, 2.5 / 9, 1 / 4.5])
    assert curve["survival"][:4].to_list() == pytest.approx([0.923077, 0.769231, 0.555556, 0.432099], abs=5e-7)
    assert curve["n_at_risk"].to_list() == [10, 9, 7, 4, 2]
    assert curve["n_exits"].to_list() == [1, 1, 2, 1, 0]


def test_without_censoring_survival_is_the_share_that_is_left() -> None:
    last = np.where(codes("r2") == 1, 3, 1 + codes("age") % 2)  # 1 or 2 for those who leave
    leaving = Exits(last, codes("r2") == 0)
    curve = survival_curves(golden_design(), [EVERYONE, *AGES], leaving)
    left = ItemValues("r2", codes=codes("r2"), categories=("0", "1"))
    shares = estimate_items(golden_design(), [left], [EVERYONE, *AGES]).filter(category="1")
    final = curve.filter(time=3)
    assert final["survival"].to_list() == pytest.approx(shares["estimate"].to_list())
    assert final["survival_standard_error"].to_list() == pytest.approx(shares["standard_error"].to_list())


def test_hazards_have_the_standard_error_of_a_share_of_those_at_risk() -> None:
    leaving = Exits(1 + codes("age"), codes("r2") == 0)
    curve = survival_curves(golden_design(), [EVERYONE], leaving).filter(time=3)
    at_risk = leaving.last_time >= 3
    item = ItemValues(
        "left", codes=np.where(at_risk, (leaving.last_time == 3) & leaving.has_left, -1), categories=("no", "yes")
    )
    share = estimate_items(golden_design(), [item], [EVERYONE]).filter(category="yes")
    for mine, theirs in (
        ("hazard", "estimate"),
        ("hazard_standard_error", "standard_error"),
        ("hazard_ci_low", "ci_low"),
        ("hazard_ci_high", "ci_high"),
        ("degrees_of_freedom", "degrees_of_freedom"),
    ):
        assert curve[mine][0] == pytest.approx(share[theirs][0])


def test_a_curve_that_nobody_left_is_1_with_a_one_sided_interval() -> None:
    curve = survival_curves(SurveyDesign(np.ones(10)), [TEN], Exits(np.full(10, 2), np.zeros(10, np.bool_)))
    assert curve["survival"].to_list() == [1.0, 1.0]
    assert curve["survival_standard_error"].to_list() == [0.0, 0.0]
    assert curve["survival_ci_low"].to_list() == pytest.approx([0.025**0.1] * 2)
    assert curve["survival_ci_high"].to_list() == [1.0, 1.0]


def test_everybody_left_is_0() -> None:
    curve = survival_curves(SurveyDesign(np.ones(10)), [TEN], Exits(np.full(10, 1), np.ones(10, np.bool_)))
    assert (curve["hazard"][0], curve["survival"][0], curve["survival_ci_low"][0]) == (1.0, 0.0, 0.0)
    assert curve["survival_ci_high"][0] == pytest.approx(1 - 0.025**0.1)


def test_intervals_hold_the_curve_and_stay_inside_0_and_1() -> None:
    inside = golden_curve().filter(pl.col("survival") < 1)
    assert (inside["survival_ci_low"] < inside["survival"]).all()
    assert (inside["survival"] < inside["survival_ci_high"]).all()
    assert inside["survival_ci_low"].min() >= 0
    assert inside["survival_ci_high"].max() <= 1


def test_the_scale_of_the_weights_does_not_matter() -> None:
    assert_frame_equal(golden_curve(), golden_curve(scale=250.0), rel_tol=1e-9)


def test_the_unweighted_curve_stands_alongside() -> None:
    curve = golden_curve()
    equal = survival_curves(SurveyDesign(np.ones(10)), [TEN], Exits(LAST, LEFT))
    assert curve["unweighted_survival"].to_list() == pytest.approx(equal["survival"].to_list())
    assert curve["unweighted_hazard"].to_list() == pytest.approx(equal["hazard"].to_list())


def test_a_member_leaves_at_the_first_wave_of_the_final_missed_spell() -> None:
    # stayer, lurker who came back, leaver after wave 2, never answered
    leaving = exits(*history("111111", "101101", "110000", "000000"), missed_waves=2)
    assert leaving.last_time.tolist() == [4, 4, 3, 1]
    assert leaving.has_left.tolist() == [False, False, True, True]


def test_nobody_is_known_to_have_left_in_the_last_waves() -> None:
    leaving = exits(*history("111100", "111000"), missed_waves=2)
    assert leaving.has_left.tolist() == [False, True]
    assert leaving.last_time.tolist() == [4, 4]
    assert leaving.n_times == 4


def test_leaving_the_population_is_no_exit() -> None:
    # died after wave 2; died after missing one wave of the two needed
    leaving = exits(*history("11....", "110..."), missed_waves=2)
    assert leaving.has_left.tolist() == [False, False]
    assert leaving.last_time.tolist() == [2, 3]


def test_time_counts_from_joining() -> None:
    leaving = exits(*history("..1000", "..1111", ".....1"), missed_waves=2)
    assert leaving.last_time.tolist() == [2, 2, 0]
    assert leaving.has_left.tolist() == [True, False, False]


def test_a_panel_too_young_for_an_exit_has_no_curve() -> None:
    leaving = exits(*history("10", "11"), missed_waves=2)
    curve = survival_curves(SurveyDesign(np.ones(2)), [DomainMask("all", "all", np.ones(2, np.bool_))], leaving)
    assert curve.height == 0
    assert curve.columns == list(COLUMNS)


def test_an_exit_needs_a_missed_wave() -> None:
    with pytest.raises(EstimationError, match="missed_waves is 0"):
        exits(*history("11"), missed_waves=0)


def test_an_empty_group_has_no_rows() -> None:
    nobody = DomainMask("age", "none", np.zeros(N, np.bool_))
    curve = survival_curves(golden_design(), [nobody, EVERYONE], Exits(codes("age"), codes("r2") == 0))
    assert curve["domain"].unique().to_list() == ["all"]
