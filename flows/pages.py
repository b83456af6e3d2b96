"""The public pages that tell of all released waves at once, made from the published file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import run_log, warehouse
from pipeline.settings import Workspace
from reports.explorer import render_explorer

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


@contextmanager
def published_reader(workspace: Workspace) -> Iterator[Callable[[str, list[Any]], pl.DataFrame]]:
    """Open the published file for a report: SQL and its parameters in, rows out."""
    with warehouse.connect_published(workspace.published_file) as connection:

        def read(sql: str, parameters: list[Any]) -> pl.DataFrame:
            return warehouse.read(connection, sql, parameters)

        yield read
