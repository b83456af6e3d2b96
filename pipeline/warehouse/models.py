"""The SQL models: which there are, in which order they run, and the checks of what they made."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import polars as pl

from pipeline.fingerprint import text_hash
from pipeline.warehouse.connection import SQL_FOLDER, execute, literal, transaction
from pipeline.warehouse.staging_tables import (
    Source,
    accepted_deliveries,
    build_staging_tables,
    rewrite_staging_tables,
    selects_of,
)
from pipeline.warehouse.wave_parts import Parts, by_wave, changed, is_by_model, parts_made, remember_parts, selecting

MARTS, CHECKS = "marts", "checks"
SAFE = "safe"  # schema of what the file for researchers shows otherwise than the marts
_OF_MARTS = re.compile(r"\bmarts\.(\w+)")
_OF_DELIVERIES = re.compile(
    r"\b(?:staging\.delivered_rows|staging\.answers|core\.understood_answers|core\.answers)\b(?!\.)"
)
_BY_WAVE = "-- Key: survey, wave"  # how the line of the key begins where rows come of their wave's deliveries
_VIEW = "-- A view"  # how a line of a model's header begins that is no table


def build(connection: duckdb.DuckDBPyConnection) -> None:
    """Rebuild staging and core from deliveries and definitions, in one transaction."""
    with transaction(connection):
        build_staging_tables(connection)
        for schema in ("staging", "core"):
            _run_models(connection, schema)


def build_staging(
    connection: duckdb.DuckDBPyConnection, sources: Collection[Source], *, with_members: bool = False
) -> None:
    """Rewrite the rows that staging has of these sources (survey, wave or other), in one transaction.

    What is known of members is made anew where they are told of, `with_members`; their sources are then among these.
    """
    with transaction(connection):
        rewrite_staging_tables(connection, sources)
        _rewrite(connection, "staging", sources, with_members=with_members)


def build_members(connection: duckdb.DuckDBPyConnection) -> None:
    """Rebuild what core knows of members from staging, in one transaction."""
    with transaction(connection):
        _rewrite(connection, "core", (), with_members=True)


def build_waves(connection: duckdb.DuckDBPyConnection, waves: Collection[Source]) -> None:
    """Rewrite the rows that core has of these waves (survey, wave) from staging, in one transaction."""
    with transaction(connection):
        _rewrite(connection, "core", waves, with_members=False)


def answers_of(connection: duckdb.DuckDBPyConnection, survey: str, wave: str) -> str:
    """Return the rows of core.answers of one wave, as a query that looks at the deliveries of no other."""
    return _only_of(connection, [(survey, wave)])("core.answers")


def build_marts(connection: duckdb.DuckDBPyConnection) -> None:
    """Rebuild what is published from core, analysis and the log, in full and as it is shown to many, in one go.

    Of tables made by wave only the rows of waves of which something changed.
    """
    with transaction(connection):
        for path in run_order(MARTS):
            _make_mart(connection, path)
        build_safe(connection)


def run_checks(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return `check, n_offending, message`, one row for each file of sql/checks; 0 is good."""
    rows = []
    for path in model_files(CHECKS):
        sql = path.read_text(encoding="utf-8")
        n_offending = _count_offending(connection, path.stem, sql)
        rule = sql.splitlines()[0].removeprefix("-- ")
        found = "1 row breaks" if n_offending == 1 else f"{n_offending:,} rows break"
        message = rule if n_offending == 0 else f"{found} the rule: {rule}"
        rows.append({"check": path.stem, "n_offending": n_offending, "message": message})
    return pl.DataFrame(rows)


def model_files(folder: str) -> list[Path]:
    """Return the SQL files of one folder of sql/, by name."""
    return sorted((SQL_FOLDER / folder).glob("*.sql"))


def example_scripts() -> list[Path]:
    """Return the scripts that get a published figure again in other tools, by name."""
    return sorted(path for path in (SQL_FOLDER / "examples").iterdir() if path.suffix in (".R", ".py"))


@cache
def run_order(schema: str) -> list[Path]:
    """Return the models of a schema, each after those of the schema that it reads."""
    files = {f"{schema}.{path.stem}": path for path in model_files(schema)}
    with duckdb.connect(":memory:") as nowhere:
        reads = {name: tables_read(nowhere, path.read_text(encoding="utf-8")) for name, path in files.items()}
    order = TopologicalSorter({name: sorted(reads[name] & files.keys()) for name in files}).static_order()
    return [files[name] for name in order]


