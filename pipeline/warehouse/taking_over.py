"""What a new published file takes over from the one before: rows of waves that are there as they should be."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from pipeline.warehouse.connection import execute, literal, quoted, read, transaction
from pipeline.warehouse.published_tables import MEMBER, PublishedTable
from pipeline.warehouse.wave_parts import (
    Parts,
    changed,
    forget_parts,
    is_by_model,
    parts_made,
    remember_parts,
    selecting,
)

_STANDS = {"panel_members": f"survey, {MEMBER}", "member_profile": "*"}  # told of members; what else is, may change
_TABLES = "select table_name from duckdb_tables() where database_name = ?"
_FOUND = "select exists (select 1 from ({})) as is_found"


def tables_kept(connection: duckdb.DuckDBPyConnection, path: Path, tables: list[PublishedTable]) -> dict[str, Parts]:
    """Return the tables made by wave that the published file has as the same models made them, with their parts.

    None of a file that was changed since.
    """
    place = _place(path) if path.is_file() else ""
    kept = {}
    for table in tables:
        made = parts_made(connection, place, table.name) if table.parts else {}
        if made and is_by_model(made, next(iter(table.parts.values())).model):
            kept[table.name] = made
    return kept


def remember_tables(connection: duckdb.DuckDBPyConnection, path: Path, tables: list[PublishedTable]) -> None:
    """Remember of what the published file, as it is now, was made."""
    with transaction(connection):
        forget_parts(connection, file=path)
        for table in tables:
            if table.parts:
                remember_parts(connection, _place(path), table.name, table.parts)


def shows_what_is_gone(
    connection: duckdb.DuckDBPyConnection, database: str, tables: list[PublishedTable], kept: Mapping[str, Parts]
) -> bool:
    """Return whether a published file tells of a member, a member's profile or an answer what is to be told no more.

    Rows that are deleted in a file can be found in it still, so such a file is not to be written on.

    Args:
        database: name of the file before, while it is attached.
    """
    for table in tables:
        target = _target(database, table)
        if table.name in _STANDS:
            told = _STANDS[table.name]
            gone = f"select {told} from {target} except select {told} from ({table.select('true')})"
            if read(connection, _FOUND.format(gone)).item():
                return True
        if not table.is_of_members or table.name not in kept:
            continue
        known = {wave for wave in changed(kept[table.name], table.parts) if wave in kept[table.name]}
        for those, of_target in _selected(table, known):
            gone = f"(select * from {target} where {of_target}) except all ({table.select(those)})"
            if read(connection, _FOUND.format(gone)).item():
                return True
    return False


def drop_others(connection: duckdb.DuckDBPyConnection, database: str, kept: Mapping[str, Parts]) -> None:
    """Drop the tables that are not kept, and give their room to those that come in their place."""
    for name in set(read(connection, _TABLES, [database])["table_name"]) - kept.keys():
        execute(connection, f"drop table {database}.main.{quoted(name)}")
    execute(connection, f"checkpoint {database}")


def renew_rows(connection: duckdb.DuckDBPyConnection, database: str, table: PublishedTable, made: Parts) -> None:
    """Bring a table that is kept up to date; of members' rows, which all stand still, by adding those that are new."""
    target = _target(database, table)
    waves = changed(made, table.parts)
    if table.is_of_members:
        for those, of_target in _selected(table, waves & made.keys()):
            added = f"({table.select(those)}) except all (select * from {target} where {of_target})"
            execute(connection, f"insert into {target} select * from ({added}) order by all")
        waves -= made.keys()
    for those, of_target in _selected(table, waves):
        execute(connection, f"delete from {target} where {of_target}")
        execute(connection, f"insert into {target} {table.select(those)}")


def _selected(table: PublishedTable, waves: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the conditions that select waves where a table's rows come from, and in the table."""
    of_survey = [(f"survey = {literal(survey)}", of_waves) for survey, of_waves in selecting(waves, table.column)]
    return [(f"{of} and {waves}", waves if table.survey else f"{of} and {waves}") for of, waves in of_survey]


def _target(database: str, table: PublishedTable) -> str:
    return f"{database}.main.{quoted(table.name)}"


def _place(path: Path) -> str:
    """Return the place that a published file is: one that was changed since is another."""
    facts = path.stat()
    return f"{path.resolve()}:{facts.st_size}-{facts.st_mtime_ns}"
