"""Opening the working store: made on first use, brought up to date when an earlier version made it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import StorageError, WorkspaceBusyError
from pipeline.warehouse.connection import OFFLINE, SQL_FOLDER, execute, quoted, read, transaction
from pipeline.warehouse.long_store import widen

PYTHON_SCHEMAS = ("definitions", "raw", "analysis", "log")  # tables in sql/<schema>.sql, filled by Python
MODEL_SCHEMAS = ("staging", "core", "marts")  # one select per table in sql/<schema>/
_STORAGE_FAULTS = ("Could not write", "Could not fsync", "No space left", "File too large", "quota")
_COLUMNS = (
    "select schema_name, table_name, column_name, "
    "data_type || coalesce(' default ' || column_default, '') as definition, is_nullable "
    "from duckdb_columns() where not internal"
)


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


def marts_reader(
    connection: duckdb.DuckDBPyConnection,
) -> Callable[[str, dict[str, Any] | list[Any] | None], pl.DataFrame]:
    """Return what reads the marts in full by their names alone: SQL and its parameters in, rows out."""
    session = connection.cursor()
    execute(session, "set search_path = 'marts'")
    return lambda sql, parameters: read(session, sql, parameters)


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
    """Make what is missing; a store made by an earlier version gets the columns added since.

    A column that had to be filled then and may be empty now may be empty there, too.
    """
    with transaction(connection):
        _run_definitions(connection)
        with duckdb.connect(":memory:") as fresh:
            _run_definitions(fresh)
            expected = read(fresh, _COLUMNS)
        present, key = read(connection, _COLUMNS), ["schema_name", "table_name", "column_name"]
        for schema, table, column, definition, _ in expected.join(present, on=key, how="anti").iter_rows():
            execute(connection, f"alter table {schema}.{table} add column {quoted(column)} {definition}")
        always_filled = present.filter(~pl.col("is_nullable")).select(key)
        for schema, table, column, *_ in expected.filter("is_nullable").join(always_filled, on=key).iter_rows():
            execute(connection, f"alter table {schema}.{table} alter column {quoted(column)} drop not null")
        widen(connection)


def _run_definitions(connection: duckdb.DuckDBPyConnection) -> None:
    for schema in (*PYTHON_SCHEMAS, *MODEL_SCHEMAS):
        execute(connection, f"create schema if not exists {schema}")
    for schema in PYTHON_SCHEMAS:
        execute(connection, (SQL_FOLDER / f"{schema}.sql").read_text(encoding="utf-8"))
