"""From the inbox to core, with full validation: `python -m tests.benchmarks.bench_ingest [--rows N] [--write]`.

Beside it `panel check` of the ordinary wave, from the start of its process to its end. --data keeps the made files.

A panel of as many members as the wave has rows, 60 items, delivered as CSV, Parquet and SPSS file; the flow's own
functions, each format in a process of its own. The member list comes in first and is timed apart. Beside it the time
that DuckDB alone needs to make a table of the same file (for SPSS, which it does not read, of the CSV file). Great
Expectations' own part is told apart, as it is not ours. Its import is not counted: a night imports it while Prefect's
server starts.
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
CHECKS = 3  # runs of panel check, of which the shortest counts
ASKED_RATIO, ASKED_OF_GREAT_EXPECTATIONS, ASKED_MEMORY = 3, 6, 4  # times DuckDB alone, seconds, GB


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--data", type=Path, help="folder to make the files in, or to take them from")
    parser.add_argument("--one", nargs=2, metavar=("FORMAT", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(taken_in(options.one[0], Path(options.one[1]))))
        return
    load = f"load {os.getloadavg()[1]:.1f} when it began"
    lines = [f"`python -m tests.benchmarks.bench_ingest`, {os.cpu_count()} processors, {load}; seconds, 60 items.", ""]
    lines += [
        f"| wave | {' | '.join(PARTS)} | ours | DuckDB alone | ours / DuckDB | processors, ours "
        "| processors, DuckDB alone | peak memory | member list before |",
        f"|---|{'---:|' * (len(PARTS) + 7)}",
    ]
    found = []
    for n_rows in dict.fromkeys((ORDINARY, options.rows)):
        with files(n_rows, options.data) as folder:
            for extension in options.formats:
                found.append(measured(extension, n_rows, folder))
                lines.append(row(found[-1]))
                print(lines[-1], flush=True)
            if n_rows == ORDINARY:
                checks = check_seconds(folder)
    lines += ["", f"`panel check` of {ORDINARY:,} rows, whole processes: {words(checks)}.", *distances(found)]
    print("\n".join(lines[-len(found) - 2 :]))
    if options.write:
        replace_section(TITLE, lines)


@contextmanager
def files(n_rows: int, kept: Path | None) -> Iterator[Path]:
    """Yield the folder with the wave's files, made unless they are kept there already."""
    if kept is None:
        with TemporaryDirectory() as folder:
            write_files(Path(folder), n_rows)
            yield Path(folder)
        return
    folder = kept / f"{n_rows}"
    if not (folder / "wave.sav").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, n_rows)
    yield folder


