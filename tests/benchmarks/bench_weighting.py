"""`panel weight` from process start to written file: `python -m tests.benchmarks.bench_weighting [--peer-python PATH]`.

A Parquet file of six margins and a base weight, once as enums and once as text, and once with 200 bootstrap replicates
written beside the weight. Beside it a script that does the same with svy: read, (draw,) rake, write. Whole processes
are timed, ours and theirs in turn; the shortest of each counts. Python keeps what it compiles, for both, as it does
from a program's second run on. With --large, our peak memory at 10,000,000 rows.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import polars as pl

from tests.benchmarks.peer_runs import add_peer_python, interpreter_with, load_note
from tests.benchmarks.survey_data import benchmark_sample
from tests.results_page import replace_section

TITLE = "Speed of panel weight"
LARGE = 10_000_000
N_REPLICATES = 200
SVY = """
import csv, sys
import polars as pl, svy
data, targets, out = sys.argv[1:]
totals = {}
for row in csv.DictReader(open(targets)):
    totals.setdefault(row["margin"], {})[row["category"]] = float(row["persons"])
"""
SVY_RAKE = """
sample = svy.Sample(pl.read_parquet(data), svy.Design(wgt="weight"))
sample.weighting.rake(controls=totals, tol=1e-8, max_iter=1000).data.write_parquet(out)
"""
SVY_REPLICATES = f"""
people = pl.read_parquet(data).with_row_index("person")
sample = svy.Sample(people, svy.Design(wgt="weight", stratum="stratum", psu="person"))
drawn = sample.weighting.create_bs_wgts({N_REPLICATES}, rep_prefix="replicate_", rstate=1)
raked = drawn.weighting.rake(controls=totals, tol=1e-8, max_iter=1000).data
raked.drop([f"replicate_{{k}}" for k in range(1, {N_REPLICATES} + 1)]).write_parquet(out)
"""
REPLICATES = ["--strata", "stratum", "--replicates", str(N_REPLICATES), "--seed", "1"]


@dataclass(frozen=True)
class Job:
    """The same work as our options and as a peer's script."""

    name: str
    is_text: bool
    options: Sequence[str]
    script: str


JOBS = (
    Job("enum columns", False, [], SVY + SVY_RAKE),
    Job("text columns", True, [], SVY + SVY_RAKE),
    Job(f"enum columns, {N_REPLICATES} replicates written", False, REPLICATES, SVY + SVY_REPLICATES),
)


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5, help="runs of each, of which the shortest counts")
    parser.add_argument("--large", action="store_true", help=f"also the peak memory at {LARGE:,} rows")
    add_peer_python(parser)
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    svy = interpreter_with("svy", options.peer_python)
    lines = [f"`python -m tests.benchmarks.bench_weighting`, {options.rows:,} rows, whole processes, shortest of"]
    lines[0] += f" {options.times} runs; with replicates, of 2, svy's once."
    lines += ["", "| job | ours, seconds | peak memory | svy, seconds | peak memory | ratio | |"]
    lines += ["|---|---|---|---|---|---|---|"]
    with TemporaryDirectory() as name:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(name) / "compiled")
        lines += [_compared(Path(name), job, options, svy) for job in JOBS]
        floor = min(_run([sys.executable, "-c", "import numpy, polars"])[0] for _ in range(options.times))
        whole = options.rows * N_REPLICATES * 8 / (1 << 30)
        lines += ["", f"Floor: starting Python with NumPy and Polars alone takes {floor:.2f} s."]
        lines += [f"Rows × replicates as numbers would be {whole:.2f} GB; they are made and written in blocks of rows."]
        lines += _large(Path(name)) if options.large else []
    lines += ["", load_note()]
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def _compared(folder: Path, job: Job, options: argparse.Namespace, svy: Path | None) -> str:
    """Return the row of one job: ours, and the peer's where there is one."""
    data, targets = _files(folder, options.rows, is_text=job.is_text)
    ours, theirs = folder / "ours.parquet", folder / "svy.parquet"
    panel = _panel(data, targets, ours, job.options)
    peer = [str(svy), "-c", job.script, str(data), str(targets), str(theirs)]
    times = min(options.times, 2) if job.options else options.times
    runs, peers = [], []
    for run in range(times):
        runs.append(_run(panel))
        if svy is not None and (run == 0 or not job.options):
            peers.append(_run(peer))
    own, memory = min(runs)
    row = f"| {job.name} | {own:.2f} | {memory:.2f} GB |"
    if not peers:
        return f"{row} | | | |"
    other, peer_memory = min(peers)
    ratio = _column(theirs, "rk_wgt") / _column(ours, "weight")
    gap = f"weights differ by at most {abs(ratio - 1).max():.1e}"
    return f"{row} {other:.2f} | {peer_memory:.2f} GB | {other / own:.1f} | {gap} |"


def _large(folder: Path) -> list[str]:
    """Return seconds and peak memory of our own run on a large file, which reading whole would take more."""
    data, targets = _files(folder, LARGE, is_text=False)
    seconds, memory = _run(_panel(data, targets, folder / "ours.parquet", []))
    size = data.stat().st_size / (1 << 30)
    return ["", f"{LARGE:,} rows ({size:.2f} GB of Parquet): {seconds:.2f} s, peak memory {memory:.2f} GB."]


def _files(folder: Path, rows: int, *, is_text: bool) -> tuple[Path, Path]:
    """Return a data file and its targets; made by a process of its own, whose memory then is not inherited."""
    data, targets = folder / "data.parquet", folder / "targets.csv"
    made = [
        sys.executable,
        "-c",
        "import sys; from tests.benchmarks.bench_weighting import write_files as f; f(*sys.argv[1:])",
    ]
    subprocess.run([*made, str(data), str(targets), str(rows), "text" if is_text else ""], check=True)
    return data, targets


def write_files(data: str, targets: str, rows: str, text: str) -> None:
    """Write the benchmark's people and their targets."""
    sample = benchmark_sample(int(rows))
    (sample.as_text if text else sample.people).write_parquet(data)
    totals = [(margin, *one) for margin, of in sample.totals.items() for one in of.items()]
    pl.DataFrame(totals, schema=["margin", "category", "persons"], orient="row").write_csv(targets)


def _panel(data: Path, targets: Path, out: Path, more: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "flows.cli", "weight", str(data), "--targets", str(targets)]
    return [*command, "--base-weight", "weight", "--out", str(out), *more]


def _column(path: Path, name: str) -> pl.Series:
    return pl.read_parquet(path, columns=[name])[name]


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Return how long a process takes and its peak memory in GB; its failure is an error."""
    start = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        said = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:4])} … ended with {process.returncode}: {said.decode()[-300:]}")
    return seconds, usage.ru_maxrss / (1 << 20)


if __name__ == "__main__":
    main()
