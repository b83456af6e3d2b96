"""Public files made from the published file: the trend explorer of all released waves, and each one's tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.releases import latest_release
from flows.run_context import current
from pipeline import run_log, warehouse
from pipeline.fingerprint import text_hash
from pipeline.settings import Workspace
from reports.explorer import render_explorer
from reports.tables import render_tables

TABLES = "tables.xlsx"
EXPLORER = Path("public") / "explorer" / "index.html"


@task(task_run_name="explorer", cache_policy=NO_CACHE)
def write_explorer_page() -> None:
    """Write the trend explorer, once a wave is let out."""
    write_explorer(current().workspace)


def write_explorer(workspace: Workspace) -> Path | None:
    """Make the trend explorer from the published file and return where it is; None while no wave is let out."""
    with published_reader(workspace) as read:
        page = render_explorer(read)
    if page is None:
        return None
    run_log.replace_text(workspace.published / EXPLORER, page)
    return workspace.published / EXPLORER


@task(task_run_name="tables-{survey}-{wave}", cache_policy=NO_CACHE)
def write_tables_of(survey: str, wave: str) -> None:
    """Write the tables of a released wave, unless they were made from the same release by the same code."""
    night = current()
    release = latest_release(night, survey, wave)
    if release is None:
        return
    is_out = release.is_approved
    folder = tables_folder(night.workspace, survey, wave, is_out=is_out)
    inputs = text_hash(night.code_version, night.definitions_hash[survey], release)
    step = f"tables-{wave}"
    if (folder / TABLES).exists() and warehouse.step_inputs(night.connection, survey, step) == inputs:
        return
    write_tables(night.workspace, survey, wave, is_out=is_out)
    warehouse.remember_step(night.connection, survey, step, inputs)


def tables_folder(workspace: Workspace, survey: str, wave: str, *, is_out: bool) -> Path:
    """Return where a wave's tables lie: beside its newsletter, which is a draft until it is approved."""
    return (workspace.published / "public" if is_out else workspace.drafts) / survey / wave


def write_tables(workspace: Workspace, survey: str, wave: str, *, is_out: bool) -> Path:
    """Make the tables of a wave from the published file and return where the workbook is.

    Raises:
        DefinitionError: no such survey or wave is published.
    """
    with published_reader(workspace) as read:
        files = render_tables(read, survey, wave)
    folder = tables_folder(workspace, survey, wave, is_out=is_out)
    for name, content in files.items():
        run_log.replace_bytes(folder / name, content)
    return folder / TABLES


@contextmanager
def published_reader(workspace: Workspace) -> Iterator[Callable[[str, list[Any]], pl.DataFrame]]:
    """Open the published file for a report: SQL and its parameters in, rows out."""
    with warehouse.connect_published(workspace.published_file) as connection:

        def read(sql: str, parameters: list[Any]) -> pl.DataFrame:
            return warehouse.read(connection, sql, parameters)

        yield read
