"""Only waves whose rows would be others are made again, and the tables are those of making everything."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import build_tables
from flows.run_context import Night, in_progress
from pipeline import definitions, warehouse
from tests.unit.warehouse.builders import frame, item, load, made, small_survey

ANSWERS = {"OUTCOME": "110", "Q1": "1", "Q2": "4", "Q3": "my words", "Q4": "1"}
FACTS = {"LEFT": None, "AGE": "30", "SEX": "F", "AREA": "N", "COHORT": "1", "HOUSE": "h", "STAT": None, "STAT3": None}
Survey = definitions.Survey


def declared(**changes: Any) -> Survey:
    """Return the small survey with dates of joining, mailings, numbers, and an item that only its first wave asks."""
    survey = small_survey()
    first, second = (
        replace(wave, source=replace(wave.source, optional_columns={"hours_weight": "Q2"})) for wave in survey.waves
    )
    asked = definitions.ItemColumn("early", "Q1")
    usual = {
        "roster": replace(survey.roster, columns={**survey.roster.columns, "joined_on": "JOINED"}),
        "items": survey.items | {"early": item("early")},
        "waves": (replace(first, items=(*first.items, asked)), second),
        "mailings": definitions.Mailings(
            definitions.Source("sent.csv", {"panel_member_id": "ID", "invited_to": "TO"}), {"w3": "w3"}
        ),
        "retention": None,
    }
    return replace(survey, **usual | changes)


def with_third_wave(survey: Survey, **changes: Any) -> Survey:
    second = survey.wave("w2")
    dates = {"fieldwork_start": date(2025, 3, 1), "fieldwork_end": date(2025, 3, 20)}
    third = replace(second, wave="w3", wave_number=3, source=replace(second.source, file="w3.csv"), **dates)
    return replace(survey, waves=(*survey.waves, third), **changes)


def load_members(connection: duckdb.DuckDBPyConnection, delivery_id: str, **members: dict[str, str]) -> None:
    """Load a member list; a member is told of by what differs from everyone."""
    everyone = {"ID": None, "JOINED": "2024-05-01", **FACTS}
    load(
        connection,
        "roster",
        frame(*({**everyone, "ID": member, **facts} for member, facts in members.items())),
        delivery_id=delivery_id,
    )


def load_wave(connection: duckdb.DuckDBPyConnection, wave: str, *members: str, **facts: str) -> None:
    rows = ({"ID": member, "DONE": f"05/{int(wave[1:]):02d}/2025 10:30", **ANSWERS, **facts} for member in members)
    load(connection, wave, frame(*rows), delivery_id=f"{wave}-{'-'.join((*members, *facts.values()))}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a store of two waves, built."""
    with warehouse.open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        load_members(connection, "first", a={}, b={}, c={})
        load_wave(connection, "w1", "a", "b")
        load_wave(connection, "w2", "a", "b", "c")
        build(connection, declared())
        yield connection


def build(connection: duckdb.DuckDBPyConnection, survey: Survey, *, is_forced: bool = False) -> None:
    """Build the tables as a night with these definitions does."""
    now = datetime(2025, 4, 1, tzinfo=UTC)
    night = Night(
        workspace=None,  # type: ignore[arg-type]
        connection=connection,
        surveys={survey.survey: survey},
        run_id="run",
        started_at=now,
        today=now.date(),
        now=now,
        is_full=is_forced,
        code_version="code",
        standing_hash="",
        definitions_hash={},
    )
    warehouse.store_definitions(connection, [survey])
    with in_progress(night):
        build_tables.build_tables(is_forced=is_forced)


def rebuilt(connection: duckdb.DuckDBPyConnection, survey: Survey, monkeypatch: pytest.MonkeyPatch) -> set[str] | None:
    """Build the tables; return the waves that were made again, None when all was, and find what all would give."""
    found: list[set[str] | None] = []
    build_waves, everything = warehouse.build_waves, warehouse.build

    def some(connection: duckdb.DuckDBPyConnection, waves: set[tuple[str, str]]) -> None:
        found.append({wave for _, wave in waves})
        build_waves(connection, waves)

    def whole(connection: duckdb.DuckDBPyConnection) -> None:
        found.append(None)
        everything(connection)

    monkeypatch.setattr(warehouse, "build_waves", some)
    monkeypatch.setattr(warehouse, "build", whole)
    build(connection, survey)
    monkeypatch.undo()
    tables = made(connection)
    build(connection, survey, is_forced=True)
    expected = made(connection)
    for name, rows in expected.items():
        assert tables[name] == rows, name
    assert len(found) <= 1
    return found[0] if found else set()


Change = Callable[[duckdb.DuckDBPyConnection], Survey]


