"""Refreshment plans by hand: who is left, who ages, whom to recruit."""

import numpy as np
import polars as pl
import pytest

from pipeline.retention.histories import NONE, PersonTimes, person_times
from pipeline.retention.refreshment import (
    OUTLOOK,
    Chances,
    Members,
    Wanted,
    chance_gone,
    chances,
    outlook,
    profile_design_effect,
    refresh_plan,
)
from tests.unit.retention.test_histories import histories

YOUNG_OLD = ("young", "old")


def chances_of(leaving: list[float], out: list[float]) -> Chances:
    return Chances(np.array(leaving), np.array(out))


def panel(**changes: object) -> pl.DataFrame:
    """Return the outlook of 100 young and 100 old, of whom a tenth leave a wave; 9 young turn old at the second."""
    now = np.repeat([0, 1], 100)
    then = np.column_stack([now, np.where(np.arange(200) < 9, 1, now)])
    options = {"is_absent": np.zeros(200, np.bool_), "is_gone": np.zeros(200)} | changes
    settled = chances_of([0.1, 0.1], [0.0, 0.1])
    new = chances_of([[0.2, 0.1], [0.1, 0.1]], [[0.0, 0.0], [0.0, 0.1]])  # type: ignore[list-item]
    return outlook(Members(now, then, **options), YOUNG_OLD, settled, new)  # type: ignore[arg-type]


def test_one_wave_ahead_by_hand() -> None:
    found = panel().filter(waves_ahead=1)
    assert found.columns == list(OUTLOOK)
    assert found["n_active"].to_list() == [100, 100]
    assert found["n_leaving"].to_list() == pytest.approx([10, 10])
    assert found["n_out_of_population"].to_list() == pytest.approx([0, 10])
    assert found["n_expected"].to_list() == pytest.approx([90, 80])
    assert found["new_member_stays"].to_list() == pytest.approx([0.8, 0.9])


def test_members_age_from_one_group_into_the_next() -> None:
    found = panel().filter(waves_ahead=2)
    # the 9 are old at the second wave, with the chances of the old: 9 * 0.9 * 0.8
    assert found["n_aged_out"].to_list() == pytest.approx([6.48, 0])
    assert found["n_aged_in"].to_list() == pytest.approx([0, 6.48])
    assert found["n_expected"].to_list() == pytest.approx([91 * 0.81, 100 * 0.64 + 6.48])
    assert found["new_member_stays"].to_list() == pytest.approx([0.8 * 0.9, 0.9 * 0.8])


def test_every_member_is_accounted_for() -> None:
    found = panel(is_gone=np.where(np.arange(200) % 10 == 0, 0.5, 0.0), is_absent=np.arange(200) % 10 == 0)
    lost = found["n_gone"] + found["n_leaving"] + found["n_out_of_population"]
    balance = found["n_active"] - lost - found["n_aged_out"] + found["n_aged_in"]
    assert balance.to_list() == pytest.approx(found["n_expected"].to_list())
    assert found["n_gone"].to_list() == pytest.approx([5] * 4)
    assert found["n_absent"].to_list() == [10] * 4


def plan_rows(expected: list[float], stays: list[float], aged_out: list[float], aged_in: list[float]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "n_active": [100, 100],
            "n_expected": expected,
            "new_member_stays": stays,
            "n_aged_out": aged_out,
            "n_aged_in": aged_in,
        }
    )


def test_recruits_make_up_for_their_own_leaving() -> None:
    rows = plan_rows([80.0, 100.0], [0.5, 0.8], [0.0, 0.0], [0.0, 0.0])
    found = refresh_plan(rows, Wanted(200, np.array([0.5, 0.5]), np.array([0.1, 0.2])))
    assert found.n_short.tolist() == [20, 0]
    assert found.n_to_recruit.tolist() == [40, 0]
    assert found.n_to_invite is not None
    assert found.n_to_invite.tolist() == [400, 0]
    assert found.n_then.tolist() == [100, 100]


def test_recruits_who_age_fill_the_next_group() -> None:
    # of the young who stay a quarter turn old: 80 then, 20 of theirs among the old
    rows = plan_rows([60.0, 80.0], [1.0, 1.0], [20.0, 0.0], [0.0, 20.0])
    found = refresh_plan(rows, Wanted(180, np.array([0.5, 0.5])))
    assert found.n_short.tolist() == [30, 10]
    assert found.n_to_recruit.tolist() == [40, 0]  # 30 / (1 - 1/4), and the 10 who turn old are enough
    assert found.n_then.tolist() == pytest.approx([90, 90])
    assert found.n_to_invite is None


def test_a_group_that_is_too_large_gets_no_recruits() -> None:
    rows = plan_rows([150.0, 30.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    found = refresh_plan(rows, Wanted(200, np.array([0.5, 0.5])))
    assert found.n_to_recruit.tolist() == [0, 70]


def test_the_design_effect_falls_to_1_when_the_profile_fits() -> None:
    rows = plan_rows([50.0, 100.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    found = refresh_plan(rows, Wanted(200, np.array([0.5, 0.5])))
    assert found.design_effect_now == pytest.approx(1.0)
    assert found.design_effect_without == pytest.approx(150 * (0.25 / 50 + 0.25 / 100))
    assert found.design_effect_with == pytest.approx(1.0)
    assert np.isnan(profile_design_effect(np.array([0.0, 10.0]), np.array([0.5, 0.5])))


def test_chances_are_of_the_group_where_enough_of_it_were_at_risk() -> None:
    rows = PersonTimes(
        np.arange(50), np.zeros(50, np.int64), np.zeros(50, np.int64), np.repeat([0, 1, NONE], [5, 5, 40])
    )
    found = chances(rows, np.concatenate([np.zeros(40, np.int64), np.ones(10, np.int64)]), 2)
    assert found.leaving.tolist() == [5 / 40, 5 / 50]
    assert found.dying_or_moving.tolist() == [5 / 40, 5 / 50]


def test_how_many_absences_turn_out_to_be_for_good() -> None:
    # absences of one wave that began while exits can be known: two came back, one did not
    past = histories("110111", "101111", "110000", "111111", "111110")
    assert chance_gone(past).tolist() == [0, 1 / 3]
    assert person_times(past).cause.max() == 0


def test_with_one_wave_missed_nobody_is_absent() -> None:
    assert chance_gone(histories("111", "110", missed_waves=1)).tolist() == [0]
