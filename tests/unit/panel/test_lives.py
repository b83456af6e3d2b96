"""Members over the waves: why they left, how old they are, and what the next waves will find of them."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import Band, Domain, Eligibility, ProfileVariable
from pipeline.panel.attrition import attrition_curves, member_patterns
from pipeline.panel.lives import Lives, PanelTime, band_codes, panel_time
from pipeline.panel.refreshment import days_between_waves, refresh_outlook
from tests.unit.panel.test_response import MEMBERS, TOLD, WAVES, panel

STARTS = {wave: np.datetime64(f"2025-{4 * at - 3:02}-01") for at, wave in enumerate(WAVES, 1)}
EXITS = Eligibility(exit_reasons=("died",), columns={"w02": "x"}, contains="gone", causes={"abroad": "overseas"})


def lives(reason: str | None = "died", told: tuple[str, ...] = (), age: float | None = 64.0) -> Lives:
    """Return ten members who joined aged 64 on the day of the first wave; the sixth, `f`, left the population."""
    ids = list("abcdefghij")
    members = pl.DataFrame(
        {
            "panel_member_id": ids,
            "joined_on": [date(2025, 1, 1)] * len(ids),
            "exit_reason": [reason if one == "f" else None for one in ids],
            "age": [age] * len(ids),
        },
        schema_overrides={"exit_reason": pl.String, "age": pl.Float64},
    )
    dispositions = pl.DataFrame(
        {"panel_member_id": ["f"] * len(told), "disposition": list(told)},
        schema={"panel_member_id": pl.String, "disposition": pl.String},
    )
    return Lives(members, dispositions, TOLD, STARTS)


def time_of(found: Lives, eligibility: Eligibility = EXITS, in_field: tuple[str, ...] = ()) -> PanelTime:
    plan = RetentionPlan("w01", "equal", 1, "age")
    return panel_time(panel(eligibility=eligibility, retention=plan), found, in_field)


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (lives(), "died"),
        (lives(None, ("gone: lives overseas",)), "abroad"),
        (lives(None, ("gone: lives overseas", "gone")), "abroad"),
        (lives(None, ("gone",)), "out of population"),
    ],
)
def test_the_reason_on_the_list_counts_or_else_what_the_first_disposition_says(found: Lives, cause: str) -> None:
    row = member_patterns(time_of(found)).filter(panel_member_id="f").row(0, named=True)
    assert (row["exit_cause"], row["exit_wave"]) == (cause, "w02")


def test_a_wave_in_the_field_is_left_out() -> None:
    assert time_of(lives(), in_field=("w03",)).waves == ("w01", "w02")


def test_members_grow_older_and_move_to_the_next_band() -> None:
    time = time_of(lives())
    domain = time.data.survey.domains[0]
    assert time.age_on(np.datetime64("2025-12-31")).tolist() == [64.0] * len(MEMBERS)
    assert time.age_on(np.datetime64("2026-01-02")).tolist() == [65.0] * len(MEMBERS)
    assert band_codes(domain, np.array([16.0, 64, 65, 80, np.nan])).tolist() == [0, 0, 1, 2, -1]
    groups = attrition_curves(time, confidence=0.95).filter(domain="age_group_now")
    assert groups["domain_value"].unique().to_list() == ["16-64"]


def test_years_of_birth_move_to_the_band_of_those_who_were_as_old_when_the_bands_were_ages() -> None:
    born = ProfileVariable(
        "born", "Born", "roster", "B", is_number=True, measure="birth_year", known_on=date(2025, 1, 1)
    )
    bands = (Band("75+", None, 1950.0), Band("65-74", 1951.0, 1960.0), Band("16-64", 1961.0, 2009.0))
    domain = Domain("age_group", "Age group", "born", tuple(band.value for band in bands), bands)
    plan = RetentionPlan("w01", "equal", 1, "born")
    followed = panel(eligibility=EXITS, retention=plan, profile=(born,), domains=(domain,))
    time = panel_time(followed, lives(age=1961.0))
    groups = [band_codes(domain, time.age_on(np.datetime64(day))) for day in ("2025-12-31", "2026-01-01", "2035-05-05")]
    assert [group[0] for group in groups] == [2, 1, 1]  # 64 in 2025, 65 in 2026, 74 in 2035
    assert band_codes(domain, time.age_on(np.datetime64("2036-01-01")))[0] == 0
    assert np.isnan(time.age_on(np.datetime64("NaT"))).all()
    assert refresh_outlook(time).filter(domain_value="16-64")["n_aged_out"].sum() > 0


def test_the_outlook_follows_those_who_are_active_into_their_next_band() -> None:
    time = time_of(lives())
    assert days_between_waves(time) == pytest.approx((90 + 31 + 31 + 30 + 31 + 30) / 2, abs=2)
    found = refresh_outlook(time)
    n_active = int(time.histories.is_active.sum())
    now, later = found.filter(waves_ahead=1), found.filter(waves_ahead=3)
    assert now["n_active"].to_list() == [n_active, 0, 0]
    assert now["n_aged_out"].to_list() == [0, 0, 0]  # all are 64 until the new year
    assert later["n_aged_out"][0] == later["n_aged_in"][1] > 0
    assert later["expected_on"][0] > date(2026, 1, 1)


def test_where_no_age_is_known_nobody_moves() -> None:
    found = refresh_outlook(time_of(lives(age=None)))
    assert found["n_aged_out"].sum() == 0
    assert found.filter(waves_ahead=1)["n_active"].sum() == found.filter(waves_ahead=12)["n_active"].sum() > 0
