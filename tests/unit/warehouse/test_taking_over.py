"""A published file takes over what the one before has of waves, and is what a file written anew would be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline import warehouse
from pipeline.warehouse import publication
from tests.unit.warehouse.builders import frame, load, load_small_panel, small_survey

INTERVIEW = {"OUTCOME": "110", "Q2": "4", "Q3": "my words", "Q4": "1", "DONE": "05/02/2025 10:30"}
A_AND_B = frame({"ID": "a", "Q1": "1", **INTERVIEW}, {"ID": "b", "Q1": "2", **INTERVIEW})
WAVES = [("small", "w1"), ("small", "w2")]
Change = Callable[[duckdb.DuckDBPyConnection], None]


def made(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of a published file, sorted."""
    with warehouse.connect_published(path) as published:
        names = warehouse.read(published, "select table_name from duckdb_tables() order by all")["table_name"]
        return {name: warehouse.read(published, f"from {name} order by all").rows() for name in names}


def publish(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    warehouse.build_marts(connection)
    warehouse.publish(connection, path, snapshot_name="one")


@pytest.fixture
def path(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Path:
    """Return a file that was published once, of the small panel with figures."""
    load_small_panel(connection)
    given_figures(connection)
    publish(connection, tmp_path / "panel.duckdb")
    return tmp_path / "panel.duckdb"


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the files that are written anew, as they are."""
    names: list[str] = []
    write = publication._write_anew

    def noted(connection: duckdb.DuckDBPyConnection, new: Path, tables: object) -> None:
        names.append(new.name)
        write(connection, new, tables)  # type: ignore[arg-type]

    monkeypatch.setattr(publication, "_write_anew", noted)
    return names


def nothing_changes(connection: duckdb.DuckDBPyConnection) -> None:
    pass


def a_respondent_more(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w2", A_AND_B, delivery_id="more")
    warehouse.build_staging(connection, [("small", "w2")])
    warehouse.build_waves(connection, [("small", "w2")])


def an_estimate_moves(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(connection, "update analysis.estimates set estimate = 0.7 where wave = 'w2'")
    warehouse.execute(connection, "update analysis.changes set change = 0.1")


def a_wave_becomes_final(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(connection, "update analysis.estimates set is_provisional = false where wave = 'w2'")


def an_answer_is_another(connection: duckdb.DuckDBPyConnection) -> None:
    load_small_panel(connection, "2")


def a_wave_is_no_more(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.store_definitions(connection, [replace(small_survey(), waves=small_survey().waves[:1])])
    warehouse.build(connection)


def an_item_is_no_longer_published(connection: duckdb.DuckDBPyConnection) -> None:
    survey = small_survey()
    hidden = replace(survey.items["hours"], is_published=False)
    warehouse.store_definitions(connection, [replace(survey, items={**survey.items, "hours": hidden})])
    warehouse.build_waves(connection, WAVES)


def a_member_is_no_more(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(connection, "delete from core.members where panel_member_id = 'b'")


def a_value_of_a_member_is_hidden(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute(connection, "delete from analysis.shown_profile where panel_member_id = 'b'")


def a_category_is_hidden(connection: duckdb.DuckDBPyConnection) -> None:
    row = "('small', 'age_group', '50+', 'other')"
    columns = "(survey, domain, domain_value, shown_as)"
    warehouse.execute(connection, f"insert into analysis.shown_categories {columns} values {row}")


def given_figures(connection: duckdb.DuckDBPyConnection) -> None:
    of_item = "'small', 'each', 'trust', 'share', 'Agree', 'all', 'all'"
    keys = "survey, weight_id, item, statistic, category, domain, domain_value"
    columns = f"({keys}, wave, estimate, is_provisional)"
    for wave in ("w1", "w2"):
        for one in (of_item, of_item.replace("Agree", "It")):
            values = f"({one}, '{wave}', 0.5, true)"
            warehouse.execute(connection, f"insert into analysis.estimates {columns} values {values}")
    shown = "('small', 'a', 'age_group', '50+'), ('small', 'b', 'age_group', '16-49')"
    columns = "(survey, panel_member_id, domain, domain_value)"
    warehouse.execute(connection, f"insert into analysis.shown_profile {columns} values {shown}")
    columns = f"({keys}, wave_from, wave_to, kind, change)"
    warehouse.execute(connection, f"insert into analysis.changes {columns} values ({of_item}, 'w1', 'w2', 'net', 0)")


@pytest.mark.parametrize(
    ("change", "is_anew"),
    [
        (nothing_changes, False),
        (a_respondent_more, False),
        (an_estimate_moves, False),
        (a_wave_becomes_final, False),
        (an_answer_is_another, True),
        (a_wave_is_no_more, True),
        (an_item_is_no_longer_published, True),
        (a_member_is_no_more, True),
        (a_value_of_a_member_is_hidden, True),
        (a_category_is_hidden, True),
    ],
)
def test_a_file_is_written_on_unless_it_tells_of_members_what_is_to_be_told_no_more(
    connection: duckdb.DuckDBPyConnection, path: Path, anew: list[str], change: Change, is_anew: bool
) -> None:
    before = made(path)
    change(connection)
    publish(connection, path)
    assert bool(anew) == is_anew
    found = made(path)
    assert (found == before) == (change is nothing_changes)
    warehouse.forget_parts(connection)
    publish(connection, path)
    assert found == made(path)
    assert warehouse.read_published(path, "from codebook('trust')").height == 1


def test_a_file_that_somebody_changed_is_written_anew(
    connection: duckdb.DuckDBPyConnection, path: Path, anew: list[str]
) -> None:
    before = made(path)
    with duckdb.connect(str(path)) as meddler:
        meddler.execute("delete from answers").fetchall()
    publish(connection, path)
    assert len(anew) == 1
    assert made(path) == before
    path.write_bytes(b"no database")
    publish(connection, path)
    assert made(path) == before


def test_a_night_that_was_cut_off_after_it_published_writes_anew(
    connection: duckdb.DuckDBPyConnection, path: Path, anew: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(publication, "remember_tables", lambda *_: None)
        a_respondent_more(connection)
        publish(connection, path)
    publish(connection, path)
    assert len(anew) == 1
    assert warehouse.read_published(path, "from answers where wave = 'w2' and item = 'trust'").height == 2


def test_replicates_that_come_later_are_summed_in_a_file_that_is_written_on(
    connection: duckdb.DuckDBPyConnection, path: Path, anew: list[str]
) -> None:
    drawn = "(survey, replicate_set, kind, n_replicates, coefficients, psus_together)"
    warehouse.execute(
        connection, f"insert into analysis.replicate_sets {drawn} values ('small', 'x', 'jk', 3, [1, 1, 1], 9)"
    )
    held = "(survey, panel_member_id, weight_id, wave, kind, wave_set, weight, replicate_set)"
    row = "('small', 'a', 'each', 'w1', 'cross_sectional', 'w1', 1, 'x')"
    warehouse.execute(connection, f"insert into analysis.weights {held} values {row}")
    publish(connection, path)
    sums = "select len(replicate_sums(1.0, [1, 1, 1], [1, 1, 1])) as n"
    assert warehouse.read_published(path, sums)["n"].item() == 3
    assert not anew


def test_what_broke_a_check_in_a_wave_is_told_until_it_is_mended(connection: duckdb.DuckDBPyConnection) -> None:
    def offending() -> dict[str, int]:
        found = warehouse.run_checks(connection).select("check", "n_offending").iter_rows()
        return {check: n for check, n in found if n}

    load_small_panel(connection)
    strange = A_AND_B.with_columns(Q1=frame({"Q1": "7"}, {"Q1": "1"})["Q1"])
    load(connection, "w2", strange, delivery_id="strange")
    waves = [("small", "w2")]
    warehouse.build_staging(connection, waves)
    warehouse.build_waves(connection, waves)
    broken = {"every_answer_is_understood": 1}
    assert [offending(), offending()] == [broken, broken]
    load(connection, "w2", A_AND_B, delivery_id="mended")
    warehouse.build_staging(connection, waves)
    warehouse.build_waves(connection, waves)
    assert offending() == {}
