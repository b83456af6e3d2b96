"""Which rows of a table by waves are still as they were made: a version of each wave's rows, kept for each place."""

import re
from collections.abc import Collection, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.warehouse.connection import delete_rows, execute, insert_rows, literal, read, rows_hash
from pipeline.warehouse.staging_tables import Source

TABLE = "log.wave_parts"
FEW_WAVES = 3  # rewritten one by one
_BY_WAVE = re.compile(r"^-- Made by (\w+) of (\w+\.\w+)\.$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """The rows of a wave: hashes of the model and of what else they were made of; of a check, how many break it."""

    model: str
    version: str
    n_rows: int | None = None


Parts = dict[Source, Part]


@dataclass(frozen=True)
class ByWave:
    """How a model's rows come wave by wave: which column names the wave, and a table whose rows tell of a change."""

    column: str
    source: str

    def parts(self, connection: duckdb.DuckDBPyConnection, model: str) -> Parts:
        """Return the parts as they would be made now, by a model of this hash."""
        rows = read(
            connection,
            f"select survey, {self.column} as wave, {rows_hash('whole_row')} as version "
            f"from {self.source} as whole_row group by survey, {self.column}",
        )
        return {(survey, wave): Part(model, version) for survey, wave, version in rows.iter_rows()}


def by_wave(sql: str) -> ByWave | None:
    """Return how a model's rows come by wave, as the line `-- Made by <column> of <table>.` says, None without it."""
    found = _BY_WAVE.search(sql)
    return ByWave(found[1], found[2]) if found else None


def parts_made(connection: duckdb.DuckDBPyConnection, place: str, name: str) -> Parts:
    """Return the parts that a table, or check, of a place was last made with; none where it never was."""
    rows = read(
        connection,
        f"select survey, wave, model, version, n_rows from {TABLE} where place = ? and name = ?",
        [place, name],
    )
    return {(survey, wave): Part(*part) for survey, wave, *part in rows.iter_rows()}


def remember_parts(connection: duckdb.DuckDBPyConnection, place: str, name: str, parts: Parts) -> None:
    """Remember the parts that a table, or check, of a place was made with."""
    rows = [(place, name, *source, *astuple(part)) for source, part in parts.items()]
    columns = ["place", "name", "survey", "wave", "model", "version", "n_rows"]
    delete_rows(connection, TABLE, place=place, name=name)
    insert_rows(connection, TABLE, pl.DataFrame(rows, columns, orient="row"))


def forget_parts(connection: duckdb.DuckDBPyConnection, file: Path | None = None) -> None:
    """Forget what parts were made with, so that all are made again: those of a published file, None of every place."""
    whose = f"{file.resolve()}:" if file else ""
    execute(connection, f"delete from {TABLE} where starts_with(place, ?)", [whose])


def is_by_model(made: Parts, model: str) -> bool:
    """Return whether there are parts, all made by a model of this hash."""
    return bool(made) and all(part.model == model for part in made.values())


def changed(made: Parts, now: Parts) -> set[Source]:
    """Return the waves whose rows are to be made again, or to go."""
    return {
        source
        for source in made.keys() | now.keys()
        if source not in made
        or source not in now
        or (made[source].model, made[source].version) != (now[source].model, now[source].version)
    }


def selecting(sources: Collection[Source], column: str = "wave") -> Iterator[tuple[str, str]]:
    """Yield surveys with conditions that select these waves of theirs.

    Few waves come one by one, as DuckDB reads no rows of others then; many in one go.
    """
    for survey in sorted({survey for survey, _ in sources}):
        waves = [literal(wave) for of, wave in sorted(sources) if of == survey]
        if len(waves) <= FEW_WAVES:
            yield from ((survey, f"{column} = {wave}") for wave in waves)
        else:
            yield survey, f"{column} in ({', '.join(waves)})"
