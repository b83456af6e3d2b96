"""Answers of people who were not asked, or not invited: flagged, or refused where the survey says so."""

from dataclasses import replace

import polars as pl

from pipeline import known_profile
from pipeline.definitions import Invitations, ItemColumn, Route, RowFilter
from pipeline.quality_limits import SeverityChange, WaveComparison
from tests.builders_validation import MEMBERS, changed, good_rows, one_survey, one_wave, report, result

ASKED_IF = (Route("trust_local_council", ("4", "5")),)
REFUSES = {"routing": SeverityChange("critical", "stale answers spoil the item")}


def routed_wave(**asked: object):
    """Return wave 3 in which age is asked by route or ballot."""
    trust, _, comment = one_wave().items
    return one_wave(items=(trust, ItemColumn("age_now", "AGE", **asked), comment))  # type: ignore[arg-type]


def routed_rows() -> pl.DataFrame:
    """Return good rows with an age only where trust is 4, 5, Agree or yes."""
    asked = [value in ("4", "5", "Agree", "yes") for value in good_rows()["Q7"]]
    return good_rows(AGE=["40" if one else None for one in asked])


def test_an_answer_to_an_item_that_was_not_asked_is_flagged_and_the_row_kept():
    wave = routed_wave(asked_if=ASKED_IF)
    assert report(routed_rows(), wave=wave).faults == []
    found = report(changed("AGE", {1: "40", 8: "51"}, routed_rows()), wave=wave)
    assert not found.is_held
    assert found.refused.is_empty()
    assert found.faults == [
        "w03, item 'age_now': answered in 2 rows (first in row 1) that were not asked it, expected an answer only "
        "where 'trust_local_council' is 4 or 5. Such an answer counts as not asked; check the routing in "
        "citizens_panel_w03.csv, or correct the definition of w03."
    ]
    assert result(found, "routing").row_numbers.to_list() == [1, 8]


def test_a_survey_that_declares_it_critical_refuses_those_rows():
    wave = routed_wave(asked_if=ASKED_IF)
    survey = one_survey(replace(wave, row_tolerance=0.1), severities=REFUSES)
    found = report(changed("AGE", {1: "40"}, routed_rows()), survey=survey)
    assert not found.is_held
    assert found.refused["row_number"].to_list() == [1]
    wave = routed_wave(asked_if=ASKED_IF)
    assert report(changed("AGE", {1: "40"}, routed_rows()), survey=one_survey(wave, severities=REFUSES)).is_held


def test_a_split_sample_answers_only_its_items():
    wave = routed_wave(ballot=RowFilter("BALLOT", ("a", "b")))
    ballots = ["a", "b", "c", "a", "b"] * 4
    ages = [None if ballot == "c" else "40" for ballot in ballots]
    rows = good_rows(BALLOT=ballots, AGE=ages)
    assert report(rows, wave=wave).faults == []
    found = report(changed("AGE", {3: "40"}, rows), wave=wave)
    assert [(one.rule.code, one.n_failed) for one in found.failed] == [("ballot", 1)]
    assert "expected an answer only where column 'BALLOT' is 'a' or 'b'" in found.faults[0]


def test_a_route_without_the_column_it_depends_on_is_not_checked():
    wave = routed_wave(asked_if=ASKED_IF)
    codes = [one.rule.code for one in report(good_rows().drop("Q7"), wave=wave).failed]
    assert codes == ["item-column"]


def panel(**facts: list[str | None]) -> pl.DataFrame:
    known = {"joined_on": ["2024-01-01"] * 20, "left_on": [None] * 20, "status": ["active"] * 20} | facts
    return pl.DataFrame({"panel_member_id": MEMBERS, **known}, schema_overrides=dict.fromkeys(known, pl.String))


def test_members_who_were_not_invited_are_flagged_with_the_reason():
    survey = one_survey(uninvited_statuses=("paused",))
    columns = {**survey.roster.columns, "joined_on": "J", "left_on": "L", "status": "S"}
    survey = replace(survey, roster=replace(survey.roster, columns=columns))
    facts = panel(
        joined_on=["2025-03-25", "2025-03-24", *["2024-01-01"] * 18],
        left_on=[None, None, "2025-03-03", "2025-03-04", *[None] * 16],
        status=[*["active"] * 19, "paused"],
    )
    found = report(survey=survey, panel=facts)
    assert not found.is_held
    assert found.faults == [
        "w03, column 'RESP_ID': answers of members who were not invited: joined later in 1 row, left before in 1 row, "
        "paused in 1 row (first in row 1), expected members in the panel in fieldwork. Correct the dates or statuses "
        "of the member list, or the ids in citizens_panel_w03.csv."
    ]
    assert result(found, "member-invited").row_numbers.to_list() == [1, 3, 20]
    earlier = report(survey=survey, panel=facts, is_latest=False)
    assert result(earlier, "member-invited").row_numbers.to_list() == [1, 3]


def test_the_fewest_rows_are_declared():
    survey = one_survey(comparison=WaveComparison(fewest_rows=0.9))
    assert report(survey=survey, previous_rows=22, previous_wave="w02").faults == []
    (fault,) = report(survey=survey, previous_rows=23, previous_wave="w02").faults
    assert "expected at least 21, 90% of the 23 of w02" in fault


def test_answers_of_a_member_whom_the_list_does_not_name_as_invited_are_flagged() -> None:
    survey = one_survey(invitations=Invitations({"w03": "INV_3"}, ("yes",)))
    listed = pl.DataFrame({"ID": MEMBERS, "INV_3": ["yes"] * 18 + ["no", None]}, schema_overrides={"INV_3": pl.String})
    facts = known_profile.of_member_list(survey, listed, listed["ID"])
    assert facts["uninvited"].to_list() == [[]] * 18 + [["w03"]] * 2
    found = result(report(survey=survey, panel=facts), "member-invited")
    assert found.n_failed == 2
    assert "answers of members who were not invited: not invited in 2 rows (first in row 19)" in found.message
    assert found.rule.severity == "warning"
