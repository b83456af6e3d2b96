"""What each step of the night last worked on, so that it is done again only when that has changed."""

import duckdb
import polars as pl

from pipeline.warehouse.connection import execute, insert_rows, read, replace_rows, transaction

_OF_KIND = "(step = $kind or starts_with(step, $kind || '-'))"


def step_inputs(connection: duckdb.DuckDBPyConnection, survey: str, step: str) -> str | None:
    """Return what a survey's step worked on when it was last done, None when it never was."""
    rows = read(connection, "select inputs from log.steps where survey = ? and step = ?", [survey, step])
    return str(rows["inputs"][0]) if rows.height else None


def steps_done(connection: duckdb.DuckDBPyConnection, survey: str) -> dict[str, str]:
    """Return what each step of a survey worked on when it was last done."""
    return dict(read(connection, "select step, inputs from log.steps where survey = ?", [survey]).iter_rows())


def steps_of_kind(connection: duckdb.DuckDBPyConnection, kind: str) -> dict[tuple[str, str], str]:
    """Return what each step of a kind worked on, by survey and step: `kind`, and those that begin with `kind-`."""
    rows = read(connection, f"select survey, step, inputs from log.steps where {_OF_KIND}", {"kind": kind})
    return {(survey, step): inputs for survey, step, inputs in rows.iter_rows()}


def replace_steps(connection: duckdb.DuckDBPyConnection, kind: str, inputs: dict[tuple[str, str], str]) -> None:
    """Remember what each step of a kind was done with, and forget all others of it."""
    rows = [(survey, step, done_with) for (survey, step), done_with in inputs.items()]
    with transaction(connection):
        execute(connection, f"delete from log.steps where {_OF_KIND}", {"kind": kind})
        insert_rows(connection, "log.steps", pl.DataFrame(rows, ["survey", "step", "inputs"], orient="row"))


def remember_step(connection: duckdb.DuckDBPyConnection, survey: str, step: str, inputs: str) -> None:
    """Remember that a survey's step was done with these inputs."""
    row = pl.DataFrame({"survey": [survey], "step": [step], "inputs": [inputs]})
    replace_rows(connection, "log.steps", row, survey=survey, step=step)
