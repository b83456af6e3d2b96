"""Raking a frame of people to six margins: `python -m tests.benchmarks.bench_calibration [--peer-python PATH]`.

A frame in, weights out, tolerance 1e-8; the frame once with enum and once with text columns. PATH is an interpreter
in which peers are installed (see peers.py): svy, ipfn, samplics and balance, as far as they are there, run beside us
on the same data, and weights are compared. The floor is one pass over the same columns: read six bytes and a weight,
write a weight.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.margins import margin_levels
from tests.benchmarks.peer_runs import add_peer_python, beside
from tests.benchmarks.survey_data import BenchmarkSample, benchmark_sample
from tests.results_page import replace_section

OPTIONS = CalibrationOptions(tolerance=1e-8)
TITLE = "Speed of raking"
COMMAND = "`python -m tests.benchmarks.bench_calibration`"


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=7, help="runs, of which the shortest counts")
    add_peer_python(parser)
    parser.add_argument("--large", action="store_true", help="also 10,000,000 rows, in a process of its own")
    parser.add_argument("--only-memory", action="store_true", help="print seconds and peak memory of our own run")
    parser.add_argument("--text", action="store_true", help="with --only-memory: text columns")
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    if options.only_memory:
        print(*_own_process(options.rows, options.times, options.text))
        return
    lines = [f"{COMMAND}, {options.rows:,} rows, shortest of {options.times} runs.", ""]
    lines += ["| what | seconds | ratio to ours | |", "|---|---|---|---|", *_compared(options)]
    if options.large:
        lines += ["", *_large(options.times)]
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def _compared(options: argparse.Namespace) -> list[str]:
    """Return a row for each program on the same people."""
    sample = benchmark_sample(options.rows)
    from_enum, result = timed(lambda: raked(sample.people, sample), options.times)
    text = sample.as_text
    from_text, _ = timed(lambda: raked(text, sample), options.times)
    floor, _ = timed(lambda: one_pass(sample), options.times)
    rows = [
        _row("ours, enum columns", from_enum, from_enum),
        _row("ours, text columns", from_text, from_text),
        _row("floor: one pass over the columns", floor, from_enum),
    ]
    for task, name, people, ours in (
        ("ipfn_cells", "ipfn, cell table made from codes and spread to rows", sample.people, from_enum),
        ("svy_rake", "svy, enum columns", sample.people, from_enum),
        ("svy_rake", "svy, text columns", text, from_text),
        ("samplics_rake", "samplics, text columns as arrays", text, from_text),
        ("balance_rake", "balance, text columns as pandas", text, from_text),
    ):
        peer = beside(options.peer_python, task, people, sample.totals, times=3)
        if peer is not None and "bare_seconds" in peer:
            rows.append(_row("ipfn, the cell table alone", float(peer["bare_seconds"]), ours))
        if peer is not None:
            rows.append(_row(name, float(peer["seconds"]), ours, _agreement(peer["weight"], result.weight)))
    return rows


def raked(people: pl.DataFrame, sample: BenchmarkSample) -> CalibrationResult:
    """Return the weights of a frame, checked against the targets on the way."""
    margins = margin_levels(people, sample.categories)
    weight = people["weight"].to_numpy()
    return calibrate(weight, margins.levels, margins.targets(sample.totals), OPTIONS)


def one_pass(sample: BenchmarkSample) -> np.ndarray:
    """Return the weights copied, after every code was read once: what no raking of rows can avoid."""
    for name in sample.categories:
        sample.people[name].to_physical().to_numpy().max()
    return sample.people["weight"].to_numpy() * 1.0


def timed(run: Callable[[], object], times: int) -> tuple[float, object]:
    """Return the shortest of some runs in seconds, and the last one's result."""
    shortest = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def _row(name: str, seconds: float, ours: float, note: str = "") -> str:
    return f"| {name} | {seconds:.4f} | {seconds / ours:.2f} | {note} |"


def _agreement(theirs: np.ndarray, ours: np.ndarray) -> str:
    return f"weights differ by at most {np.abs(theirs / ours - 1).max():.1e}"


def _large(times: int) -> list[str]:
    """Return seconds and memory of ten million rows, each kind in a process of its own."""
    lines = []
    for kind, flags in (("enum", []), ("text", ["--text"])):
        command = [sys.executable, "-m", "tests.benchmarks.bench_calibration", "--rows", "10000000"]
        command += ["--times", str(times), "--only-memory", *flags]
        seconds, gigabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        lines.append(f"10,000,000 rows from {kind} columns: {seconds} s, peak memory {gigabytes} GB, data included.")
    return lines


def _own_process(rows: int, times: int, is_text: bool) -> tuple[str, str]:
    """Return seconds, and the peak memory of this process while raking, data included."""
    with TemporaryDirectory() as folder:
        path, sample = Path(folder) / "people.parquet", benchmark_sample(1000)
        made = [sys.executable, "-c", _WRITE.format(rows=rows, path=str(path), is_text=is_text)]
        subprocess.run(made, check=True)
        totals = pl.read_json(path.with_suffix(".json")).to_dicts()[0]
        sample = BenchmarkSample(pl.read_parquet(path), sample.categories, totals)
    seconds, _ = timed(lambda: raked(sample.people, sample), times)
    return f"{seconds:.3f}", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20):.2f}"


_WRITE = """
import json
from tests.benchmarks.survey_data import benchmark_sample
sample = benchmark_sample({rows})
(sample.as_text if {is_text} else sample.people).write_parquet({path!r})
open({path!r}.replace(".parquet", ".json"), "w").write(json.dumps(sample.totals))
"""


if __name__ == "__main__":
    main()
