"""Which tables the published file has: of each its name, its rows as a query, and its comments."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

import duckdb

from pipeline.fingerprint import text_hash
from pipeline.warehouse.comments import TableComment, table_comment
from pipeline.warehouse.connection import SQL_FOLDER, read, rows_hash
from pipeline.warehouse.models import MARTS, SAFE, is_view, model_files, read_count, safe_text
from pipeline.warehouse.responses import responses_table, surveys_with_answers
from pipeline.warehouse.wave_parts import ByWave, Parts, by_wave, parts_made

MEMBER = "panel_member_id"
_SHOWN = "select table_name from duckdb_tables() where schema_name = ? and database_name = current_database()"
_LEFT_OUT = re.compile(r"^-- Left out where no survey shows them: (.+?)\.?$", re.MULTILINE)
_HIDING = (  # where it is declared, or was found, what is shown of members, and how closely
    *("definitions.surveys", "definitions.items", "definitions.answer_options"),
    *("definitions.domains", "definitions.domain_values", "definitions.key_variables", "analysis.shown_categories"),
)


@dataclass(frozen=True)
class PublishedTable:
    """A table of the published file."""

    name: str
    select: Callable[[str], str]  # its rows, by the condition that selects waves
    comment: TableComment
    survey: str | None = None  # whose rows alone it has, without a column for it
    column: str = ""  # that names the wave, where it is made by wave
    parts: Parts = field(default_factory=dict)

    @property
    def is_of_members(self) -> bool:
        """Return whether its rows are of single members."""
        return MEMBER in self.comment.columns


def published_tables(
    connection: duckdb.DuckDBPyConnection, *, in_full: bool, storage_version: str
) -> list[PublishedTable]:
    """Return the marts, in the order of their names, and one table of responses for each survey."""
    shown = set() if in_full else set(read(connection, _SHOWN, [SAFE])["table_name"])
    schemas = {model.stem: SAFE if model.stem in shown else MARTS for model in model_files(MARTS)}
    made_by = text_hash(storage_version, _models(), [_content(connection, table) for table in _HIDING])
    tables = []
    for name, schema in schemas.items():
        sql = (SQL_FOLDER / MARTS / f"{name}.sql").read_text(encoding="utf-8") if in_full else safe_text(name)
        if not is_view(sql):
            tables.append(_mart(connection, f"{schema}.{name}", sql, made_by))
    participation = f"{schemas['participation']}.participation"
    return tables + [
        _responses(connection, survey, participation, made_by) for survey in surveys_with_answers(connection)
    ]


def _mart(connection: duckdb.DuckDBPyConnection, source: str, sql: str, made_by: str) -> PublishedTable:
    schema, name = source.split(".")
    left_out = _empty_columns(connection, source, sql)
    kept = f"* exclude ({', '.join(left_out)})" if left_out else "*"
    comment = table_comment(sql)
    columns = {column: text for column, text in comment.columns.items() if column not in left_out}
    waves = by_wave(sql)
    made = parts_made(connection, schema, name) if waves else {}
    return PublishedTable(
        name,
        lambda those: f"select {kept} from {source} where {those}",
        replace(comment, columns=columns),
        column=waves.column if waves else "",
        parts={wave: replace(part, model=text_hash(made_by, kept)) for wave, part in made.items()},
    )


def _responses(connection: duckdb.DuckDBPyConnection, survey: str, participation: str, made_by: str) -> PublishedTable:
    name, select, comment = responses_table(connection, survey, participation)
    answered = parts_made(connection, MARTS, "answers")
    interviewed = ByWave("wave", participation).parts(connection, text_hash(made_by, select("true")))
    parts = {
        wave: replace(part, version=f"{part.version}-{answered[wave].version}")
        for wave, part in interviewed.items()
        if wave in answered and wave[0] == survey
    }
    return PublishedTable(name, select, comment, survey=survey, column="wave", parts=parts)


def _empty_columns(connection: duckdb.DuckDBPyConnection, source: str, sql: str) -> list[str]:
    """Return the columns that a model says are left out where no survey shows them, if none does."""
    named = _LEFT_OUT.search(sql)
    columns = named[1].split(", ") if named else []
    return [one for one in columns if read_count(connection, f"select count({one}) from {source}") == 0]


def _content(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Return what tells a table's rows from others."""
    return str(read(connection, f"select {rows_hash('whole_row')} from {table} as whole_row").item())


@cache
def _models() -> str:
    """Return a hash of what every table, view and macro of the file is made by."""
    paths = [path for folder in (MARTS, SAFE, "macros") for path in model_files(folder)]
    return text_hash([path.read_text(encoding="utf-8") for path in paths])
