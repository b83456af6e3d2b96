"""Retention rates, by hand."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.retention.rates import COLUMNS, WaveParticipation, retention_rates
from tests.golden.data import codes
from tests.unit.estimation.builders import AGES, EVERYONE, N, golden_design, row_of

RESPONDED = codes("r2") == 1
STILL_HERE = RESPONDED | (codes("lik") != 5)
SECOND = WaveParticipation("w2", RESPONDED, STILL_HERE)
ALL = np.ones(N, np.bool_)


def small_rates(answered: list[int], eligible: list[int]) -> dict[str, float]:
    """Return retention of four members with weights 1, 1, 2, 4."""
    design = SurveyDesign(np.array([1.0, 1, 2, 4]))
    everyone = np.ones(4, np.bool_)
    wave = WaveParticipation("w2", np.array(answered, np.bool_), np.array(eligible, np.bool_))
    return retention_rates(design, everyone, [DomainMask("all", "all", everyone)], [wave]).row(0, named=True)


def test_four_members_by_hand() -> None:
    row = small_rates(answered=[1, 0, 0, 1], eligible=[1, 1, 0, 1])
    assert (row["n_first_wave"], row["n_eligible"], row["n_respondents"]) == (4, 3, 2)
    assert row["retention_raw"] == pytest.approx(2 / 4)
    assert row["retention_eligible"] == pytest.approx(2 / 3)
    assert row["retention_weighted"] == pytest.approx(5 / 8)


def test_nobody_lost_is_1_with_a_korn_graubard_interval() -> None:
    row = small_rates(answered=[1, 1, 1, 1], eligible=[1, 1, 1, 1])
    assert (row["retention_raw"], row["retention_raw_standard_error"]) == (1.0, 0.0)
    assert row["retention_raw_ci_low"] == pytest.approx(0.025 ** (1 / 4))
    assert row["retention_weighted_ci_low"] == pytest.approx(0.025 ** (22 / 64))  # Kish's n is 64 / 22
    assert row["retention_weighted_ci_high"] == 1.0


def test_nobody_eligible_leaves_that_rate_undefined() -> None:
    row = small_rates(answered=[0, 0, 0, 0], eligible=[0, 0, 0, 0])
    assert (row["n_eligible"], row["retention_raw"]) == (0, 0.0)
    assert (row["retention_eligible"], row["retention_eligible_ci_low"]) == (None, None)


def test_rates_carry_the_design_based_errors_of_a_share() -> None:
    frame = retention_rates(golden_design(), ALL, [EVERYONE, *AGES], [SECOND])
    answered = ItemValues("r2", codes=codes("r2"), categories=("0", "1"))
    shares = estimate_items(golden_design(), [answered], AGES)
    for age in "123":
        mine, share = row_of(frame, domain_value=age), row_of(shares, category="1", domain_value=age)
        assert mine["retention_weighted"] == share["estimate"]
        assert mine["retention_weighted_ci_low"] == share["ci_low"]
        assert mine["retention_weighted_standard_error"] == share["standard_error"]
    assert list(frame.columns) == list(COLUMNS)


def test_unweighted_rates_keep_strata_and_psus() -> None:
    row = row_of(retention_rates(golden_design(), ALL, [EVERYONE], [SECOND]), domain="all")
    answered = ItemValues("r2", codes=codes("r2"), categories=("0", "1"))
    equal = row_of(estimate_items(golden_design(np.ones(N)), [answered], [EVERYONE]), category="1")
    assert row["retention_raw_ci_high"] == equal["ci_high"]
    assert row["degrees_of_freedom"] == 20


def test_those_who_missed_the_first_wave_count_in_no_rate() -> None:
    first = codes("age") != 2
    frame = retention_rates(golden_design(), first, [EVERYONE, *AGES], [SECOND])
    assert frame["domain_value"].to_list() == ["all", "1", "3"]
    assert row_of(frame, domain="all")["n_first_wave"] == int(first.sum())
    assert row_of(frame, domain="all")["n_respondents"] == int((first & RESPONDED).sum())


def test_waves_come_in_the_order_given() -> None:
    third = WaveParticipation("w3", RESPONDED & (codes("sex") == 1), STILL_HERE)
    frame = retention_rates(golden_design(), ALL, [EVERYONE, *AGES], [SECOND, third])
    assert frame["wave"].to_list() == ["w2"] * 4 + ["w3"] * 4
    assert frame.filter(pl.col("retention_raw") < 0.5)["wave"].unique().to_list() == ["w3"]


def test_a_domain_that_is_everyone_is_all() -> None:
    whole = DomainMask("whole", "yes", ALL)
    frame = retention_rates(golden_design(), ALL, [EVERYONE, whole], [SECOND]).drop("domain", "domain_value")
    assert_frame_equal(frame[:1], frame[1:])
