"""From the inbox to core, with full validation: `python -m tests.benchmarks.bench_ingest [--rows N] [--write]`.

A panel of as many members as the wave has rows, 60 items, delivered as CSV, Parquet and SPSS file; the flow's own
functions, each format in a process of its own. The member list comes in first and is timed apart. Beside it the time
that DuckDB alone needs to make a table of the same file. Great Expectations' own part is told apart, as it is not ours.
Its import is not counted: a night imports it while Prefect's server starts.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.ingest_panel import FORMATS, write_definitions, write_files
from tests.results_page import replace_section

TITLE = "Speed of taking in a wave"
ORDINARY = 3_000
PARTS = ("archive", "read", "members", "validation, ours", "Great Expectations", "store", "core", "other")
ALONE = {"csv": "read_csv", "parquet": "read_parquet"}
THREADS = 2


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--one", nargs=2, metavar=("FORMAT", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(taken_in(options.one[0], Path(options.one[1]))))
        return
    lines = [f"`python -m tests.benchmarks.bench_ingest`, {os.cpu_count()} processors; seconds, 60 items.", ""]
    lines += [
        f"| wave | {' | '.join(PARTS)} | ours | DuckDB alone | ours / DuckDB | peak memory | member list before |",
        f"|---|{'---:|' * (len(PARTS) + 5)}",
    ]
    for n_rows in dict.fromkeys((ORDINARY, options.rows)):
        with TemporaryDirectory() as folder:
            write_files(Path(folder), n_rows)
            for extension in options.formats:
                lines.append(row(extension, n_rows, Path(folder)))
                print(lines[-1], flush=True)
    if options.write:
        replace_section(TITLE, lines)


def row(extension: str, n_rows: int, folder: Path) -> str:
    """Return one line of the table: a wave taken in in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_ingest", "--one", extension, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    ours = sum(found["seconds"].values()) - found["seconds"]["Great Expectations"]
    alone = duckdb_alone(extension, folder)
    cells = [f"{found['seconds'][part]:.2f}" for part in PARTS] + [f"{ours:.2f}"]
    cells += [f"{alone:.2f}", f"{ours / alone:.1f}"] if alone else ["", ""]
    cells += [f"{found['memory'] / 2**30:.1f} GB", f"{found['members']:.1f}"]
    return f"| {n_rows:,} rows, {extension} | {' | '.join(cells)} |"


def duckdb_alone(extension: str, folder: Path) -> float | None:
    """Return the seconds DuckDB needs to make a table of the file in a new database; None when it cannot read it."""
    import duckdb

    if extension not in ALONE:
        return None
    times = []
    for number in range(3):
        with duckdb.connect(str(folder / f"alone_{number}.duckdb")) as connection:
            start = time.perf_counter()
            source = f"{ALONE[extension]}('{folder / f'wave.{extension}'}')"
            connection.execute(f"create table wave as from {source}").fetchall()
            times.append(time.perf_counter() - start)
        (folder / f"alone_{number}.duckdb").unlink()
    return min(times)


def taken_in(extension: str, folder: Path) -> dict[str, Any]:
    """Return the seconds of each part of taking in the wave, those of the member list, and the peak memory."""
    from flows import environment
    from pipeline.settings import create_workspace

    root = folder / f"panel_{extension}"
    workspace = create_workspace(root, "large")
    environment.prepare(workspace)
    write_definitions(workspace.surveys / "large", extension)
    from prefect import flow

    from pipeline import validation

    validation.import_seconds()
    watch = Watch()
    night = flow(name="take-in", validate_parameters=False)(watch.night)
    shutil.copyfile(folder / "members.csv", workspace.inbox / "members.csv")
    members = night(workspace)
    shutil.copyfile(folder / f"wave.{extension}", workspace.inbox / f"wave.{extension}")
    wave = night(workspace)
    accepted = watch.accepted
    if accepted != ["roster", "w01"]:
        raise SystemExit(f"not everything was accepted: {accepted}")
    shutil.rmtree(root)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": wave, "members": sum(members.values()), "memory": peak}


class Watch:
    """Times the parts of a night by a clock around the functions that do them."""

    def __init__(self) -> None:
        from flows import arrivals
        from pipeline import intake, validation, warehouse

        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.accepted: list[str] = []
        self._around(arrivals, "discover", "archive")
        self._around(intake, "read", "members")
        self._around(intake.wave_files, "read_delivery", "read")
        self._around(validation, "validate", "validation, ours")
        self._around(warehouse, "load_delivery", "store")

    def night(self, workspace: Any) -> dict[str, float]:
        """Take in what waits and build core; return the seconds of each part."""
        from flows.take_in import build_tables, take_in

        self.seconds = dict.fromkeys(PARTS, 0.0)
        with started_night(workspace) as night:
            start = time.perf_counter()
            take_in()
            self.seconds["core"] = -time.perf_counter()
            build_tables()
            self.seconds["core"] += time.perf_counter()
            total = time.perf_counter() - start
            self.seconds["Great Expectations"] = night.seconds["great expectations"]
            in_use = "select source from raw.deliveries where status = 'accepted' order by source"
            self.accepted = [source for (source,) in night.connection.execute(in_use).fetchall()]
        self.seconds["members"] -= self.seconds["read"]
        self.seconds["validation, ours"] -= self.seconds["Great Expectations"]
        self.seconds["other"] = total - sum(self.seconds.values())
        return self.seconds

    def _around(self, module: Any, name: str, part: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                self.seconds[part] += time.perf_counter() - start

        setattr(module, name, timed)


@contextmanager
def started_night(workspace: Any) -> Iterator[Any]:
    """Open a night as flows/nightly.py does."""
    from datetime import UTC, date, datetime

    from flows.run_context import Night, in_progress
    from flows.take_in import build_tables
    from pipeline import survey_files, warehouse
    from pipeline.fingerprint import code_version, tree_hash

    surveys = {one.survey: one for one in survey_files.read_surveys(workspace.surveys)}
    hashes = {name: tree_hash(workspace.surveys / name) for name in surveys}
    with warehouse.open_warehouse(workspace.warehouse) as connection:
        started = datetime.now(UTC)
        facts = {"requests": [], "definitions_hash": hashes, "code_version": code_version(), "standing_hash": ""}
        night = Night(
            workspace, connection, surveys, str(started), started, date(2025, 4, 1), started, is_full=False, **facts
        )
        with in_progress(night):
            warehouse.store_definitions(connection, list(surveys.values()))
            build_tables()
            yield night


if __name__ == "__main__":
    main()
