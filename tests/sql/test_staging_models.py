"""The other staging models: cells renamed and typed, nothing more."""

from datetime import date, datetime

from tests.sql.conftest import Store


def test_members_are_rows_of_the_member_list_under_our_names(store: Store) -> None:
    facts = {"left_on": "2025-01-31", "exit_reason": "died", "cohort": "1", "route": "post", "status": "left"}
    store.given_row("roster", "a", joined_on="2024-02-01", **facts)
    store.given_row("roster", "b", 2, joined_on="soon")
    store.given_row("w1", "c", 3, cohort="1")
    assert store.rows(
        "staging.members",
        *("row_number", "panel_member_id", "joined_on", "left_on", "exit_reason", "cohort", "route", "status"),
    ) == [
        (1, "a", date(2024, 2, 1), date(2025, 1, 31), "died", "1", "post", "left"),
        (2, "b", None, None, None, None, None, None),
    ]


def test_a_member_listed_twice_is_two_rows(store: Store) -> None:
    store.given_row("roster", "a", 1, cohort="1")
    store.given_row("roster", "a", 2, cohort="2")
    assert store.rows("staging.members", "row_number", "cohort") == [(1, "1"), (2, "2")]


def test_wave_rows_carry_the_time_in_its_declared_format_or_in_iso(store: Store) -> None:
    store.given_row("w1", "a", 1, completed_at="02/01/2024", on_clock=datetime(2024, 1, 2), complete_when="1")
    store.given_row("w1", "b", 2, completed_at="never")
    store.given_row("w2", "a", 1, completed_at="2024-03-01 10:30:00")
    store.given_row("roster", "a", 1, completed_at="2024-03-01 10:30:00")
    columns = ("wave", "row_number", "panel_member_id", "completed_at", "complete_value")
    assert store.rows("staging.wave_rows", *columns) == [
        ("w1", 1, "a", datetime(2024, 1, 2), "1"),
        ("w1", 2, "b", None, None),
        ("w2", 1, "a", datetime(2024, 3, 1, 10, 30), None),
    ]


def test_profile_takes_each_variable_from_its_source(store: Store) -> None:
    store.given("definitions.profile", {"variable": "age", "source": "w1", "column_name": "AGE"})
    store.given("definitions.profile", {"variable": "sex", "source": "roster", "column_name": "SEX"})
    store.given_cells("w1", "a", 1, AGE="89 or Older", SEX="M")
    store.given_cells("w1", "b", 2, AGE=None)
    store.given_cells("w2", "b", 1, AGE="30")
    store.given_cells("roster", "a", 2, SEX="F")
    store.given_cells("roster", "a", 5, SEX="M")
    assert store.rows("staging.profile", "panel_member_id", "variable", "value") == [
        ("a", "age", "89 or Older"),
        ("a", "sex", "F"),
    ]


def test_dispositions_come_from_the_member_list_only(store: Store) -> None:
    store.given("definitions.eligibility_columns", {"wave": "w2", "column_name": "STAT", "contains": "x"})
    store.given_cells("roster", "a", 2, STAT="Attrited", OTHER="1")
    store.given_cells("roster", "a", 7, STAT="again")
    store.given_cells("roster", "b", 3, STAT=None)
    store.given_cells("w2", "b", 1, STAT="not this one")
    assert store.rows("staging.dispositions", "panel_member_id", "wave", "disposition") == [("a", "w2", "Attrited")]


def test_roster_numbers_are_the_numeric_cells_of_the_member_list(store: Store) -> None:
    store.given_cells("roster", "a", 1, PROB="0.25", NAME="x", NONE=None)
    store.given_cells("roster", "a", 2, PROB="0.5")
    store.given_cells("w1", "a", 1, PROB="7")
    assert store.rows("staging.roster_numbers", "panel_member_id", "column_name", "value") == [("a", "PROB", 0.25)]


def test_a_day_is_put_together_from_a_year_and_a_month_with_day(store: Store) -> None:
    for number, (member, day) in enumerate((("a", "709"), ("b", "1131"), ("c", None)), start=1):
        store.given_row("w1", member, number, completed_year="2006", completed_month_day=day)
    assert store.rows("staging.wave_rows", "row_number", "completed_at") == [
        (1, datetime(2006, 7, 9)),
        (2, None),
        (3, None),
    ]


def test_an_interview_has_its_length_in_seconds_its_mode_and_a_hash_of_its_device(store: Store) -> None:
    store.given_row("w1", "a", 1, duration_minutes="12.5", mode="web", device="phone 1")
    store.given_row("w1", "b", 2, duration_minutes="soon")
    columns = ("panel_member_id", "seconds", "mode", "device_hash = md5('phone 1')")
    assert store.rows("staging.wave_rows", *columns) == [("a", 750.0, "web", True), ("b", None, None, None)]


def test_who_has_none_of_the_values_that_mean_invited_is_uninvited_at_that_wave(store: Store) -> None:
    for value in ("yes", "1"):
        store.given("definitions.invitation_columns", {"wave": "w2", "column_name": "INV_2", "value": value})
    for number, (member, value) in enumerate((("a", "yes"), ("b", "1"), ("c", "no"), ("d", None)), 1):
        store.given("staging.members", {"panel_member_id": member, "row_number": number})
        store.given_cells("roster", member, number, INV_2=value, INV_3="yes")
    assert store.rows("staging.uninvited", "panel_member_id", "wave") == [("c", "w2"), ("d", "w2")]
