"""The published file: what is in it, who sees which, and what a failure leaves."""

import multiprocessing
import os
import re
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline import warehouse
from pipeline.errors import UsageError
from pipeline.warehouse.models import is_view, model_files
from tests.unit.warehouse.builders import frame, load, load_small_panel


def test_the_published_file_holds_every_mart_and_the_responses(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:

    load_small_panel(connection)
    path = tmp_path / "published" / "panel.duckdb"
    warehouse.publish(connection, path, snapshot_name="first")
    of_file = "select name from (show all tables) where database = 'panel' order by all"
    tables = warehouse.read_published(path, of_file)["name"].to_list()
    assert tables == sorted([*(one.stem for one in model_files("marts")), "responses_small"])
    assert warehouse.read_published(path, "select label from answers where wave = ?", ["w2"]).height == 2


def test_responses_have_a_column_for_each_published_item_with_labels_in_scale_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load_small_panel(connection)
    path = tmp_path / "panel.duckdb"
    warehouse.publish(connection, path, snapshot_name="first")
    responses = warehouse.read_published(path, "from responses_small")
    assert responses.drop("completed_at").rows() == [
        ("w1", "a", "Agree", 4.0),
        ("w1", "b", None, 4.0),
        ("w2", "a", 'It\'s "no"', 4.0),
    ]
    assert responses.columns == ["wave", "panel_member_id", "completed_at", "trust", "hours"]
    types = warehouse.read_published(
        path, "select column_type from (describe responses_small) where column_name = 'trust'"
    )
    assert types.item() == "ENUM('Agree', 'It''s \"no\"')"


def test_a_respondent_who_gave_no_substantive_answer_is_in_the_responses(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load_small_panel(connection)
    blank = {"ID": "b", "DONE": "06/01/2025 10:30", "OUTCOME": "111", "Q1": None, "Q2": None, "Q3": None, "Q4": None}
    load(connection, "w1", frame(blank), delivery_id="again")
    warehouse.build(connection)
    warehouse.build_marts(connection)
    warehouse.publish(connection, tmp_path / "panel.duckdb", snapshot_name="first")
    found = warehouse.read_published(
        tmp_path / "panel.duckdb", "select trust, hours from responses_small where wave = 'w1'"
    )
    assert found.rows() == [(None, None)]


def test_every_published_table_and_column_has_a_comment(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_small_panel(connection)
    path = tmp_path / "panel.duckdb"
    warehouse.publish(connection, path, snapshot_name="first")
    bare = """
        select table_name, null as column_name from duckdb_tables() where coalesce(comment, '') = ''
        union all
        select table_name, column_name from duckdb_columns()
        where database_name = 'panel' and not internal and coalesce(comment, '') = ''
    """
    assert warehouse.read_published(path, bare).rows() == []
    wording = "select comment from duckdb_columns() where table_name = 'responses_small' and column_name = 'trust'"
    assert warehouse.read_published(path, wording).item() == "Wording of trust?"


def test_nothing_published_is_open_text_or_an_unpublished_item(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load_small_panel(connection)
    path = tmp_path / "panel.duckdb"
    warehouse.publish(connection, path, snapshot_name="first")
    assert b"my words" not in path.read_bytes()
    assert set(warehouse.read_published(path, "select distinct item from answers")["item"]) == {"trust", "hours"}


def test_the_file_is_written_for_duckdb_1_2(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_small_panel(connection)
    warehouse.publish(connection, tmp_path / "panel.duckdb", snapshot_name="first")
    with duckdb.connect(":memory:") as reader:
        reader.execute(f"attach '{tmp_path / 'panel.duckdb'}' as panel (read_only)").fetchall()
        tags = reader.execute("select tags from duckdb_databases() where database_name = 'panel'").fetchall()
    assert tags[0][0]["storage_version"] == "v1.2.0+"
    header = (tmp_path / "panel.duckdb").read_bytes()[:20]
    assert (header[8:12], int.from_bytes(header[12:20], "little")) == (b"DUCK", 65), "as its first bytes say"


def test_macros_and_views_use_no_function_that_duckdb_1_5_knows_as_grammar_alone() -> None:
    """DuckDB 2 stores if(a, b, c) as a call, which 1.5 does not find: there it is a way to write case."""
    views = [path for path in model_files("marts") if is_view(path.read_text(encoding="utf-8"))]
    for path in (*model_files("macros"), *views):
        code = "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if line[:2] != "--")
        assert not re.search(r"\bif\s*\(", code), path.name


def test_before_the_first_publication_a_reader_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="panel nightly"):
        warehouse.read_published(tmp_path / "panel.duckdb", "from waves")


def test_an_empty_warehouse_can_be_published(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    warehouse.build(connection)
    warehouse.build_marts(connection)
    warehouse.publish(connection, tmp_path / "panel.duckdb", snapshot_name="first")
    assert warehouse.read_published(tmp_path / "panel.duckdb", "from estimates").is_empty()


def test_publishing_twice_gives_the_same_content(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_small_panel(connection)
    first, second = tmp_path / "a" / "panel.duckdb", tmp_path / "b" / "panel.duckdb"
    for path in (first, second):
        warehouse.publish(connection, path, snapshot_name="x")
    for table in warehouse.read_published(first, "select table_name from duckdb_tables()")["table_name"]:
        assert warehouse.read_published(first, f"from {table}").equals(
            warehouse.read_published(second, f"from {table}")
        )


def test_earlier_publications_stay_as_snapshots(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "panel.duckdb"
    for name, answer in (("first", "1"), ("second", "2")):
        load_small_panel(connection, answer)
        warehouse.publish(connection, path, snapshot_name=name)
    code = "select code from answers where item = 'trust' and wave = 'w1' and panel_member_id = 'a'"
    snapshots = {
        one.stem: warehouse.read_published(one, code).item() for one in (tmp_path / "snapshots").glob("*.duckdb")
    }
    assert snapshots == {"first": "1", "second": "2"}
    assert warehouse.read_published(path, code).item() == "2"
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["panel.duckdb"]


def test_a_snapshot_is_copied_where_the_file_system_has_no_hard_links(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_links)
    load_small_panel(connection)
    warehouse.publish(connection, tmp_path / "panel.duckdb", snapshot_name="first")
    snapshot = tmp_path / "snapshots" / "first.duckdb"
    assert snapshot.read_bytes() == (tmp_path / "panel.duckdb").read_bytes()


def test_a_publication_that_failed_leaves_the_old_file_and_the_next_one_works(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "panel.duckdb"
    load_small_panel(connection)
    warehouse.publish(connection, path, snapshot_name="first")
    before = path.read_bytes()
    warehouse.execute(connection, "drop table marts.waves")
    with pytest.raises(duckdb.Error):
        warehouse.publish(connection, path, snapshot_name="second")
    assert path.read_bytes() == before
    warehouse.build_marts(connection)
    warehouse.publish(connection, path, snapshot_name="second")
    assert warehouse.read_published(path, "from waves").height == 2


def test_a_reader_in_the_same_process_always_sees_the_newest_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "panel.duckdb"
    load_small_panel(connection, "1")
    warehouse.publish(connection, path, snapshot_name="first")
    code = "select code from answers where item = 'trust' and wave = 'w1' and panel_member_id = 'a'"
    with warehouse.connect_published(path) as older:
        load_small_panel(connection, "2")
        warehouse.publish(connection, path, snapshot_name="second")
        assert warehouse.read_published(path, code).item() == "2"
        assert warehouse.read(older, code).item() == "1"
        with pytest.raises(duckdb.Error):
            warehouse.execute(older, "delete from answers")


def read_until(path: str, stop: Any, results: Any) -> None:
    """Open the file read-only again and again, as a researcher's program would, and report what it saw."""
    seen: set[int] = set()
    faults: list[str] = []
    n_reads, is_last = 0, False
    while not is_last:
        is_last = stop.is_set()
        try:
            with duckdb.connect(path, read_only=True) as reader:
                messages = reader.execute("select distinct message from runs").fetchall()
                n_found = len(reader.execute("from codebook('trust')").fetchall())
            seen.update(int(row[0]) for row in messages)
            if len(messages) != 1 or n_found != 1:
                faults.append(f"{len(messages)} publications in one file, {n_found} items")
        except Exception as error:
            faults.append(str(error))
        n_reads += 1
        time.sleep(2)  # readers that ask all the time leave the writer no processor
    results.put((sorted(seen), faults[:3], n_reads))


def test_eight_processes_read_through_a_hundred_publications_and_none_fails(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "panel.duckdb"

    def publish(number: int) -> None:
        rows = pl.DataFrame({"run_id": [str(one) for one in range(500)], "message": [str(number)] * 500})
        warehouse.replace_rows(connection, "marts.runs", rows)
        warehouse.publish(connection, path, snapshot_name="only")

    load_small_panel(connection)
    publish(0)
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    readers = [context.Process(target=read_until, args=(str(path), stop, results)) for _ in range(8)]
    for reader in readers:
        reader.start()
    for number in range(1, 101):
        publish(number)
    stop.set()
    found = [results.get(timeout=300) for _ in readers]
    for reader in readers:
        reader.join(timeout=60)
    assert [faults for _, faults, _ in found if faults] == []
    assert all(seen[-1] == 100 for seen, _, _ in found), "the last read sees the last publication"
    assert sum(n_reads for _, _, n_reads in found) >= 16


def test_old_snapshots_are_forgotten_but_those_that_releases_name(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    load_small_panel(connection)
    path, folder = tmp_path / "panel.duckdb", tmp_path / "snapshots"
    for day in range(1, 6):
        warehouse.publish(connection, path, snapshot_name=f"2026-01-0{day}")
    deleted = warehouse.forget_snapshots(path, newest=2, named={"2026-01-02.duckdb"})
    assert deleted == ["2026-01-01.duckdb", "2026-01-03.duckdb"]
    kept = sorted(one.name for one in folder.glob("*.duckdb"))
    assert kept == ["2026-01-02.duckdb", "2026-01-04.duckdb", "2026-01-05.duckdb"]
    hashes = [f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}" for name in kept]
    assert (folder / "MANIFEST.sha256").read_text().splitlines() == hashes
    assert warehouse.read_published(folder / kept[0], "from waves").height == 2
