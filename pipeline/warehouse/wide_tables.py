"""A stored delivery's rows: one wide table each, as delivered, its columns under plain names of our own.

Delivered names may be anything, also alike but for their case; `raw.columns` says which is stored under which.
"""

import hashlib
from collections.abc import Mapping

import duckdb
import polars as pl

from pipeline.warehouse.arrivals import arrived
from pipeline.warehouse.connection import delete_rows, execute, insert_rows, quoted, read

ROW_NUMBER, MEMBER = "row_number", "panel_member_id"
OF_DELIVERY = "survey = $survey and source = $source and delivery_id = $delivery_id"


def wide_table(key: Mapping[str, str]) -> str:
    """Return the name of a delivery's table.

    Args:
        key: survey, source and delivery_id.
    """
    digest = hashlib.sha256("\0".join(key[name] for name in ("survey", "source", "delivery_id")).encode())
    return f"raw.delivery_{digest.hexdigest()[:20]}"


def store_rows(
    connection: duckdb.DuckDBPyConnection, key: Mapping[str, str], frame: pl.DataFrame, id_column: str
) -> None:
    """Store a delivery's rows in place of those it had, inside the caller's transaction.

    Args:
        frame: `row_number` and the delivered columns, text; a column of few different values may be an Enum.
        id_column: the delivered column that holds the pseudonyms.
    """
    write_rows(connection, key, frame, id_column)
    list_columns(connection, key, frame, id_column)


def write_rows(
    connection: duckdb.DuckDBPyConnection, key: Mapping[str, str], frame: pl.DataFrame, id_column: str
) -> None:
    """Write a delivery's rows as its table, in place of one it had; nothing reads them before they are listed."""
    execute(connection, f"drop table if exists {wide_table(key)}")
    stored_as = dict(_places(frame, id_column).select("column_name", "stored_as").iter_rows())
    selected = [_stored(frame[name], quoted(place)) for name, place in stored_as.items()]
    if MEMBER not in stored_as.values():
        selected.insert(0, f"null::varchar as {MEMBER}")
    columns = ", ".join(["incoming_number::integer as row_number", *selected])
    with arrived(connection, frame.rename({**stored_as, ROW_NUMBER: "incoming_number"})) as rows:
        execute(connection, f"create table {wide_table(key)} as select {columns} from {rows}")


def list_columns(
    connection: duckdb.DuckDBPyConnection, key: Mapping[str, str], frame: pl.DataFrame, id_column: str
) -> None:
    """List under which names a delivery's columns are stored, in place of earlier ones."""
    places = _places(frame, id_column).with_columns(**{name: pl.lit(one) for name, one in key.items()})
    delete_rows(connection, "raw.columns", **key)
    insert_rows(connection, "raw.columns", places)


def places_of(connection: duckdb.DuckDBPyConnection, key: Mapping[str, str]) -> dict[str, str]:
    """Return where each delivered column is stored, in the order of the file."""
    rows = read(
        connection,
        f"select column_name, stored_as from raw.columns where {OF_DELIVERY} order by position",
        dict(key),
    )
    return dict(rows.iter_rows())


def delivered_frame(connection: duckdb.DuckDBPyConnection, key: Mapping[str, str]) -> pl.DataFrame:
    """Return a delivery's rows as they were stored: row_number and the delivered columns, as text."""
    places = places_of(connection, key)
    frame = read(connection, f"select * from {wide_table(key)} order by row_number")
    return frame.select(ROW_NUMBER, *(pl.col(place).cast(pl.String).alias(name) for name, place in places.items()))


def _places(frame: pl.DataFrame, id_column: str) -> pl.DataFrame:
    names = [name for name in frame.columns if name != ROW_NUMBER]
    stored = [MEMBER if name == id_column else f"c{position}" for position, name in enumerate(names, start=1)]
    schema = {"position": pl.Int32, "column_name": pl.String, "stored_as": pl.String}
    return pl.DataFrame({"position": range(1, len(names) + 1), "column_name": names, "stored_as": stored}, schema)


def _stored(column: pl.Series, place: str) -> str:
    """Return how a column is selected: text, or an ENUM of the few values that occur in it."""
    is_enum = isinstance(column.dtype, pl.Enum) and place != quoted(MEMBER)
    return place if is_enum else f"{place}::varchar as {place}"
