"""`panel weight` from process start to written file: `python -m tests.benchmarks.bench_weighting [--peer-python PATH]`.

A Parquet file of six margins and a base weight, once as enums and once as text. Beside it a script that does the
same with svy: read, rake, write. Whole processes are timed, ours and theirs in turn; the shortest of each counts.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from tests.benchmarks.survey_data import benchmark_sample
from tests.results_page import replace_section

TITLE = "Speed of panel weight"
SVY = """
import csv, sys
import polars as pl, svy
data, targets, out = sys.argv[1:]
totals = {}
for row in csv.DictReader(open(targets)):
    totals.setdefault(row["margin"], {})[row["category"]] = float(row["persons"])
sample = svy.Sample(pl.read_parquet(data), svy.Design(wgt="weight"))
sample.weighting.rake(controls=totals, tol=1e-8, max_iter=1000).data.write_parquet(out)
"""


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=5, help="runs of each, of which the shortest counts")
    parser.add_argument("--peer-python", type=Path, help="an interpreter with svy")
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    lines = [f"`python -m tests.benchmarks.bench_weighting`, {options.rows:,} rows, whole processes, shortest of"]
    lines[0] += f" {options.times} runs."
    lines += ["", "| columns | ours, seconds | svy, seconds | ratio | |", "|---|---|---|---|---|"]
    with TemporaryDirectory() as name:
        lines += [_compared(Path(name), kind, options) for kind in ("enum", "text")]
        floor = min(_seconds([sys.executable, "-c", "import numpy, polars"]) for _ in range(options.times))
    lines += ["", f"Floor: starting Python with NumPy and Polars alone takes {floor:.2f} s."]
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def _compared(folder: Path, kind: str, options: argparse.Namespace) -> str:
    """Return the row of one kind of columns: ours, and the peer's where there is one."""
    sample = benchmark_sample(options.rows)
    data, targets, ours, theirs = (
        folder / one for one in ("data.parquet", "targets.csv", "ours.parquet", "svy.parquet")
    )
    (sample.as_text if kind == "text" else sample.people).write_parquet(data)
    totals = [(margin, *one) for margin, of in sample.totals.items() for one in of.items()]
    pl.DataFrame(totals, schema=["margin", "category", "persons"], orient="row").write_csv(targets)
    panel = [sys.executable, "-m", "flows.cli", "weight", str(data), "--targets", str(targets)]
    panel += ["--base-weight", "weight", "--out", str(ours)]
    peer = [str(options.peer_python), "-c", SVY, str(data), str(targets), str(theirs)]
    pairs = [(_seconds(panel), _seconds(peer) if options.peer_python else None) for _ in range(options.times)]
    own = min(pair[0] for pair in pairs)
    if not options.peer_python:
        return f"| {kind} | {own:.2f} | | | |"
    other = min(pair[1] for pair in pairs if pair[1] is not None)
    ratio = pl.read_parquet(theirs)["rk_wgt"].to_numpy() / pl.read_parquet(ours)["weight"].to_numpy()
    gap = float(abs(ratio - 1).max())
    return f"| {kind} | {own:.2f} | {other:.2f} | {other / own:.1f} | weights differ by at most {gap:.1e} |"


def _seconds(command: Sequence[str]) -> float:
    """Return how long a process takes; its failure is an error."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
