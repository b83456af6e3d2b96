"""Running the GSS panel through the command line, and comparing published tables with the oracle's rows."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import yaml

from tests.golden import gss_oracle as oracle
from tests.golden.gss_cohort import Cohort

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """One cohort, delivered and published."""

    cohort: Cohort
    items: oracle.Items
    is_2006: bool
    output: str
    workspace: Path
    published: duckdb.DuckDBPyConnection

    def table(self, query: str) -> pl.DataFrame:
        """Return the rows of a query on the published file."""
        rows: pl.DataFrame = self.published.sql(query).pl()
        return rows


def panel(folder: Path, *arguments: str) -> str:
    """Run the command line as a user would, and return what it prints; it must exit 0."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"panel {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def environment() -> dict[str, str]:
    """Return an environment in which the checkout is importable from anywhere."""
    return os.environ | {"PYTHONPATH": str(CHECKOUT)}


def published_items(connection: duckdb.DuckDBPyConnection) -> oracle.Items:
    """Return the published items of the survey with the headlines its definition declares."""
    declared = yaml.safe_load((CHECKOUT / "surveys/gss_panel/items.yml").read_text())["items"]
    published = connection.sql("select distinct item from items where survey = 'gss_panel'").fetchall()
    return {item: declared[item].get("headline", {}) for (item,) in published}


def frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pl.DataFrame:
    """Return the oracle's rows as a table."""
    return pl.DataFrame(list(rows), infer_schema_length=None).select(columns)


def assert_same(
    ours: pl.DataFrame, published: pl.DataFrame, keys: list[str], figures: list[str], tolerance: float = 1e-9
) -> None:
    """Find the same keys in both tables, and in every row the same figures, nulls included."""
    missing, extra = ours.join(published, on=keys, how="anti"), published.join(ours, on=keys, how="anti")
    assert missing.is_empty(), f"{missing.height} rows are not published, such as {missing.select(keys).head(5).rows()}"
    assert extra.is_empty(), f"{extra.height} rows should not be published, such as {extra.select(keys).head(5).rows()}"
    both = ours.join(published, on=keys, suffix="_published", validate="1:1")
    for figure in figures:
        expected = both[figure].cast(pl.Float64)
        found = both[f"{figure}_published"].cast(pl.Float64)
        scale = expected.abs().clip(lower_bound=1.0)
        is_off = (expected.is_null() != found.is_null()) | ((expected - found).abs() > tolerance * scale)
        worst = both.filter(is_off.fill_null(False)).select(*keys, figure, f"{figure}_published")
        assert worst.is_empty(), f"{figure} differs in {worst.height} rows, such as {worst.head(5).rows()}"


def observed(run: Run) -> dict[str, list[str]]:
    """Return the labels ever given to each item."""
    delivered = [item for item in run.items if any(item in a for a in run.cohort.answers.values())]
    return {item: oracle.observed_categories(run.cohort, item) for item in delivered}


def without_unused_labels(run: Run, published: pl.DataFrame) -> pl.DataFrame:
    """Return published rows but those of labels that nobody ever chose, which must be shares of zero."""
    labels = observed(run)
    used = pl.DataFrame(
        [(item, label) for item, given in labels.items() for label in given],
        schema={"item": pl.String, "category": pl.String},
        orient="row",
    )
    is_share = pl.col("statistic") == "share"
    unused = published.filter(is_share).join(used, on=["item", "category"], how="anti")
    return published.join(unused, on=["item", "category", "statistic"], how="anti")
