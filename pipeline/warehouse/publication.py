"""The file that researchers open: written beside the old one, then put in its place in one step."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import UsageError
from pipeline.warehouse.comments import TableComment, table_comment
from pipeline.warehouse.connection import OFFLINE, execute, literal, quoted, read, transaction
from pipeline.warehouse.macros import create_macros
from pipeline.warehouse.models import SAFE, is_view, model_files, read_count, safe_text
from pipeline.warehouse.responses import responses_table, surveys_with_answers
from pipeline.warehouse.snapshots import keep_snapshot, sync

STORAGE_VERSION = "v1.2.0"  # of the file: DuckDB 1.2 and later read it, and 1.5 and later its macros (RESULTS.md)
OWNER_ONLY = 0o600
_SHOWN = "select table_name from duckdb_tables() where schema_name = ? and database_name = current_database()"
_LEFT_OUT = re.compile(r"^-- Left out where no survey shows them: (.+?)\.?$", re.MULTILINE)
_NEW = "publication"  # name of the new file while it is attached


def publish(connection: duckdb.DuckDBPyConnection, path: Path, *, snapshot_name: str, in_full: bool = False) -> None:
    """Replace a published file by one made of the marts; readers see the old one or the new one, whole.

    A copy stays in `snapshots/<snapshot_name>.duckdb` beside it: the same file under a second name where the
    file system can do that.

    Args:
        in_full: what members' rows show is not coarsened: only for a folder that is its owner's alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    _write(connection, new, in_full=in_full)
    if in_full:
        os.chmod(new, OWNER_ONLY)
    sync(new)
    keep_snapshot(new, path, snapshot_name)
    os.replace(new, path)
    sync(path.parent)


@contextmanager
def connect_published(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file read-only, always the newest.

    DuckDB gives a process that holds an older file under the same path that one again; attaching it to an
    instance of its own does not.

    Raises:
        UsageError: nothing is published yet.
    """
    if not path.is_file():
        raise UsageError(f"{path}: nothing is published yet. Run `panel nightly` first.")
    connection = duckdb.connect(":memory:", config=OFFLINE)
    try:
        execute(connection, f"attach {literal(str(path))} as panel (read_only)")
        execute(connection, "use panel")
        yield connection
    finally:
        connection.close()


def read_published(path: Path, sql: str, parameters: dict[str, Any] | list[Any] | None = None) -> pl.DataFrame:
    """Return the rows of a query on the published file as it is now."""
    with connect_published(path) as connection:
        return read(connection, sql, parameters)


def answer(path: Path, query: str) -> pl.DataFrame:
    """Return the rows of somebody's query on the published file.

    Raises:
        UsageError: nothing is published yet, or the query cannot be run, or is none.
    """
    try:
        with connect_published(path) as connection:
            found = connection.sql(query)
            if found is not None:
                rows: pl.DataFrame = found.pl()
                return rows
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be run on the published file. {error}") from error
    raise UsageError("the query asks for nothing, expected one such as: from estimates. `from examples` lists more.")


def _write(connection: duckdb.DuckDBPyConnection, new: Path, *, in_full: bool) -> None:
    """Write the marts, in the order of their names, and one table of responses for each survey."""
    for left_over in (new, new.with_name(new.name + ".wal")):
        left_over.unlink(missing_ok=True)
    execute(connection, f"attach {literal(str(new))} as {_NEW} (storage_version {literal(STORAGE_VERSION)})")
    try:
        with transaction(connection):
            _copy_tables(connection, in_full=in_full)
        with _in_use(connection, _NEW), transaction(connection):
            _create_views(connection)
            create_macros(connection)
        execute(connection, f"checkpoint {_NEW}")
    finally:
        execute(connection, f"detach {_NEW}")


def _copy_tables(connection: duckdb.DuckDBPyConnection, *, in_full: bool) -> None:
    shown = set() if in_full else set(read(connection, _SHOWN, [SAFE])["table_name"])
    for model in model_files("marts"):
        sql = model.read_text(encoding="utf-8") if in_full else safe_text(model.stem)
        if not is_view(sql):
            source = f"{SAFE if model.stem in shown else 'marts'}.{model.stem}"
            left_out = _empty_columns(connection, source, sql)
            kept = f"* exclude ({', '.join(left_out)})" if left_out else "*"
            comment = table_comment(sql)
            columns = {name: text for name, text in comment.columns.items() if name not in left_out}
            _copy_table(connection, model.stem, f"select {kept} from {source}", replace(comment, columns=columns))
    for survey in surveys_with_answers(connection):
        name, sql, comment = responses_table(connection, survey, "participation" in shown)
        _copy_table(connection, name, sql, comment)


def _empty_columns(connection: duckdb.DuckDBPyConnection, source: str, sql: str) -> list[str]:
    """Return the columns that a model says are left out where no survey shows them, if none does."""
    named = _LEFT_OUT.search(sql)
    columns = named[1].split(", ") if named else []
    return [one for one in columns if read_count(connection, f"select count({one}) from {source}") == 0]


def _copy_table(connection: duckdb.DuckDBPyConnection, name: str, sql: str, comment: TableComment) -> None:
    table = f"{_NEW}.main.{quoted(name)}"
    execute(connection, f"create table {table} as {sql}")
    _comment(connection, "table", table, comment)


def _comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, comment: TableComment) -> None:
    execute(connection, f"comment on {kind} {name} is {literal(comment.table)}")
    for column, text in comment.columns.items():
        execute(connection, f"comment on column {name}.{quoted(column)} is {literal(text)}")


def _create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the marts that are views as views of the published tables."""
    for model in model_files("marts"):
        sql = model.read_text(encoding="utf-8")
        if is_view(sql):
            execute(connection, f"create view {model.stem} as {sql.replace('marts.', '')}")
            _comment(connection, "view", model.stem, table_comment(sql))


@contextmanager
def _in_use(connection: duckdb.DuckDBPyConnection, database: str) -> Iterator[None]:
    """Make names without a database mean those of this one, for the length of a `with` block."""
    before = str(connection.execute("select current_database()").fetchall()[0][0])
    execute(connection, f"use {quoted(database)}")
    try:
        yield
    finally:
        execute(connection, f"use {quoted(before)}")
