import duckdb
import polars as pl

from pipeline.warehouse.arrivals import arrived

ROWS = pl.DataFrame(
    {
        "number": [1, 2, 3],
        "Q1": pl.Series(["b", None, "a'"], dtype=pl.Enum(["a'", "b", "nobody"])),
        "text": ["x", "", None],
    }
)


def stored(frame: pl.DataFrame) -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect()
    with arrived(connection, frame) as rows:
        connection.execute(f"create table stored as select * from {rows}").fetchall()
    left = connection.sql("select view_name from duckdb_views() where view_name like 'arrived%'").fetchall()
    assert left == []
    return connection.sql("select number, Q1, text from stored order by number")


def test_an_enum_is_duckdbs_own_enum_and_other_columns_are_themselves() -> None:
    found = stored(ROWS)
    assert found.fetchall() == [(1, "b", "x"), (2, None, ""), (3, "a'", None)]
    assert [str(one) for one in found.types] == ["BIGINT", "ENUM('a''', 'b', 'nobody')", "VARCHAR"]


def test_a_frame_without_enums_is_taken_as_it_is() -> None:
    found = stored(ROWS.with_columns(pl.col("Q1").cast(pl.String)))
    assert found.fetchall() == [(1, "b", "x"), (2, None, ""), (3, "a'", None)]


def test_an_enum_of_hundreds_of_values_keeps_them_apart() -> None:
    words = [f"value {number}" for number in range(300)]
    frame = pl.DataFrame({"number": range(300), "Q1": pl.Series(words, dtype=pl.Enum(words)), "text": words})
    assert [row[1] for row in stored(frame).fetchall()] == words
