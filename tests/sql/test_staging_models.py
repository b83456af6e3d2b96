"""The other staging models: cells renamed and typed, nothing more."""

from datetime import date, datetime

from tests.sql.conftest import Store


def given_columns(store: Store, source: str, **columns: str) -> None:
    """Declare our name = delivered column of a source."""
    rows = [{"name": name, "column_name": column} for name, column in columns.items()]
    store.given("definitions.source_columns", *rows, source=source)


def test_members_are_rows_of_the_member_list_under_our_names(store: Store) -> None:
    given_columns(
        store, "roster", joined_on="START", left_on="END", exit_reason="WHY", cohort="C", route="R", status="ST"
    )
    given_columns(store, "w1", cohort="C")
    store.given_cells(
        "roster", "a", START="2024-02-01", END="2025-01-31", WHY="died", C="1", R="post", ST="left", X="9"
    )
    store.given_cells("roster", "b", 2, START="soon", END=None, WHY=None, C=None, R=None, ST=None)
    store.given_cells("w1", "c", 3, C="1")
    assert store.rows(
        "staging.members",
        *("row_number", "panel_member_id", "joined_on", "left_on", "exit_reason", "cohort", "route", "status"),
    ) == [
        (1, "a", date(2024, 2, 1), date(2025, 1, 31), "died", "1", "post", "left"),
        (2, "b", None, None, None, None, None, None),
    ]


def test_a_member_listed_twice_is_two_rows(store: Store) -> None:
    given_columns(store, "roster", cohort="C")
    store.given_cells("roster", "a", 1, C="1")
    store.given_cells("roster", "a", 2, C="2")
    assert store.rows("staging.members", "row_number", "cohort") == [(1, "1"), (2, "2")]


def test_wave_rows_carry_the_time_in_its_declared_format_or_in_iso(store: Store) -> None:
    store.given(
        "definitions.source_columns", {"column_name": "T", "format": "%d/%m/%Y"}, source="w1", name="completed_at"
    )
    given_columns(store, "w1", complete_when="DONE", panel_member_id="ID")
    given_columns(store, "w2", completed_at="T")
    given_columns(store, "roster", completed_at="T")
    parsed = {"format": "%d/%m/%Y", "value": "02/01/2024", "parsed_at": datetime(2024, 1, 2)}
    store.connection.execute("insert into staging.parsed_times values ($format, $value, $parsed_at)", parsed).fetchall()
    store.given_cells("w1", "a", 1, T="02/01/2024", DONE="110", ID="a")
    store.given_cells("w1", "b", 2, T="never", DONE=None, ID="b")
    store.given_cells("w2", "a", 1, T="2024-03-01 10:30:00")
    store.given_cells("roster", "a", 1, T="2024-03-01 10:30:00")
    columns = ("wave", "row_number", "panel_member_id", "completed_at", "complete_value")
    assert store.rows("staging.wave_rows", *columns) == [
        ("w1", 1, "a", datetime(2024, 1, 2), "110"),
        ("w1", 2, "b", None, None),
        ("w2", 1, "a", datetime(2024, 3, 1, 10, 30), None),
    ]


def test_a_time_is_read_in_the_format_of_its_own_wave(store: Store) -> None:
    for wave, time_format in (("w1", "%d/%m/%Y"), ("w2", "%m/%d/%Y")):
        store.given(
            "definitions.source_columns",
            {"column_name": "T", "format": time_format, "source": wave, "name": "completed_at"},
        )
        parsed = {"f": time_format, "v": "02/01/2024", "t": datetime(2024, *((1, 2) if wave == "w1" else (2, 1)))}
        store.connection.execute("insert into staging.parsed_times values ($f, $v, $t)", parsed).fetchall()
        store.given_cells(wave, "a", T="02/01/2024")
    assert store.rows("staging.wave_rows", "wave", "completed_at") == [
        ("w1", datetime(2024, 1, 2)),
        ("w2", datetime(2024, 2, 1)),
    ]


def test_answers_are_the_cells_of_item_columns_blank_ones_too(store: Store) -> None:
    store.given("definitions.item_columns", {"wave": "w1", "item": "trust", "column_name": "Q1"})
    store.given("definitions.item_columns", {"wave": "w2", "item": "trust", "column_name": "Q7"})
    store.given_cells("w1", "a", 1, Q1="4", Q7="5")
    store.given_cells("w1", "b", 2, Q1=None)
    store.given_cells("w2", "a", 1, Q1="4")
    assert store.rows("staging.answers", "wave", "row_number", "panel_member_id", "item", "value") == [
        ("w1", 1, "a", "trust", "4"),
        ("w1", 2, "b", "trust", None),
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
    given_columns(store, "w1", completed_year="Y", completed_month_day="MD")
    store.given_cells("w1", "a", 1, Y="2006", MD="709")
    store.given_cells("w1", "b", 2, Y="2006", MD="1131")
    store.given_cells("w1", "c", 3, Y="2006", MD=None)
    assert store.rows("staging.wave_rows", "row_number", "completed_at") == [
        (1, datetime(2006, 7, 9)),
        (2, None),
        (3, None),
    ]


def test_an_interview_has_its_length_in_seconds_its_mode_and_a_hash_of_its_device(store: Store) -> None:
    for name, column in (("duration_minutes", "MIN"), ("mode", "MODE"), ("device", "DEV")):
        store.given("definitions.source_columns", {"source": "w1", "name": name, "column_name": column})
    store.given_cells("w1", "a", 1, MIN="12.5", MODE="web", DEV="phone 1")
    store.given_cells("w1", "b", 2, MIN="soon", MODE=None, DEV=None)
    columns = ("panel_member_id", "seconds", "mode", "device_hash = md5('phone 1')")
    assert store.rows("staging.wave_rows", *columns) == [("a", 750.0, "web", True), ("b", None, None, None)]
