"""The file that researchers open: written beside the old one, then put in its place in one step."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipeline.errors import UsageError
from pipeline.warehouse.comments import TableComment, table_comment
from pipeline.warehouse.connection import OFFLINE, execute, literal, quoted, read, transaction
from pipeline.warehouse.macros import create_macros, create_replicate_sums
from pipeline.warehouse.models import MARTS, is_view, model_files
from pipeline.warehouse.published_tables import PublishedTable, published_tables
from pipeline.warehouse.snapshots import keep_snapshot, sync
from pipeline.warehouse.taking_over import drop_others, remember_tables, renew_rows, shows_what_is_gone, tables_kept
from pipeline.warehouse.wave_parts import Parts

STORAGE_VERSION = "v1.2.0"  # of the file: DuckDB 1.2 and later read it, and 1.5 and later its macros (RESULTS.md)
MOST_FREE = 1 / 3  # of a published file that is written on
OWNER_ONLY = 0o600
_FREE = "select free_blocks / total_blocks as share from pragma_database_size() where database_name = ?"
_NEW = "publication"  # name of the new file while it is attached


def publish(connection: duckdb.DuckDBPyConnection, path: Path, *, snapshot_name: str, in_full: bool = False) -> None:
    """Replace a published file by one made of the marts; readers see the old one or the new one, whole.

    Rows of waves that the old file has as they should be are taken over from it, unless somebody changed it, or it
    tells of members what is to be told no more. A copy stays in `snapshots/<snapshot_name>.duckdb` beside it: the same
    file under a second name where the file system can do that.

    Args:
        in_full: what members' rows show is not coarsened: only for a folder that is its owner's alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = published_tables(connection, in_full=in_full, storage_version=STORAGE_VERSION)
    new = path.with_name(f".{path.name}.new")
    kept = tables_kept(connection, path, tables)
    if not (kept and _write_on(connection, path, new, tables, kept)):
        _write_anew(connection, new, tables)
    if in_full:
        os.chmod(new, OWNER_ONLY)
    sync(new)
    keep_snapshot(new, path, snapshot_name)
    os.replace(new, path)
    sync(path.parent)
    remember_tables(connection, path, tables)


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


def _write_anew(connection: duckdb.DuckDBPyConnection, new: Path, tables: list[PublishedTable]) -> None:
    """Write tables, views and macros into a new file."""
    _remove(new)
    with _attached(connection, new):
        with transaction(connection):
            for table in tables:
                _create_table(connection, table)
        with _in_use(connection, _NEW), transaction(connection):
            _create_views(connection)
            create_macros(connection)


def _write_on(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    new: Path,
    tables: list[PublishedTable],
    kept: Mapping[str, Parts],
) -> bool:
    """Write what is new into a copy of the file before, which has all views and macros; return whether that may be."""
    _remove(new)
    shutil.copyfile(path, new)
    with _attached(connection, new):
        is_full_of_holes = read(connection, _FREE, [_NEW])["share"].item() > MOST_FREE
        if is_full_of_holes or shows_what_is_gone(connection, _NEW, tables, kept):
            return False
        drop_others(connection, _NEW, kept)
        with transaction(connection):
            for table in tables:
                if table.name in kept:
                    renew_rows(connection, _NEW, table, kept[table.name])
                else:
                    _create_table(connection, table)
        with _in_use(connection, _NEW), transaction(connection):
            create_replicate_sums(connection)  # there may be more replicates, or fewer
    return True


def _remove(new: Path) -> None:
    for left_over in (new, new.with_name(new.name + ".wal")):
        left_over.unlink(missing_ok=True)


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, new: Path) -> Iterator[None]:
    """Attach the new file for the length of a `with` block, at the end of which all of it is on disk."""
    execute(connection, f"attach {literal(str(new))} as {_NEW} (storage_version {literal(STORAGE_VERSION)})")
    try:
        yield
        execute(connection, f"checkpoint {_NEW}")
    finally:
        execute(connection, f"detach {_NEW}")


def _create_table(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> None:
    target = f"{_NEW}.main.{quoted(table.name)}"
    execute(connection, f"create table {target} as {table.select('true')}")
    _comment(connection, "table", target, table.comment)


def _comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, comment: TableComment) -> None:
    execute(connection, f"comment on {kind} {name} is {literal(comment.table)}")
    for column, text in comment.columns.items():
        execute(connection, f"comment on column {name}.{quoted(column)} is {literal(text)}")


def _create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the marts that are views as views of the published tables."""
    for model in model_files(MARTS):
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
