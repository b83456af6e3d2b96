"""AAPOR's rates by hand."""

import pytest

from pipeline.definitions import Recruitment
from pipeline.retention.outcomes import CohortWave, Outcomes, panel_rates, response_rates

WAVE = Outcomes(complete=50, partial=10, refused=15, not_contacted=20, other=5, unknown=20, not_eligible=25)


def test_unknown_eligibility_counts_whole_by_e_or_not_at_all() -> None:
    rates = response_rates(WAVE)
    assert WAVE.eligibility_rate == 100 / 125
    assert rates["rr1"] == 50 / 120
    assert rates["rr2"] == 60 / 120
    assert rates["rr3"] == pytest.approx(50 / 116)
    assert rates["rr4"] == pytest.approx(60 / 116)
    assert rates["rr5"] == 50 / 100
    assert rates["rr6"] == 60 / 100


def test_nobody_asked_has_no_rates() -> None:
    nobody = Outcomes(0, 0, 0, 0, 0, 0, 0)
    assert set(response_rates(nobody).values()) == {None}


def test_the_cumulative_rate_of_one_cohort_is_the_product_of_its_stages() -> None:
    rates = panel_rates({"c1": CohortWave(80, 100, 60)}, {"c1": Recruitment(1000, 200, 150)})
    assert rates == pytest.approx(
        {
            "recruitment_rate": 0.2,
            "profile_rate": 0.75,
            "retention_rate": 0.8,
            "cumrr1": 0.2 * 0.75 * 60 / 80,
            "cumrr2": 0.2 * 0.75 * 0.8 * 60 / 80,
        }
    )


def test_cohorts_are_combined_by_the_number_invited() -> None:
    cohorts = {"c1": CohortWave(75, 100, 60), "c2": CohortWave(25, 25, 20)}
    rates = panel_rates(cohorts, {"c1": Recruitment(1000, 200, 200), "c2": Recruitment(1000, 100, 100)})
    assert rates["recruitment_rate"] == pytest.approx(0.75 * 0.2 + 0.25 * 0.1)
    assert rates["cumrr1"] == pytest.approx(0.75 * 0.2 * 0.8 + 0.25 * 0.1 * 0.8)
    assert rates["cumrr2"] == pytest.approx(0.75 * 0.2 * 0.75 * 0.8 + 0.25 * 0.1 * 1.0 * 0.8)


def test_without_a_known_recruitment_there_is_retention_and_no_cumulative_rate() -> None:
    rates = panel_rates({"c1": CohortWave(80, 100, 60)}, {})
    assert rates["retention_rate"] == 0.8
    assert rates["cumrr1"] is rates["cumrr2"] is rates["recruitment_rate"] is None
