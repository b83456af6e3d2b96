"""Rewriting the rows of one wave gives what building everything gives."""

import duckdb
import polars as pl
import pytest

from pipeline import warehouse
from tests.unit.warehouse.builders import frame, load, load_small_panel, made, refusals

INTERVIEW = {"OUTCOME": "110", "Q2": "4", "Q3": "my words", "Q4": "1", "DONE": "07/02/2025 10:30"}
ANSWERED = frame({"ID": "a", "Q1": "2", **INTERVIEW}, {"ID": "b", "Q1": "1", **INTERVIEW}, {"ID": None, "Q1": "7"})


def rewrite(connection: duckdb.DuckDBPyConnection) -> None:
    """Rewrite the rows of the second wave."""
    waves = [("small", "w2")]
    warehouse.build_staging(connection, waves)
    warehouse.build_waves(connection, waves)


@pytest.mark.parametrize("as_enums", [False, True])
@pytest.mark.parametrize("refused", [refusals(), refusals(2)], ids=["none refused", "one refused"])
def test_a_corrected_wave_is_rewritten_as_if_all_were(
    connection: duckdb.DuckDBPyConnection, as_enums: bool, refused: pl.DataFrame
) -> None:
    load_small_panel(connection)
    before = made(connection)
    rows = ANSWERED.with_columns(pl.col("Q1").cast(pl.Enum(["1", "2", "7"]))) if as_enums else ANSWERED
    load(connection, "w2", rows, delivery_id="corrected", refused=refused)
    rewrite(connection)
    found = made(connection)
    assert found["staging.wave_rows"] != before["staging.wave_rows"]
    warehouse.build(connection)
    assert found == made(connection)


def test_a_store_that_kept_the_rows_under_our_names_in_a_table_is_built_anew(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    load_small_panel(connection)
    expected = made(connection)
    for statement in (
        "create table staging.kept as from staging.delivered_rows",
        "drop view staging.delivered_rows",
        "alter table staging.kept rename to delivered_rows",
    ):
        connection.execute(statement).fetchall()
    warehouse.build(connection)
    assert made(connection) == expected


def test_the_values_of_rows_in_use_alone_are_understood(connection: duckdb.DuckDBPyConnection) -> None:
    load_small_panel(connection)
    rows = ANSWERED.with_columns(pl.col("Q1").cast(pl.Enum(["1", "2", "7"])))
    load(connection, "w2", rows, delivery_id="corrected", refused=refusals(2))
    rewrite(connection)
    values = "select value from staging.delivered_values where wave = 'w2' and item = 'trust'"
    assert warehouse.read(connection, values).rows() == [("2",)]


def test_every_value_of_an_enum_is_understood_and_its_blank(connection: duckdb.DuckDBPyConnection) -> None:
    load_small_panel(connection)
    rows = frame({"ID": "a", "Q1": "2", **INTERVIEW}, {"ID": "b", "Q1": None, **INTERVIEW})
    load(connection, "w2", rows.with_columns(pl.col("Q1").cast(pl.Enum(["2"]))), delivery_id="corrected")
    rewrite(connection)
    values = "select value from staging.delivered_values where wave = 'w2' and item = 'trust' order by all"
    assert warehouse.read(connection, values).rows() == [("2",), (None,)]


def test_a_wave_whose_delivery_is_no_longer_in_use_leaves_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    load_small_panel(connection)
    warehouse.set_delivery_status(connection, "small", "w2", "w2", "held")
    rewrite(connection)
    found = made(connection)
    assert not any("w2" in row for row in found["core.participation"])
    warehouse.build(connection)
    assert found == made(connection)
