"""core.waves and core.participation: who could be in a wave, and what came of it."""

from datetime import date, datetime
from typing import Any

from tests.sql.conftest import Store

START = date(2024, 3, 1)


def given_wave(store: Store, number: int = 1, start: date | None = START, *, is_delivered: bool = True) -> None:
    names = {"wave": f"w{number}", "wave_number": number}
    store.given("definitions.waves", names)
    store.given("core.waves", {**names, "fieldwork_start": start, "is_delivered": is_delivered})


def given_member(store: Store, member: str, **facts: Any) -> None:
    store.given("core.members", {"panel_member_id": member, **facts})


def given_interview(store: Store, member: str, wave: str = "w1", **facts: Any) -> None:
    store.given("staging.wave_rows", {"row_number": 1, "panel_member_id": member, "wave": wave, **facts})


def dispositions(store: Store) -> dict[tuple[str, str], str]:
    rows = store.rows("core.participation", "panel_member_id", "wave", "disposition")
    return {(member, wave): disposition for member, wave, disposition in rows}


def test_fieldwork_dates_nobody_declared_are_those_of_the_interviews(store: Store) -> None:
    store.given(
        "definitions.waves",
        {"wave": "w1", "wave_number": 1, "is_closed": True, "mode": "web"},
        {"wave": "w2", "wave_number": 2, "fieldwork_start": START, "fieldwork_end": date(2024, 3, 21)},
    )
    for row, (wave, day) in enumerate((("w1", 5), ("w1", 9), ("w2", 9)), start=1):
        at = datetime(2024, 3, day, 12)
        store.given("staging.wave_rows", {"wave": wave, "row_number": row, "panel_member_id": "a", "completed_at": at})
    columns = ("wave", "wave_number", "fieldwork_start", "fieldwork_end", "is_closed", "mode")
    assert store.rows("core.waves", *columns) == [
        ("w1", 1, date(2024, 3, 5), date(2024, 3, 9), True, "web"),
        ("w2", 2, START, date(2024, 3, 21), None, None),
    ]


def test_a_wave_is_delivered_when_a_delivery_of_it_is_accepted(store: Store) -> None:
    for number in (1, 2, 3):
        store.given("definitions.waves", {"wave": f"w{number}", "wave_number": number})
    store.given_delivery("w1", {"ID": "a"})
    store.given_delivery("w2", {"ID": "a"}, status="held")
    assert store.rows("core.waves", "wave", "is_delivered") == [("w1", True), ("w2", False), ("w3", False)]


def test_members_who_had_joined_are_in_a_delivered_wave(store: Store) -> None:
    given_wave(store)
    given_wave(store, 2, is_delivered=False)
    given_member(store, "before", joined_on=date(2024, 2, 29))
    given_member(store, "same_day", joined_on=START)
    given_member(store, "later", joined_on=date(2024, 3, 2))
    given_member(store, "undated")
    given_member(store, "later_but_answered", joined_on=date(2024, 3, 2))
    given_interview(store, "later_but_answered")
    assert dispositions(store) == {
        ("before", "w1"): "no_answer",
        ("same_day", "w1"): "no_answer",
        ("undated", "w1"): "no_answer",
        ("later_but_answered", "w1"): "complete",
    }


def test_a_member_is_known_in_every_delivered_wave_listed_or_not(store: Store) -> None:
    given_wave(store)
    given_wave(store, 2, date(2024, 6, 1))
    given_wave(store, 3, is_delivered=False)
    given_member(store, "a", joined_on=date(2024, 5, 1), left_on=date(2024, 5, 20))
    columns = ("wave", "wave_number", "panel_member_id", "is_listed", "has_left", "is_out_of_population")
    assert store.rows("core.member_waves", *columns) == [
        ("w1", 1, "a", False, False, False),
        ("w2", 2, "a", True, True, False),
    ]


def test_everyone_is_in_a_wave_without_dates(store: Store) -> None:
    given_wave(store, start=None)
    given_member(store, "a", joined_on=date(2030, 1, 1), left_on=date(2020, 1, 1))
    assert dispositions(store) == {("a", "w1"): "no_answer"}


def test_only_a_complete_interview_makes_a_respondent(store: Store) -> None:
    given_wave(store)
    store.given("definitions.complete_values", {"wave": "w1", "value": "110"}, {"wave": "w1", "value": "111"})
    store.given("definitions.complete_values", {"wave": "w2", "value": "120"})
    for member, value in (("a", "110"), ("b", "120"), ("c", None), ("d", "111")):
        given_member(store, member)
        given_interview(store, member, complete_value=value, completed_at=datetime(2024, 3, 2))
    given_member(store, "silent")
    columns = ("panel_member_id", "is_respondent", "disposition", "completed_at is not null")
    assert store.rows("core.participation", *columns) == [
        ("a", True, "complete", True),
        ("b", False, "partial", True),
        ("c", False, "partial", True),
        ("d", True, "complete", True),
        ("silent", False, "no_answer", False),
    ]


def test_without_a_completion_rule_every_interview_is_complete(store: Store) -> None:
    given_wave(store)
    given_wave(store, 2)
    store.given("definitions.complete_values", {"wave": "w2", "value": "110"})
    given_member(store, "a")
    given_interview(store, "a")
    given_interview(store, "a", "w2", complete_value="999")
    assert dispositions(store) == {("a", "w1"): "complete", ("a", "w2"): "partial"}


