"""Running nights on small panels, and reading what they leave: all that tests of whole flows have in common."""

import contextlib
import csv
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars.testing import assert_frame_equal

CHECKOUT = Path(__file__).resolve().parents[1]
TODAY = date(2026, 11, 23)
SURVEY = "citizens_panel"
OF_A_RUN = (  # differ every time
    *("run_id", "checked_at", "received_at", "released_at", "approved_at", "revised_at", "snapshot"),
)
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    exit_code: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        """Return everything printed."""
        return self.output + self.errors


def run(*arguments: str) -> Ran:
    """Run `panel` with these arguments inside this process."""
    from flows.cli import main

    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            code = main(list(arguments))
        except SystemExit as end:  # how argparse refuses
            code = int(str(end.code))
    return Ran(code, output.getvalue(), errors.getvalue())


def panel_command(*arguments: str) -> list[str]:
    """Return the command line that runs `panel` in a process of its own."""
    return [sys.executable, "-m", "flows.cli", *arguments]


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which the checkout is importable from anywhere."""
    return os.environ | {"PYTHONPATH": str(CHECKOUT)} | more


@dataclass(frozen=True)
class Panel:
    """A workspace under test."""

    root: Path
    today: date = TODAY

    @property
    def published(self) -> Path:
        """Return the published file."""
        return self.root / "published" / "panel.duckdb"

    def copy_to(self, root: Path) -> "Panel":
        """Return a copy of the whole workspace."""
        shutil.copytree(self.root, root)
        return Panel(root, self.today)

    def night(self, *options: str) -> Ran:
        """Run one night."""
        return run("nightly", str(self.root), "--today", str(self.today), *options)

    def panel(self, command: str, *options: str) -> Ran:
        """Run another command on the workspace."""
        return run(command, str(self.root), *options)

    def wave_command(self, command: str, wave: str, *options: str) -> Ran:
        """Run a command about one wave."""
        about = ("--survey", SURVEY, "--wave", wave, "--today", str(self.today))
        return self.panel(command, *about, *options)

    def delivered_name(self, source: str) -> str:
        """Return the name a source is delivered under."""
        return "member_list.csv" if source == "roster" else f"{SURVEY}_{source}.csv"

    def deliver(self, source: str, content: bytes) -> None:
        """Put a delivery into the inbox."""
        (self.root / "inbox" / self.delivered_name(source)).write_bytes(content)

    def w03(self) -> bytes:
        """Return the third wave's file as the platform exported it."""
        return (self.root / "w03.csv").read_bytes()

    def inbox(self) -> list[str]:
        """Return the names of the files that wait."""
        return sorted(path.name for path in (self.root / "inbox").iterdir())

    def sql(self, query: str) -> pl.DataFrame:
        """Return the rows of a query on the published file."""
        return read_file(self.published, query)

    def stored(self, query: str) -> pl.DataFrame:
        """Return the rows of a query on the working store."""
        return read_file(self.root / "var" / "warehouse.duckdb", query)

    def delivered(self, source: str) -> pl.DataFrame:
        """Return the rows of the newest delivery of a source as the working store keeps them."""
        from pipeline import warehouse
        from pipeline.warehouse.wide_tables import delivered_frame

        newest = "select survey, source, delivery_id from raw.deliveries where source = ? order by received_at desc"
        with warehouse.open_read_only(self.root / "var" / "warehouse.duckdb") as connection:
            return delivered_frame(connection, warehouse.read(connection, newest, [source]).row(0, named=True))

    def runs(self) -> list[dict[str, Any]]:
        """Return the lines of the run log."""
        return [json.loads(line) for line in (self.root / "var" / "runs.jsonl").read_text().splitlines()]

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that occurs in a file of the workspace."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def settings(self, **values: str) -> None:
        """Set lines of panel.toml."""
        path = self.root / "panel.toml"
        kept = [line for line in path.read_text().splitlines() if line.split(" = ")[0] not in values]
        path.write_text("\n".join([*kept, *(f"{key} = {value}" for key, value in values.items())]) + "\n")

    def tables(self, names: Sequence[str] = ()) -> dict[str, pl.DataFrame]:
        """Return published tables, all but the run log, sorted, without what differs from run to run."""
        names = names or self.sql("select table_name from duckdb_tables() order by all")["table_name"].to_list()
        return {
            name: self.sql(f"select * exclude ({columns}) from {name} order by all")
            if (columns := ", ".join(self.columns_of_a_run(name)))
            else self.sql(f"from {name} order by all")
            for name in names
            if name != "runs"
        }

    def columns_of_a_run(self, table: str) -> list[str]:
        """Return the columns of a table that differ from run to run."""
        return [name for name in self.sql(f"from {table} limit 0").columns if name in OF_A_RUN]


def demo_panel(root: Path, *, members: int = 400, waves: int = 3, seed: int = 1) -> Panel:
    """Make a simulated panel with all its deliveries in the inbox, before its first night; told in English alone."""
    from flows.demo import make_demo

    make_demo(root, members=members, waves=waves, seed=seed, today=TODAY)
    panel = Panel(root)
    survey = f"surveys/{SURVEY}"
    panel.edit(f"{survey}/survey.yml", "\nlanguages: [en, cy] ", "\nlanguages: [en] ")
    shutil.rmtree(root / survey / "languages")
    return panel


def read_file(path: Path, query: str) -> pl.DataFrame:
    """Return the rows of a query on a DuckDB file as it is now."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only)")
        connection.execute("use file")
        rows: pl.DataFrame = connection.sql(query).pl()
    return rows


def assert_same_tables(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame]) -> None:
    """Find the same tables with the same rows."""
    assert sorted(found) == sorted(expected)
    for name, rows in expected.items():
        assert_frame_equal(found[name], rows, rel_tol=1e-10, abs_tol=1e-12)


def edited(content: bytes, change: Callable[[Rows], Rows], *, encoding: str = "cp1252", delimiter: str = ",") -> bytes:
    """Return a delivered file with its rows changed; the columns are those of the first row."""
    rows = change(list(csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter)))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)
