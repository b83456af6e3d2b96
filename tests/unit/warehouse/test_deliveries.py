"""No delivered row is lost: each is accepted, refused or superseded."""

from datetime import datetime

import duckdb
import polars as pl

from pipeline import warehouse
from pipeline.warehouse.wide_tables import delivered_frame, wide_table
from tests.unit.warehouse.builders import NO_REFUSALS, counts, frame, load, refusals


def test_every_cell_and_refused_row_is_kept(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a", "Q1": "1"}, {"ID": "b", "Q1": None}), refused=refusals(2))
    kept = delivered_frame(connection, {"survey": "small", "source": "w1", "delivery_id": "w1"})
    assert kept.rows(named=True) == [
        {"row_number": 1, "ID": "a", "Q1": "1"},
        {"row_number": 2, "ID": "b", "Q1": None},
    ]
    refused = warehouse.read(connection, "select delivery_id, row_number, rule, reason from raw.refused_rows")
    assert refused.rows() == [("w1", 2, "item-codes", "why")]


def test_rows_are_counted_as_accepted_or_refused(connection: duckdb.DuckDBPyConnection) -> None:
    twice_refused = pl.concat([refusals(2, 3), refusals(2, rule="unknown-member")])
    load(connection, "w1", frame(*({"ID": one} for one in "abcd")), refused=twice_refused)
    assert counts(connection) == {"w1": ("accepted", 4, 2, 2, 0)}


def test_a_row_that_could_not_be_read_counts_as_delivered(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a"}), refused=refusals(2))
    assert counts(connection) == {"w1": ("accepted", 2, 1, 1, 0)}


def test_a_held_delivery_has_no_accepted_row_and_leaves_the_earlier_one(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a"}), delivery_id="good")
    load(connection, "w1", frame({"ID": "a"}, {"ID": "b"}), delivery_id="bad", status="held", refused=refusals(1))
    assert counts(connection) == {"good": ("accepted", 1, 1, 0, 0), "bad": ("held", 2, 0, 2, 0)}


def test_a_newer_delivery_supersedes_the_earlier_one_of_its_source(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a"}, {"ID": "b"}), delivery_id="first", refused=refusals(1))
    load(connection, "w2", frame({"ID": "a"}), delivery_id="other")
    load(connection, "w1", frame({"ID": "a"}), delivery_id="second")
    assert counts(connection) == {
        "first": ("superseded", 2, 0, 1, 1),
        "other": ("accepted", 1, 1, 0, 0),
        "second": ("accepted", 1, 1, 0, 0),
    }


def test_the_parts_of_a_wave_are_accepted_beside_each_other_and_superseded_each_by_its_own(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    load(connection, "w1", frame({"ID": "a"}), delivery_id="web", part="web")
    load(connection, "w1", frame({"ID": "b"}), delivery_id="paper", part="paper")
    load(connection, "w1", frame({"ID": "a"}, {"ID": "c"}), delivery_id="web again", part="web")
    assert counts(connection) == {
        "web": ("superseded", 1, 0, 0, 1),
        "paper": ("accepted", 1, 1, 0, 0),
        "web again": ("accepted", 2, 2, 0, 0),
    }


def test_columns_of_few_values_are_kept_as_text_too(connection: duckdb.DuckDBPyConnection) -> None:
    answers = pl.Series("Q1", ["1", None, "it's"], dtype=pl.Enum(["it's", "1", "never given"]))
    load(connection, "w1", frame(*({"ID": one} for one in "abc")).with_columns(answers))
    kept = delivered_frame(connection, {"survey": "small", "source": "w1", "delivery_id": "w1"})
    assert kept["Q1"].to_list() == ["1", None, "it's"]


def test_rows_written_before_the_verdict_are_nobodys_until_the_delivery_is_loaded(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = frame({"ID": "a", "Q1": "1"}, {"ID": "b", "Q1": None})
    delivery = warehouse.Delivery("d", "small", "w1", "w1.csv", datetime(2025, 3, 25), id_column="ID")
    assert not warehouse.is_stored(connection, delivery)
    warehouse.write_new_rows(connection, delivery, rows)
    assert counts(connection) == {}
    warehouse.load_delivery(connection, delivery, rows, refusals(2), is_written=True)
    assert delivered_frame(connection, delivery.key).equals(rows)
    assert counts(connection) == {"d": ("accepted", 2, 1, 1, 0)}
    assert warehouse.is_stored(connection, delivery)


def test_rows_that_a_killed_night_left_without_a_verdict_are_dropped(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a"}), delivery_id="kept")
    left = warehouse.Delivery("left", "small", "w1", "w1.csv", datetime(2025, 3, 25), id_column="ID")
    warehouse.write_new_rows(connection, left, frame({"ID": "b"}))
    warehouse.drop_unlisted_rows(connection)
    tables = warehouse.read(connection, "select table_name from duckdb_tables() where table_name like 'delivery_%'")
    assert [f"raw.{one}" for one in tables["table_name"]] == [wide_table({**left.key, "delivery_id": "kept"})]
    assert counts(connection) == {"kept": ("accepted", 1, 1, 0, 0)}


def test_a_status_can_be_set_later(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a"}), delivery_id="first")
    load(connection, "w1", frame({"ID": "a"}, {"ID": "b"}), delivery_id="second", status="held", refused=refusals(1))
    warehouse.set_delivery_status(connection, "small", "w1", "second", "accepted")
    assert counts(connection) == {"first": ("superseded", 1, 0, 0, 1), "second": ("accepted", 2, 1, 1, 0)}


def test_loading_a_delivery_again_replaces_it(connection: duckdb.DuckDBPyConnection) -> None:
    for refused in (refusals(1), NO_REFUSALS):
        load(connection, "w1", frame({"ID": "a"}, {"ID": "b"}), refused=refused)
    assert counts(connection) == {"w1": ("accepted", 2, 2, 0, 0)}
    assert delivered_frame(connection, {"survey": "small", "source": "w1", "delivery_id": "w1"}).height == 2
    assert warehouse.read(connection, "from raw.columns").height == 1


def test_an_empty_delivery_is_a_delivery(connection: duckdb.DuckDBPyConnection) -> None:
    load(connection, "w1", frame({"ID": "a"}).clear(), status="held")
    assert counts(connection) == {"w1": ("held", 0, 0, 0, 0)}
