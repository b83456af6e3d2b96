"""One person, several parts of a wave: which interview counts, and where the others stay."""

from dataclasses import replace

import duckdb
import pytest

from pipeline import warehouse
from pipeline.definitions import Part, RowFilter, Wave
from tests.unit.warehouse.builders import counts, frame, load, refusals, small_survey


def in_parts(*both_answered: str, rule: RowFilter | None = None) -> Wave:
    wave = small_survey().wave("w1")
    source = replace(wave.source, complete_when=rule)
    parts = (
        Part("web", "web", source, wave.items),
        Part("paper", "paper", replace(source, complete_when=None), wave.items),
    )
    return replace(wave, parts=parts, both_answered=both_answered)


@pytest.fixture
def two_parts(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a store in which a and b answered by web, b and c on paper, and d was refused on paper."""
    load(connection, "w1", frame({"ID": "a", "DONE": "y"}, {"ID": "b", "DONE": "n"}), delivery_id="web", part="web")
    paper = frame({"ID": "b"}, {"ID": "c"}, {"ID": "d"})
    load(connection, "w1", paper, delivery_id="paper", part="paper", refused=refusals(3))
    return connection


def superseded(connection: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return warehouse.read(
        connection, "select delivery_id, row_number, kept_part from raw.superseded_rows order by all"
    ).rows()


def test_the_part_named_first_counts_and_the_other_row_is_superseded(two_parts: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.supersede_rows(two_parts, "small", in_parts("web", "paper")) == 1
    assert superseded(two_parts) == [("paper", 1, "web")]
    assert counts(two_parts) == {"web": ("accepted", 2, 2, 0, 0), "paper": ("accepted", 3, 1, 1, 1)}


def test_another_order_lets_the_other_interview_count(two_parts: duckdb.DuckDBPyConnection) -> None:
    warehouse.supersede_rows(two_parts, "small", in_parts("web", "paper"))
    warehouse.supersede_rows(two_parts, "small", in_parts("paper", "web"))
    assert superseded(two_parts) == [("web", 2, "paper")]
    assert counts(two_parts)["paper"] == ("accepted", 3, 2, 1, 0)


def test_a_complete_interview_goes_before_a_partial_one(two_parts: duckdb.DuckDBPyConnection) -> None:
    warehouse.supersede_rows(two_parts, "small", in_parts("web", "paper", rule=RowFilter("DONE", ("y",))))
    assert superseded(two_parts) == [("web", 2, "paper")]


def test_nothing_is_superseded_where_no_order_is_declared(two_parts: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.supersede_rows(two_parts, "small", in_parts()) == 0
    assert superseded(two_parts) == []


def test_files_of_a_part_that_adds_stand_beside_each_other_until_the_part_is_one_file(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    load(connection, "w1", frame({"ID": "a"}), delivery_id="1", part="late/1.csv")
    load(connection, "w1", frame({"ID": "b"}), delivery_id="2", part="late/2.csv")
    load(connection, "w1", frame({"ID": "c"}), delivery_id="3", part="late/1.csv")
    load(connection, "w1", frame({"ID": "x"}), delivery_id="later", part="later")
    assert [counts(connection)[one][0] for one in ("1", "2", "3")] == ["superseded", "accepted", "accepted"]
    load(connection, "w1", frame({"ID": "d"}), delivery_id="4", part="late")
    assert [counts(connection)[one][0] for one in ("2", "3", "4")] == ["superseded", "superseded", "accepted"]
    assert counts(connection)["later"][0] == "accepted"
    load(connection, "w1", frame({"ID": "e"}), delivery_id="whole")
    assert [one[0] for one in counts(connection).values()] == ["superseded"] * 5 + ["accepted"]