def test_a_member_interviewed_twice_is_one_row_the_complete_and_later_one_counts(store: Store) -> None:
    given_wave(store)
    store.given("definitions.complete_values", {"wave": "w1", "value": "110"})
    given_member(store, "a")
    given_interview(store, "a", complete_value="110", completed_at=datetime(2024, 3, 2))
    given_interview(store, "a", row_number=2, complete_value="0", completed_at=datetime(2024, 3, 5))
    assert store.rows("core.participation", "is_respondent", "completed_at") == [(True, datetime(2024, 3, 5))]


def test_leaving_the_panel_is_not_leaving_the_population(store: Store) -> None:
    given_wave(store)
    store.given("definitions.exit_reasons", {"reason": "died"})
    given_member(store, "withdrew", left_on=START, exit_reason="withdrew")
    given_member(store, "died", left_on=START, exit_reason="died")
    given_member(store, "died_later", left_on=date(2024, 3, 2), exit_reason="died")
    given_member(store, "withdrew_yet_answered", left_on=START, exit_reason="withdrew")
    given_interview(store, "withdrew_yet_answered")
    columns = ("panel_member_id", "is_invited", "is_eligible", "is_respondent", "disposition")
    assert store.rows("core.participation", *columns) == [
        ("died", False, False, False, "not_eligible"),
        ("died_later", True, True, False, "no_answer"),
        ("withdrew", False, True, False, "left_panel"),
        ("withdrew_yet_answered", True, True, True, "complete"),
    ]


def test_who_was_out_of_the_population_stays_out(store: Store) -> None:
    for number in (1, 2, 3):
        given_wave(store, number, start=None)
    for wave in ("w2", "w3"):
        store.given("definitions.eligibility_columns", {"wave": wave, "column_name": "S", "contains": "not Eligible"})
    store.given("definitions.eligibility_columns", {"wave": "w4", "column_name": "S", "contains": "Attrited"})
    given_member(store, "dead_at_2")
    given_member(store, "dead_at_3")
    given_member(store, "attrited")
    for member, wave, words in (
        ("dead_at_2", "w2", "Selected, not Eligible: deceased"),
        ("dead_at_2", "w3", "Attrited"),
        ("dead_at_3", "w2", "Selected, Eligible"),
        ("dead_at_3", "w3", "not Eligible"),
        ("attrited", "w2", "Attrited"),
    ):
        store.given("staging.dispositions", {"panel_member_id": member, "wave": wave, "disposition": words})
    rows = store.rows("core.participation", "panel_member_id", "wave", "is_eligible")
    assert {(member, wave) for member, wave, is_eligible in rows if not is_eligible} == {
        ("dead_at_2", "w2"),
        ("dead_at_2", "w3"),
        ("dead_at_3", "w3"),
    }


def test_an_interview_of_somebody_out_of_the_population_is_no_response(store: Store) -> None:
    given_wave(store)
    store.given("definitions.exit_reasons", {"reason": "died"})
    given_member(store, "a", left_on=START, exit_reason="died")
    given_interview(store, "a")
    columns = ("is_invited", "is_eligible", "is_respondent", "disposition")
    assert store.rows("core.participation", *columns) == [(False, False, False, "not_eligible")]
    assert store.offending("every_response_is_from_an_eligible_member") == [("s", "w1", None, 1)]


def test_surveys_are_kept_apart(store: Store) -> None:
    given_wave(store)
    given_member(store, "a")
    store.given("core.members", {"panel_member_id": "a", "survey": "t", "exit_reason": "died", "left_on": START})
    store.given("definitions.exit_reasons", {"reason": "died", "survey": "t"})
    store.given("staging.wave_rows", {"row_number": 1, "panel_member_id": "a", "wave": "w1", "survey": "t"})
    assert store.rows("core.participation", "survey", "is_respondent") == [("s", False)]


def test_a_removed_respondent_is_a_nonrespondent_who_was_invited(store: Store) -> None:
    given_wave(store)
    given_wave(store, 2)
    for member in ("a", "b", "partial"):
        given_member(store, member)
        given_interview(store, member, complete_value="0" if member == "partial" else "1")
    store.given("definitions.complete_values", {"wave": "w1", "value": "1"})
    for member in ("a", "partial"):
        store.given("raw.removed_respondents", {"wave": "w1", "panel_member_id": member, "kinds": "copy+speed"})
    given_interview(store, "a", "w2")
    columns = ("panel_member_id", "wave", "is_invited", "is_eligible", "is_respondent", "disposition")
    found = {row[:2]: row[2:] for row in store.rows("core.participation", *columns)}
    assert found["a", "w1"] == (True, True, False, "removed_quality")
    assert found["b", "w1"] == (True, True, True, "complete")
    assert found["partial", "w1"] == (True, True, False, "partial")
    assert found["a", "w2"] == (True, True, True, "complete")


def test_a_member_whom_the_list_does_not_name_as_invited_is_not_unless_they_answered(store: Store) -> None:
    given_wave(store)
    for member in ("invited", "not_invited", "answered"):
        given_member(store, member)
    for member in ("not_invited", "answered"):
        store.given("staging.uninvited", {"wave": "w1", "panel_member_id": member})
    given_interview(store, "answered")
    columns = ("panel_member_id", "is_invited", "is_eligible", "is_respondent", "disposition")
    assert store.rows("core.participation", *columns) == [
        ("answered", True, True, True, "complete"),
        ("invited", True, True, False, "no_answer"),
        ("not_invited", False, True, False, "not_invited"),
    ]