def a_wave_comes_with_its_definition(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_wave(connection, "w3", "a", "c")
    return with_third_wave(declared())


def a_wave_tells_who_left_the_population(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_members(connection, "second", a={}, b={"STAT3": "not Eligible"}, c={})
    load_wave(connection, "w3", "a")
    told = definitions.Eligibility({"w2": "STAT", "w3": "STAT3"}, "not Eligible", ("died",))
    return with_third_wave(declared(), eligibility=told)


def the_list_of_before_tells_who_left(connection: duckdb.DuckDBPyConnection) -> Survey:
    told = definitions.Eligibility({"w2": "STAT", "w3": "STAT3"}, "not Eligible", ("died",))
    load_members(connection, "second", a={}, b={"STAT3": "not Eligible"}, c={})
    build(connection, declared(eligibility=told))
    load_wave(connection, "w3", "a")
    return with_third_wave(declared(), eligibility=told)


def a_wave_is_renumbered(_: duckdb.DuckDBPyConnection) -> Survey:
    survey = declared()
    return replace(survey, waves=(survey.waves[0], replace(survey.waves[1], wave_number=7)))


def a_renumbered_wave_tells_of_others(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_members(connection, "second", a={"STAT": "not Eligible"}, b={}, c={})
    load_wave(connection, "w3", "a", "c")
    survey = with_third_wave(declared())
    build(connection, survey)
    first, second, third = survey.waves
    return replace(survey, waves=(first, third, replace(second, wave_number=4)))


def the_code_frame_of_an_item_changes(_: duckdb.DuckDBPyConnection) -> Survey:
    survey = declared()
    early = survey.items["early"]
    options = (definitions.AnswerOption("1", "Strongly agree"), *early.options[1:])
    return replace(survey, items=survey.items | {"early": replace(early, options=options)})


def members_join_later(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_members(connection, "second", a={}, b={}, c={}, d={"JOINED": "2025-02-20"})
    load_wave(connection, "w3", "a", "d")
    return with_third_wave(declared())


def a_member_leaves(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_members(connection, "second", a={}, b={"LEFT": "2025-01-20"}, c={})
    return declared()


def a_member_joined_later_than_was_thought(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_members(connection, "second", a={}, b={}, c={"JOINED": "2025-01-20"})
    return declared()


def a_member_was_never_on_the_list(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_members(connection, "second", a={}, b={"JOINED": "2025-02-20", "LEFT": "2025-01-20"}, c={})
    return declared()


def mailings_tell_of_a_wave(connection: duckdb.DuckDBPyConnection) -> Survey:
    load_wave(connection, "w3", "a")
    load(connection, "mailings", frame({"ID": "a", "TO": "w3"}, {"ID": "b", "TO": "w3"}))
    return with_third_wave(declared())


def rows_are_refused_late(connection: duckdb.DuckDBPyConnection) -> Survey:
    connection.execute(
        "insert into raw.refused_rows by name select survey, source, delivery_id, 1 as row_number, 'r' as rule "
        "from raw.deliveries where source = 'w1'"
    )
    return declared()


def a_wave_supplies_weights(_: duckdb.DuckDBPyConnection) -> Survey:
    survey = declared()
    return replace(survey, weights=(replace(survey.weights[0], supplied="hours_weight"), *survey.weights[1:]))


def ids_are_linked(connection: duckdb.DuckDBPyConnection) -> Survey:
    connection.execute("insert into raw.member_links (survey, alias, panel_member_id) values ('small', 'c', 'b')")
    return declared()


def a_wave_is_no_longer_declared(_: duckdb.DuckDBPyConnection) -> Survey:
    survey = declared()
    return replace(survey, waves=survey.waves[:1])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (a_wave_comes_with_its_definition, {"w3"}),
        (a_wave_tells_who_left_the_population, {"w3"}),
        (the_list_of_before_tells_who_left, {"w3"}),
        (a_wave_is_renumbered, {"w2"}),
        (a_renumbered_wave_tells_of_others, {"w2", "w3"}),
        (the_code_frame_of_an_item_changes, {"w1"}),
        (members_join_later, {"w3"}),
        (a_member_leaves, {"w2"}),
        (a_member_joined_later_than_was_thought, {"w1"}),
        (a_member_was_never_on_the_list, {"w1", "w2"}),
        (mailings_tell_of_a_wave, {"w3"}),
        (a_wave_supplies_weights, {"w1", "w2"}),
        (rows_are_refused_late, {"w1"}),
        (ids_are_linked, {"w1", "w2"}),
        (a_wave_is_no_longer_declared, None),
    ],
)
def test_only_waves_whose_rows_would_be_others_are_made_again(
    store: duckdb.DuckDBPyConnection, change: Change, expected: set[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(store)
    survey = change(store)
    assert rebuilt(store, survey, monkeypatch) == expected
    assert made(store) != before


def test_links_that_two_members_swap_are_other_links(
    store: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = "(survey, alias, panel_member_id)"
    links = f"insert into raw.member_links {columns} values ('small', 'c', '{{}}'), ('small', 'd', '{{}}')"
    store.execute(links.format("a", "b")).fetchall()
    rebuilt(store, declared(), monkeypatch)
    store.execute("delete from raw.member_links").fetchall()
    store.execute(links.format("b", "a")).fetchall()
    assert rebuilt(store, declared(), monkeypatch) == {"w1", "w2"}


def test_nothing_is_made_again_where_nothing_changed(
    store: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rebuilt(store, declared(), monkeypatch) == set()


def test_without_a_member_list_those_who_answer_are_the_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = declared(has_member_list=False, profile=(), domains=(), mailings=None)
    with warehouse.open_warehouse(tmp_path / "warehouse.duckdb") as connection:
        load_wave(connection, "w1", "a", "b")
        build(connection, survey)
        load_wave(connection, "w2", "a", "c")
        assert rebuilt(connection, survey, monkeypatch) == {"w2"}
        assert warehouse.read(connection, "select count(*) from core.members").item() == 3


def test_a_profile_told_by_waves_is_known_from_the_newest_too(
    store: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = definitions.ProfileVariable("hours", "Hours", definitions.ANY_WAVE, "Q2", is_number=True)
    survey = declared()
    survey = replace(survey, profile=(*survey.profile, told))
    build(store, survey)
    load_wave(store, "w2", "a", "b", "c", Q2="9")
    assert rebuilt(store, survey, monkeypatch) == {"w2"}
    hours = "select value from core.profile where panel_member_id = 'c' and variable = 'hours'"
    assert warehouse.read(store, hours).item() == "9"
