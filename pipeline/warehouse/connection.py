"""Reading and replacing rows of DuckDB tables, and what is done together or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_in_transaction: set[int] = set()  # connections, by their id, inside a transaction of ours


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Make everything in the block happen, or nothing of it; a block within a block is part of the outer one."""
    if id(connection) in _in_transaction:
        yield
        return
    execute(connection, "begin transaction")
    _in_transaction.add(id(connection))
    try:
        yield
        _in_transaction.discard(id(connection))
        execute(connection, "commit")
    except BaseException:
        _in_transaction.discard(id(connection))
        with suppress(duckdb.Error):  # a commit that failed has rolled back already
            execute(connection, "rollback")
        raise


def read(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | list[Any] | None = None
) -> pl.DataFrame:
    """Return the rows of a query; values come as `parameters` (`$name` or `?`)."""
    frame: pl.DataFrame = connection.sql(sql, params=parameters).pl()
    return frame


def execute(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | list[Any] | None = None
) -> None:
    """Run one statement that returns nothing; values come as `parameters` (`$name` or `?`)."""
    connection.execute(sql, parameters).fetchall()


def replace_rows(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, **keys: str | int | None
) -> None:
    """Replace the rows that have the given key values by those of the frame, in one transaction.

    Args:
        table: with its schema, `analysis.weights`.
        frame: columns by name; columns of the table that it lacks become null.
        keys: column and value; none given replaces the whole table.
    """
    with transaction(connection):
        delete_rows(connection, table, **keys)
        insert_rows(connection, table, frame)


def append_rows(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Add the frame's rows to a table, by column name, in one transaction."""
    with transaction(connection):
        insert_rows(connection, table, frame)


def delete_rows(connection: duckdb.DuckDBPyConnection, table: str, **keys: str | int | None) -> None:
    """Delete the rows with these key values, inside the caller's transaction."""
    condition = " and ".join(f"{quoted(column)} is not distinct from ${column}" for column in keys) or "true"
    execute(connection, f"delete from {table} where {condition}", dict(keys))


def insert_rows(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    """Insert the frame's rows by column name, inside the caller's transaction."""
    if frame.is_empty():
        return
    connection.register("incoming_rows", frame)
    try:
        execute(connection, f"insert into {table} by name select * from incoming_rows")
    finally:
        connection.unregister("incoming_rows")


def rows_hash(row: str) -> str:
    """Return the SQL that tells rows, in whatever order, from others, as a text.

    Hashes are hashed once more, then summed: in DuckDB's hash of several columns the last is only XORed in, so values
    that two rows swap, or that an even number of rows change alike, would cancel out in an XOR of all.

    Args:
        row: the columns, or the table's alias for all of them.
    """
    return f"(count(*) || '-' || coalesce(sum(hash(hash({row}))), 0))"


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as an SQL literal, for the few statements that take no parameter."""
    return "'" + text.replace("'", "''") + "'"
