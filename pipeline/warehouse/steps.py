"""What each step of the night last worked on, so that it is done again only when that has changed."""

import duckdb
import polars as pl

from pipeline.warehouse.connection import read, replace_rows


def step_inputs(connection: duckdb.DuckDBPyConnection, survey: str, step: str) -> str | None:
    """Return what a survey's step worked on when it was last done, None when it never was."""
    rows = read(connection, "select inputs from log.steps where survey = ? and step = ?", [survey, step])
    return str(rows["inputs"][0]) if rows.height else None


def steps_done(connection: duckdb.DuckDBPyConnection, survey: str) -> dict[str, str]:
    """Return what each step of a survey worked on when it was last done."""
    return dict(read(connection, "select step, inputs from log.steps where survey = ?", [survey]).iter_rows())


def remember_step(connection: duckdb.DuckDBPyConnection, survey: str, step: str, inputs: str) -> None:
    """Remember that a survey's step was done with these inputs."""
    row = pl.DataFrame({"survey": [survey], "step": [step], "inputs": [inputs]})
    replace_rows(connection, "log.steps", row, survey=survey, step=step)