def tables_read(nowhere: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """Return the tables a query reads, `schema.table`.

    Asked of an empty database, so that the answer never depends on which tables exist already.
    """
    return {name.split(" ")[0] for name in nowhere.get_table_names(sql, qualified=True)}


def is_view(sql: str) -> bool:
    """Return whether a model says in its header that it is a view."""
    return f"\n{_VIEW}" in sql


def run_model(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Rebuild the table, or view, of one model, `sql/<schema>/<table>.sql`."""
    sql = path.read_text(encoding="utf-8")
    kind = "view" if is_view(sql) else "table"
    execute(connection, f"create or replace {kind} {path.parent.name}.{path.stem} as\n{sql}")


def read_count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Return the one number a query counts."""
    return int(connection.execute(sql).fetchall()[0][0])


def build_safe(connection: duckdb.DuckDBPyConnection) -> None:
    """Rebuild the marts that the file for researchers shows otherwise than the working store, in schema `safe`.

    Of some sql/safe has a model of its own; those that read one of these are made again from it.
    """
    execute(connection, f"drop schema if exists {SAFE} cascade")
    execute(connection, f"create schema {SAFE}")
    texts = {path.stem: safe_text(path.stem) for path in model_files("marts")}
    own = {path.stem for path in model_files(SAFE)}
    with duckdb.connect(":memory:") as nowhere:
        reads = {name: {table.split(".")[-1] for table in _of_marts(nowhere, sql)} for name, sql in texts.items()}
    made: set[str] = set()
    for name in TopologicalSorter({name: sorted(reads[name] - {name}) for name in texts}).static_order():
        if name in own or reads[name] & made:
            sql = _OF_MARTS.sub(lambda found: f"{SAFE}.{found[1]}" if found[1] in made else found[0], texts[name])
            kind = "view" if is_view(sql) else "table"
            execute(connection, f"create {kind} {SAFE}.{name} as\n{sql}")
            made.add(name)


def safe_text(mart: str) -> str:
    """Return the model of a mart as the file for researchers shows it: that of sql/safe, if there is one."""
    own = SQL_FOLDER / SAFE / f"{mart}.sql"
    path = own if own.exists() else SQL_FOLDER / "marts" / f"{mart}.sql"
    return path.read_text(encoding="utf-8")


def _text(model: str) -> str:
    return (SQL_FOLDER / f"{model.replace('.', '/')}.sql").read_text(encoding="utf-8")


def _of_marts(nowhere: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    return {table for table in tables_read(nowhere, sql) if table.split(".")[0] in ("marts", SAFE)}


def _rewrite(
    connection: duckdb.DuckDBPyConnection, schema: str, waves: Collection[Source], *, with_members: bool
) -> None:
    """Make the tables of a schema anew: of those by waves, their rows; of those of members, all if asked to."""
    models = [(path, path.read_text(encoding="utf-8")) for path in run_order(schema)]
    narrow = _only_of(connection, waves)
    for path, sql in models:
        if is_view(sql):
            continue
        if f"\n{_BY_WAVE}" in sql:
            _rewrite_waves(connection, f"{schema}.{path.stem}", narrow(sql), selecting(waves))
        elif with_members:
            execute(connection, f"create or replace table {schema}.{path.stem} as\n{narrow(sql)}")


def _rewrite_waves(
    connection: duckdb.DuckDBPyConnection, table: str, sql: str, selected: Iterable[tuple[str, str]]
) -> None:
    for survey, of_waves in selected:
        those = f"survey = {literal(survey)} and {of_waves}"
        execute(connection, f"delete from {table} where {those}")
        execute(connection, f"insert into {table} by name select * from (\n{sql}) where {those}")


def _make_mart(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Rebuild a mart; of one made by wave only what changed since, unless its model is another."""
    sql = path.read_text(encoding="utf-8")
    made_by = by_wave(sql)
    if made_by is None:
        run_model(connection, path)
        return
    model = text_hash(sql)
    made, now = parts_made(connection, MARTS, path.stem), made_by.parts(connection, model)
    if is_by_model(made, model):
        sources = changed(made, now)
        narrow = _only_of(connection, sources)
        _rewrite_waves(connection, f"{MARTS}.{path.stem}", narrow(sql), selecting(sources, made_by.column))
    else:
        run_model(connection, path)
    remember_parts(connection, MARTS, path.stem, now)


def _count_offending(connection: duckdb.DuckDBPyConnection, check: str, sql: str) -> int:
    """Return how many rows break a check; of one made by wave only changed waves are looked at again."""
    made_by = by_wave(sql)
    if made_by is None:
        return read_count(connection, f"select count(*) from (\n{sql})")
    made, now = parts_made(connection, CHECKS, check), made_by.parts(connection, text_hash(sql))
    sources = changed(made, now)
    narrow = _only_of(connection, sources)
    found = {
        (survey, wave): n_rows
        for survey, of_waves in selecting(sources, made_by.column)
        for wave, n_rows in connection.execute(
            f"select {made_by.column}, count(*) from (\n{narrow(sql)}) "
            f"where survey = {literal(survey)} and {of_waves} group by {made_by.column}"
        ).fetchall()
    }
    counted: Parts = {
        source: replace(part, n_rows=found.get(source, 0)) if source in sources else made[source]
        for source, part in now.items()
    }
    remember_parts(connection, CHECKS, check, counted)
    return sum(part.n_rows or 0 for part in counted.values())


def _only_of(connection: duckdb.DuckDBPyConnection, sources: Collection[Source]) -> Callable[[str], str]:
    """Return what lets a model read the deliveries of these sources where it reads the views of all."""
    views = selects_of(accepted_deliveries(connection, sources))

    def narrow(sql: str) -> str:
        return _OF_DELIVERIES.sub(lambda found: f"(\n{narrow(views.get(found[0]) or _text(found[0]))}\n)", sql)

    return narrow


def _run_models(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    for path in run_order(schema):
        run_model(connection, path)
