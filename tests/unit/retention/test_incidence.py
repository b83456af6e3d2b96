"""Cumulative incidence by hand, and against R's survival package."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.design import SurveyDesign
from pipeline.retention.histories import NONE, PersonTimes, person_times
from pipeline.retention.incidence import COLUMNS, GroupMask, cumulative_incidence
from pipeline.retention.survival import Exits, survival_curves
from tests.golden.data import codes, column
from tests.unit.estimation.builders import EVERYONE, N, golden_design
from tests.unit.retention.test_histories import histories

# R 4.2.2, survival 3.5.3: survfit(Surv(start, stop, status) ~ 1, weights = w, id = i) of the data made in `people`.
R_LEFT = [0.1364829396, 0.1991973860, 0.3009348533, 0.4034436741]
R_DIED = [0.1387795276, 0.2028354594, 0.2796576286, 0.4173123308]
R_LEFT_ERROR = [0.03587045394, 0.04250162958, 0.05131886021, 0.05987792771]
R_DIED_ERROR = [0.03726269249, 0.04243626661, 0.04988809056, 0.06097853049]
R_UNWEIGHTED_LEFT_ERROR = [0.03407258599, 0.03948307318, 0.04757889695, 0.05587589674]
R_KAPLAN_MEIER = [0.8635170604, 0.7887934647, 0.6545890210, 0.4945986877]
R_KAPLAN_MEIER_ERROR = [0.03587045394, 0.04531066990, 0.05928158076, 0.07637582870]
R_OVER_N = np.sqrt(N / (N - 1))  # its infinitesimal jackknife divides by n, our variance by n - 1


def people() -> PersonTimes:
    """Return 120 people at risk from wave `start` to `stop`, a third of whom leave and a third die."""
    i = np.arange(1, N + 1)
    stop = 1 + (i * 7 + i // 5) % 4
    start = np.where((i * 3) % 4 == 0, np.minimum(1, stop - 1), 0)
    cause = (i * 11 + i // 7) % 3 - 1
    row = np.repeat(np.arange(N), stop - start)
    wave = np.concatenate([np.arange(*ends) for ends in zip(start, stop, strict=True)])
    return PersonTimes(row, wave, wave - start[row], np.where(wave == stop[row] - 1, cause[row], NONE))


def whole(n: int = N) -> list[GroupMask]:
    return [GroupMask("all", "all", np.ones(n, np.bool_))]


def of_cause(frame: pl.DataFrame, cause: str, name: str) -> list[float]:
    return frame.filter(cause=cause)[name].to_list()


def test_weighted_incidence_and_errors_with_delayed_entry_are_those_of_r() -> None:
    found = cumulative_incidence(SurveyDesign(column("w")), whole(), people(), ("left", "died"), since_joining=False)
    assert found.columns == list(COLUMNS)
    assert of_cause(found, "left", "incidence") == pytest.approx(R_LEFT, abs=1e-9)
    assert of_cause(found, "died", "incidence") == pytest.approx(R_DIED, abs=1e-9)
    scaled = np.array(of_cause(found, "left", "incidence_standard_error")) / R_OVER_N
    assert scaled == pytest.approx(R_LEFT_ERROR, abs=1e-9)
    scaled = np.array(of_cause(found, "died", "incidence_standard_error")) / R_OVER_N
    assert scaled == pytest.approx(R_DIED_ERROR, abs=1e-9)
    assert of_cause(found, "left", "n_at_risk") == [102, 72, 48, 24]


def test_unweighted_errors_are_those_of_r() -> None:
    found = cumulative_incidence(SurveyDesign(np.ones(N)), whole(), people(), ("left", "died"), since_joining=False)
    errors = np.array(of_cause(found, "left", "incidence_standard_error")) / R_OVER_N
    assert errors == pytest.approx(R_UNWEIGHTED_LEFT_ERROR, abs=1e-9)


def test_with_one_cause_it_is_the_kaplan_meier_curve_of_r() -> None:
    rows = people()
    alone = PersonTimes(rows.row, rows.wave, rows.time, np.where(rows.cause == 0, 0, NONE))
    found = cumulative_incidence(SurveyDesign(column("w")), whole(), alone, ("left",), since_joining=False)
    assert (1 - found["incidence"]).to_list() == pytest.approx(R_KAPLAN_MEIER, abs=1e-9)
    assert (found["incidence_standard_error"] / R_OVER_N).to_list() == pytest.approx(R_KAPLAN_MEIER_ERROR, abs=1e-9)
    assert set(found["cause"]) == {"left"}


def test_since_joining_one_cause_is_the_survival_curve() -> None:
    last, left = 1 + codes("age"), codes("r2") == 0
    row = np.repeat(np.arange(N), last)
    time = np.concatenate([np.arange(one) for one in last])
    rows = PersonTimes(row, time, time, np.where((time == last[row] - 1) & left[row], 0, NONE))
    found = cumulative_incidence(golden_design(), whole(), rows, ("left",), since_joining=True)
    curve = survival_curves(golden_design(), [EVERYONE], Exits(last, left))
    assert (1 - found["incidence"]).to_list() == pytest.approx(curve["survival"].to_list())
    for mine, theirs in (
        ("incidence_standard_error", "survival_standard_error"),
        ("hazard_standard_error", "hazard_standard_error"),
        ("hazard_ci_high", "hazard_ci_high"),
        ("degrees_of_freedom", "degrees_of_freedom"),
    ):
        assert found[mine].to_list() == pytest.approx(curve[theirs].to_list())
    assert (1 - found["incidence_ci_low"]).to_list() == pytest.approx(curve["survival_ci_high"].to_list())


def test_causes_add_up_to_all_exits_by_hand() -> None:
    rows = person_times(histories("111", "1dd", "100", "111", missed_waves=1))
    found = cumulative_incidence(SurveyDesign(np.ones(4)), whole(4), rows, ("left", "died"), since_joining=False)
    assert of_cause(found, "all", "n_at_risk") == [4, 4]
    assert of_cause(found, "left", "hazard") == [0, 1 / 4]
    assert of_cause(found, "died", "incidence") == [0, 1 / 4]
    assert of_cause(found, "all", "incidence") == [0, 1 / 2]


def test_nobody_left_is_0_with_a_one_sided_interval() -> None:
    rows = person_times(histories(*["111"] * 10, missed_waves=1))
    found = cumulative_incidence(SurveyDesign(np.ones(10)), whole(10), rows, ("left",), since_joining=True)
    assert found["incidence"].to_list() == [0, 0]
    assert found["incidence_ci_low"].to_list() == [0, 0]
    assert found["incidence_ci_high"].to_list() == pytest.approx([1 - 0.025**0.1] * 2)


def test_who_changes_group_counts_where_they_are_at_each_wave() -> None:
    rows = person_times(histories("11111", "11001", "10000", "11111", missed_waves=1))
    young = np.array([[1, 1, 0, 0, 0]] * 4, np.bool_)
    groups = [GroupMask("age_now", "young", young), GroupMask("age_now", "old", ~young)]
    found = cumulative_incidence(SurveyDesign(np.ones(4)), groups, rows, ("left",), since_joining=False)
    young_rows, old_rows = found.filter(domain_value="young"), found.filter(domain_value="old")
    assert young_rows["time"].to_list() == [1, 2]
    assert old_rows["time"].to_list() == [3, 4]
    assert young_rows["n_exits"].to_list() == [0, 1]
    assert old_rows["n_at_risk"].to_list() == [3, 3]


def test_the_scale_of_the_weights_does_not_matter() -> None:
    one, other = (
        cumulative_incidence(SurveyDesign(column("w") * k), whole(), people(), ("left", "died"), since_joining=True)
        for k in (1.0, 250.0)
    )
    assert_frame_equal(one, other, rel_tol=1e-9)


def test_a_group_without_members_has_no_rows() -> None:
    nobody = GroupMask("age", "none", np.zeros(N, np.bool_))
    found = cumulative_incidence(golden_design(), [nobody], people(), ("left", "died"), since_joining=True)
    assert found.is_empty()
    assert found.columns == list(COLUMNS)
