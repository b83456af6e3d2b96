"""The working store: what is kept and replaced, and what a crash leaves."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline import warehouse
from pipeline.errors import WorkspaceBusyError


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    for _ in range(2):
        with warehouse.open_warehouse(path) as connection:
            warehouse.append_rows(connection, "log.runs", pl.DataFrame({"run_id": ["r"]}))
    with warehouse.open_warehouse(path) as connection:
        assert warehouse.read(connection, "select run_id from log.runs").height == 2


def test_a_store_of_an_earlier_version_gets_the_columns_added_since(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as earlier:
        earlier.execute("create schema log").fetchall()
        earlier.execute("create table log.runs (run_id varchar, message varchar)").fetchall()
        earlier.execute("insert into log.runs values ('r', 'done')").fetchall()
    with warehouse.open_warehouse(path) as connection:
        found = warehouse.read(connection, "select run_id, message, exit_code from log.runs")
    assert found.rows() == [("r", "done", None)]


def test_a_store_of_an_earlier_version_takes_empty_cells_where_they_are_allowed_since(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as earlier:
        earlier.execute("create schema analysis").fetchall()
        earlier.execute("create table analysis.t_distribution (coefficients double[] not null)").fetchall()
    with warehouse.open_warehouse(path) as connection:
        row = pl.DataFrame(
            {"degrees_of_freedom": [900], "coefficients": [None]},
            schema_overrides={"coefficients": pl.List(pl.Float64)},
        )
        warehouse.replace_rows(connection, "analysis.t_distribution", row)
        assert warehouse.read(connection, "select coefficients from analysis.t_distribution").rows() == [(None,)]


def test_a_second_process_is_told_that_the_warehouse_is_in_use(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(WorkspaceBusyError, match="another process"), warehouse.open_warehouse(path):
            pass
        holder.communicate("\n")


HOLD = """
import sys
from pathlib import Path
from pipeline import warehouse
with warehouse.open_warehouse(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.readline()
"""


def test_a_file_that_is_no_warehouse_is_not_taken_for_a_busy_one(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("not a database, and long enough to be looked at" * 500)
    with pytest.raises(duckdb.IOException), warehouse.open_warehouse(path):
        pass


def test_replacing_rows_touches_no_rows_with_other_keys(connection: duckdb.DuckDBPyConnection) -> None:
    def rows(wave: str, n: int) -> pl.DataFrame:
        keys = {"survey": "s", "wave": wave, "domain": "all", "domain_value": "all"}
        return pl.DataFrame([{**keys, "n_invited": n}])

    for wave, n in (("w1", 1), ("w2", 2), ("w1", 3)):
        warehouse.replace_rows(connection, "analysis.response_rates", rows(wave, n), survey="s", wave=wave)
    warehouse.replace_rows(connection, "analysis.response_rates", rows("w2", 9).clear(), survey="s", wave="w9")
    found = warehouse.read(connection, "select wave, n_invited from analysis.response_rates order by wave")
    assert found.rows() == [("w1", 3), ("w2", 2)]


def test_replacing_with_nothing_removes_the_rows(connection: duckdb.DuckDBPyConnection) -> None:
    row = pl.DataFrame({"survey": ["s"], "step": ["x"], "inputs": ["1"]})
    warehouse.append_rows(connection, "log.steps", row)
    warehouse.replace_rows(connection, "log.steps", pl.DataFrame(), survey="s")
    assert warehouse.read(connection, "from log.steps").is_empty()


def test_columns_go_by_name_and_a_null_key_is_a_key(connection: duckdb.DuckDBPyConnection) -> None:
    rows = pl.DataFrame({"rule": ["x", "y"], "run_id": ["r", "r"], "survey": [None, "s"]})
    warehouse.append_rows(connection, "log.checks", rows)
    warehouse.replace_rows(connection, "log.checks", rows.filter(pl.col("survey").is_null()), survey=None)
    found = warehouse.read(connection, "select survey, run_id, rule, message from log.checks order by rule")
    assert found.rows() == [(None, "r", "x", None), ("s", "r", "y", None)]


def test_a_replacement_that_fails_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    row = pl.DataFrame({"survey": ["s"], "step": ["x"], "inputs": ["1"]})
    warehouse.append_rows(connection, "log.steps", row)
    with pytest.raises(duckdb.Error):
        warehouse.replace_rows(connection, "log.steps", row.with_columns(unknown=pl.lit(1)), survey="s")
    with pytest.raises(duckdb.Error):
        warehouse.replace_rows(connection, "log.steps", row.with_columns(inputs=pl.lit(None)), survey="s")
    assert warehouse.read(connection, "select inputs from log.steps").rows() == [("1",)]


def test_a_step_remembers_what_it_last_worked_on(connection: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.step_inputs(connection, "s", "weight-w1") is None
    for inputs in ("one", "two"):
        warehouse.remember_step(connection, "s", "weight-w1", inputs)
    assert warehouse.step_inputs(connection, "s", "weight-w1") == "two"
    assert warehouse.step_inputs(connection, "t", "weight-w1") is None


def test_killing_a_writer_in_a_transaction_loses_only_that_transaction(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    writer = subprocess.Popen([sys.executable, "-c", WRITE_AND_WAIT, str(path)], stdout=subprocess.PIPE, text=True)
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "in transaction"
        os.kill(writer.pid, signal.SIGKILL)
    with warehouse.open_warehouse(path) as connection:
        found = warehouse.read(connection, "select step, count(*) as n from log.steps group by step")
    assert found.rows() == [("committed", 1000)]


WRITE_AND_WAIT = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    import polars as pl
    from pipeline import warehouse

    def rows(step, n):
        return pl.DataFrame({"survey": ["s"] * n, "step": [step] * n, "inputs": ["x"] * n})

    with warehouse.open_warehouse(Path(sys.argv[1])) as connection:
        warehouse.append_rows(connection, "log.steps", rows("committed", 1000))
        with warehouse.transaction(connection):
            warehouse.execute(connection, "delete from log.steps")
            connection.register("incoming", rows("lost", 500_000))
            warehouse.execute(connection, "insert into log.steps select * from incoming")
            print("in transaction", flush=True)
            time.sleep(60)
""")


def hashed(*rows: tuple[object, ...]) -> str:
    """Return what tells these rows of three columns from others."""
    with duckdb.connect() as connection:
        connection.register("frame", pl.DataFrame(rows, ["a", "b", "c"], orient="row"))
        found = {
            str(warehouse.read(connection, f"select {warehouse.rows_hash(row)} from frame as whole").item())
            for row in ("whole", "a, b, c")
        }
    return " ".join(sorted(found))


FIRST, SECOND = ("a", 1, True), ("b", 2, True)


def test_rows_in_another_order_are_the_same_rows() -> None:
    assert hashed(FIRST, SECOND) == hashed(SECOND, FIRST)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((("a", 1, False), ("b", 2, False)), id="two rows change alike"),
        pytest.param((("a", 2, True), ("b", 1, True)), id="two rows swap values"),
        pytest.param((FIRST, SECOND, SECOND), id="a row comes twice"),
        pytest.param((FIRST, SECOND, ("c", 3, True), ("c", 3, True)), id="a pair comes"),
        pytest.param((FIRST,), id="a row goes"),
    ],
)
def test_other_rows_have_another_hash(rows: tuple[tuple[object, ...], ...]) -> None:
    assert hashed(*rows) != hashed(FIRST, SECOND)


def test_no_rows_have_a_hash_too() -> None:
    with duckdb.connect() as connection:
        assert warehouse.read(connection, f"select {warehouse.rows_hash('x')} from (select 1 as x where false)").item()
