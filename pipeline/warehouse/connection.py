"""The working store: opening it, and reading and replacing rows of its tables."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import StorageError, WorkspaceBusyError

SQL_FOLDER = Path(__file__).resolve().parents[2] / "sql"
PYTHON_SCHEMAS = ("definitions", "raw", "analysis", "log")  # tables in sql/<schema>.sql, filled by Python
MODEL_SCHEMAS = ("staging", "core", "marts")  # one select per table in sql/<schema>/
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_STORAGE_FAULTS = ("Could not write", "Could not fsync", "No space left", "File too large", "quota")
_in_transaction: set[int] = set()  # connections, by their id, inside a transaction of ours
_COLUMNS = "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the working store, made with all its schemas and tables on first use.

    Raises:
        WorkspaceBusyError: another process has it open.
        StorageError: it, or what is published from it, cannot be written.
    """
    with _storage_faults_in_words(path):
        connection = _connect(path)
        try:
            _create_tables(connection)
            yield connection
        finally:
            connection.close()


@contextmanager
def open_read_only(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the working store to look at it.

    Raises:
        WorkspaceBusyError: another process writes it.
    """
    connection = _connect(path, read_only=True)
    try:
        yield connection
    finally:
        connection.close()


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


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return text as an SQL literal, for the few statements that take no parameter."""
    return "'" + text.replace("'", "''") + "'"


def _connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return duckdb.connect(str(path), read_only=read_only, config=OFFLINE)
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise
        raise WorkspaceBusyError(
            f"{path}: another process has the warehouse open. Wait until it has finished, then try again."
        ) from error


@contextmanager
def _storage_faults_in_words(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a disk that takes no more into an error for people."""
    try:
        yield
    except duckdb.Error as error:
        if not any(fault in str(error) for fault in _STORAGE_FAULTS):
            raise
        found = str(error).rsplit(": ", 1)[-1].strip().lower()
        raise StorageError(
            f"{path}: the disk takes no more ({found}). Make room, then run the command again. What was there "
            "before is there still."
        ) from error


def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make what is missing; a store made by an earlier version gets the columns added since."""
    with transaction(connection):
        _run_definitions(connection)
        with duckdb.connect(":memory:") as fresh:
            _run_definitions(fresh)
            expected = read(fresh, _COLUMNS)
        added = expected.join(read(connection, _COLUMNS), on=("schema_name", "table_name", "column_name"), how="anti")
        for schema, table, column, data_type in added.iter_rows():
            execute(connection, f"alter table {schema}.{table} add column {quoted(column)} {data_type}")


def _run_definitions(connection: duckdb.DuckDBPyConnection) -> None:
    for schema in (*PYTHON_SCHEMAS, *MODEL_SCHEMAS):
        execute(connection, f"create schema if not exists {schema}")
    for schema in PYTHON_SCHEMAS:
        execute(connection, (SQL_FOLDER / f"{schema}.sql").read_text(encoding="utf-8"))