def measured(extension: str, n_rows: int, folder: Path) -> dict[str, Any]:
    """Return what taking in a wave cost, in a process of its own, and what DuckDB alone needs."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_ingest", "--one", extension, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    found["ours"] = sum(found["seconds"].values()) - found["seconds"]["Great Expectations"]
    alone, processors_alone = duckdb_alone(extension, folder)
    return found | {"wave": f"{n_rows:,} rows, {extension}", "alone": alone, "processors_alone": processors_alone}


def row(found: dict[str, Any]) -> str:
    """Return one line of the table."""
    cells = [f"{found['seconds'][part]:.2f}" for part in PARTS] + [f"{found['ours']:.2f}"]
    alone = found["alone"]
    cells += [f"{alone:.2f}", f"{found['ours'] / alone:.1f}"]
    cells += [f"{found['processors']:.2f}", f"{found['processors_alone']:.2f}"]
    cells += [f"{found['memory'] / 2**30:.1f} GB", f"{found['members']:.1f}"]
    return f"| {found['wave']} | {' | '.join(cells)} |"


def distances(measured_waves: list[dict[str, Any]]) -> Iterator[str]:
    """Yield how far each wave is from what is asked of it."""
    for found in measured_waves:
        own = found["seconds"]["Great Expectations"]
        asked = f"Great Expectations {own:.1f} s of at most {ASKED_OF_GREAT_EXPECTATIONS} s"
        most = ASKED_RATIO * found["alone"]
        asked = f"ours {found['ours']:.1f} s, {ASKED_RATIO} times DuckDB alone is {most:.1f} s; {asked}"
        yield f"{found['wave']}: {asked}; memory {found['memory'] / 2**30:.1f} of at most {ASKED_MEMORY} GB."


def check_seconds(folder: Path) -> dict[str, float]:
    """Return the seconds of `panel check` of each format, from start to end of the process."""
    found = {}
    for extension in FORMATS:
        root = folder / f"check_{extension}"
        create_checked_panel(root, extension)
        command = [sys.executable, "-m", "flows.cli", "check", str(folder / f"wave.{extension}")]
        command += ["--survey", "large", "--wave", "w01", "--workspace", str(root)]
        times = []
        for _ in range(CHECKS):
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.PIPE, check=False)
            times.append(time.perf_counter() - start)
        found[extension] = min(times)
        shutil.rmtree(root)
    return found


def create_checked_panel(root: Path, extension: str) -> None:
    """Make a workspace with the definitions alone."""
    from pipeline.settings import create_workspace

    workspace = create_workspace(root, "large")
    write_definitions(workspace.surveys / "large", extension)


def words(seconds: dict[str, float]) -> str:
    """Return the seconds of each format in words."""
    return ", ".join(f"{spent:.2f} s ({extension})" for extension, spent in seconds.items())


def duckdb_alone(extension: str, folder: Path) -> tuple[float, float]:
    """Return the seconds, and processor seconds, in which DuckDB makes a table of the file, or of the same as CSV."""
    import duckdb

    known = extension if extension in ALONE else "csv"
    times = []
    for number in range(3):
        with duckdb.connect(str(folder / f"alone_{number}.duckdb")) as connection:
            start, processors = time.perf_counter(), time.process_time()
            source = f"{ALONE[known]}('{folder / f'wave.{known}'}')"
            connection.execute(f"create table wave as from {source}").fetchall()
            times.append((time.perf_counter() - start, time.process_time() - processors))
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
    spent = watch.processors - watch.processors_of_great_expectations
    return {"seconds": wave, "members": sum(members.values()), "memory": peak, "processors": spent}


class Watch:
    """Times the parts of a night by a clock around the functions that do them."""

    def __init__(self) -> None:
        from flows import arrivals
        from pipeline import intake, warehouse
        from pipeline.validation import expected
        from pipeline.validation import run as validation

        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.accepted: list[str] = []
        self.processors = self.processors_of_great_expectations = 0.0
        self._around(arrivals, "discover", "archive")
        self._around(intake, "read", "members")
        self._around(intake.wave_files, "read_delivery", "read")
        self._around(validation, "_report", "validation, ours")
        self._around(warehouse, "load_delivery", "store")
        self._count_processors(expected, "_broken_rules")

    def night(self, workspace: Any) -> dict[str, float]:
        """Take in what waits and build core; return the seconds of each part."""
        from flows.build_tables import build_tables
        from flows.take_in import take_in

        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.processors_of_great_expectations = 0.0
        with started_night(workspace) as night:
            start, processors = time.perf_counter(), time.process_time()
            take_in()
            self.seconds["core"] = -time.perf_counter()
            build_tables()
            self.seconds["core"] += time.perf_counter()
            total = time.perf_counter() - start
            self.processors = time.process_time() - processors
            self.seconds["Great Expectations"] = night.seconds["great expectations"]
            in_use = "select source from raw.deliveries where status = 'accepted' order by source"
            self.accepted = [source for (source,) in night.connection.execute(in_use).fetchall()]
        self.seconds["members"] -= self.seconds["read"]
        self.seconds["validation, ours"] -= self.seconds["Great Expectations"]
        self.seconds["other"] = total - sum(self.seconds.values())
        return self.seconds

    def _count_processors(self, module: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def counted(*arguments: Any) -> Any:
            start = time.process_time()
            try:
                return function(*arguments)
            finally:
                self.processors_of_great_expectations += time.process_time() - start

        setattr(module, name, counted)

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

    from flows.build_tables import build_tables
    from flows.run_context import Night, in_progress
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
