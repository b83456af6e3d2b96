"""Members over the waves: why they left, how old they are, and what the next waves will find of them."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import Band, Domain, Eligibility, ProfileVariable
from pipeline.panel.ages import band_codes, evenly_spread
from pipeline.panel.attrition import attrition_curves, member_patterns
from pipeline.panel.lives import Lives, PanelTime, panel_time, recruitment_weight
from pipeline.panel.refreshment import days_between_waves, refresh_outlook
from pipeline.weighting_steps import WeightRecipe
from tests.unit.panel.test_response import MEMBERS, WAVES, panel

STARTS = {wave: np.datetime64(f"2025-{4 * at - 3:02}-01") for at, wave in enumerate(WAVES, 1)}
EXITS = Eligibility(exit_reasons=("died",), columns={"w02": "x"}, contains="gone", causes={"abroad": "overseas"})


def lives(
    reason: str | None = "died",
    told: tuple[str, ...] = (),
    age: float | None = 64.0,
    joined: date = date(2025, 1, 1),
) -> Lives:
    """Return ten members who joined aged 64 on the day of the first wave; the sixth, `f`, left the population."""
    ids = list("abcdefghij")
    members = pl.DataFrame(
        {
            "panel_member_id": ids,
            "joined_on": [joined] * len(ids),
            "exit_reason": [reason if one == "f" else None for one in ids],
            "age": [age] * len(ids),
        },
        schema_overrides={"exit_reason": pl.String, "age": pl.Float64},
    )
    dispositions = pl.DataFrame(
        {"panel_member_id": ["f"] * len(told), "disposition": list(told)},
        schema={"panel_member_id": pl.String, "disposition": pl.String},
    )
    return Lives(members, dispositions, STARTS)


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
    assert time.ages.on(np.datetime64("2025-01-01")).tolist() == [64.0] * len(MEMBERS)
    assert time.ages.on(np.datetime64("2026-01-02")).tolist() == [65.0] * len(MEMBERS)
    days = [np.datetime64("2025-01-01") + np.timedelta64(36 * tenth, "D") for tenth in range(11)]
    n_grown = [int((time.ages.on(day) == 65).sum()) for day in days]  # a tenth has its birthday in each tenth of a year
    assert np.abs(np.array(n_grown) - len(MEMBERS) * np.arange(11) / 10).max() <= 1
    assert band_codes(domain, np.array([16.0, 64, 65, 80, np.nan])).tolist() == [0, 0, 1, 2, -1]
    groups = attrition_curves(time, confidence=0.95).filter(domain="age_group_now")
    at_risk = groups.filter(weighting="unweighted", cause="nonresponse").group_by("wave", "domain_value")
    grown = dict(
        at_risk.agg(pl.col("n_at_risk").first()).filter(domain_value="65-74").select("wave", "n_at_risk").rows()
    )
    assert grown.keys() == {"w02"}  # in May the first of them are 65; all were 64 in January


def test_years_of_birth_move_to_the_band_of_those_who_were_as_old_when_the_bands_were_ages() -> None:
    born = ProfileVariable(
        "born", "Born", "roster", "B", is_number=True, measure="birth_year", known_on=date(2025, 1, 1)
    )
    bands = (Band("75+", None, 1950.0), Band("65-74", 1951.0, 1960.0), Band("16-64", 1961.0, 2009.0))
    domain = Domain("age_group", "Age group", "born", tuple(band.value for band in bands), bands)
    plan = RetentionPlan("w01", "equal", 1, "born")
    followed = panel(eligibility=EXITS, retention=plan, profile=(born,), domains=(domain,))
    time = panel_time(followed, lives(age=1961.0))
    days = ("2025-01-01", "2025-07-03", "2026-01-02", "2035-01-01", "2036-01-02")
    groups = [band_codes(domain, time.ages.on(np.datetime64(day))) for day in days]
    n_aged = [np.bincount(group, minlength=3).tolist() for group in groups]
    assert n_aged == [[0, 0, 10], [0, 5, 5], [0, 10, 0], [0, 10, 0], [10, 0, 0]]  # 64, half 65, 65, 74, 75
    assert np.isnan(time.ages.on(np.datetime64("NaT"))).all()
    assert refresh_outlook(time).filter(domain_value="75+", waves_ahead=12)["n_expected"].item() == 0  # 69 by then
    assert refresh_outlook(time).filter(domain_value="65-74", waves_ahead=12)["n_expected"].item() > 0


def test_recruitment_weights_share_out_whom_several_cohorts_could_have_drawn() -> None:
    of_first = np.arange(len(MEMBERS)) < 4  # then six of the second cohort, of whom the last two are new to the area
    chance = {"P1": np.where(of_first, 0.01, np.nan), "P2": np.where(of_first, np.nan, 0.01)}
    frame = {"F1": (np.arange(len(MEMBERS)) < 8).astype(float), "F2": np.ones(len(MEMBERS))}
    arrays = replace(panel().arrays, numbers=chance | frame)
    drawn = {"selection_probabilities": {"c1": "P1", "c2": "P2"}}
    alone = WeightRecipe("w", "cross_sectional", (), "Waves.", **drawn)
    assert recruitment_weight(alone, arrays).tolist() == [100.0] * 10
    composite = replace(alone, covered={"c1": "F1", "c2": "F2"})
    assert recruitment_weight(composite, arrays).tolist() == [50.0] * 8 + [100.0] * 2  # four of each could be of both


def test_who_joins_later_leaves_the_birthdays_of_the_others_alone() -> None:
    age, joined = np.array([30.0, 64, 30, 64, 30]), np.array([1, 1, 1, 1, 2])
    alone = evenly_spread(age[:4], (joined[:4],))
    assert evenly_spread(age, (joined,))[:4].tolist() == alone.tolist()
    assert alone[[0, 2]].tolist() == alone[[1, 3]].tolist()  # each age by itself


def test_the_outlook_follows_those_who_are_active_into_their_next_band_as_their_birthdays_come() -> None:
    time = time_of(lives(joined=date(2025, 9, 1)))  # 64 at the wave of September
    assert days_between_waves(time) == pytest.approx((90 + 31 + 31 + 30 + 31 + 30) / 2, abs=2)
    found = refresh_outlook(time)
    assert int(time.histories.is_active.sum()) == 3
    now, later = found.filter(waves_ahead=1), found.filter(waves_ahead=3)
    assert now["n_active"].to_list() == [3, 0, 0]
    stays = now["n_expected"].sum() / 3
    aged_out = found.filter(domain_value="16-64")["n_aged_out"].to_list()
    assert aged_out[:3] == pytest.approx([2 * stays, 3 * stays**2, 3 * stays**3])  # by January, May and September
    assert later["n_aged_out"][0] == later["n_aged_in"][1]
    assert later["expected_on"][0] > date(2026, 1, 1)


def test_where_no_age_is_known_nobody_moves() -> None:
    found = refresh_outlook(time_of(lives(age=None)))
    assert found["n_aged_out"].sum() == 0
    assert found.filter(waves_ahead=1)["n_active"].sum() == found.filter(waves_ahead=12)["n_active"].sum() > 0
