"""200 replicates, each raked anew, and 20 standard errors: `python -m tests.benchmarks.bench_replicates`.

Supplied replicates come as columns of a frame; our own are drawn, by a delete-a-group jackknife and by the
Rao-Wu-Yue bootstrap with every person a PSU. `--peer-python PATH` runs svy beside us (see peers.py), which takes
minutes at 1,000,000 rows. The floor of supplied replicates is reading them once.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from pipeline.design import SurveyDesign
from pipeline.weighting.calibration import CalibrationOptions, calibrate
from pipeline.weighting.margins import margin_levels
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    supplied_replicates,
    uncalibrated_replicates,
)
from tests.benchmarks import survey_data
from tests.benchmarks.peer_runs import add_peer_python, beside, load_note
from tests.benchmarks.survey_data import BenchmarkSample, answers, benchmark_sample
from tests.results_page import replace_section

OPTIONS = CalibrationOptions(tolerance=1e-8)
N_REPLICATES = 200
SEEDS = {"svy_replicates": "", "svy_own_replicates": ", of another generator's draws"}
TITLE = "Speed of replicates"
COMMAND = "`python -m tests.benchmarks.bench_replicates`"
Floats = np.ndarray


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3, help="runs, of which the shortest counts")
    add_peer_python(parser)
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    lines = [f"{COMMAND}, {options.rows:,} rows, {N_REPLICATES} replicates, shortest of {options.times} runs.", ""]
    lines += ["| what | seconds | ratio to ours | |", "|---|---|---|---|", *_compared(options)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    lines += [
        "",
        f"Peak memory of our process {peak:.2f} GB, of which the supplied replicates themselves 1.6 GB a million rows.",
    ]
    lines += ["", load_note()]
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def _compared(options: argparse.Namespace) -> list[str]:
    """Return a row for each way to replicates."""
    sample, items = benchmark_sample(options.rows), answers(options.rows)
    columns = survey_data.supplied_replicates(sample.people["weight"].to_numpy(), N_REPLICATES)
    supplied, errors = timed(lambda: from_supplied(sample, items, columns), options.times)
    floor, _ = timed(lambda: [column.sum() for column in columns.iter_columns()], options.times)
    rows = [_row("supplied replicates", supplied, supplied), _row("floor: reading them once", floor, supplied)]
    wide = pl.concat([sample.people, columns, items], how="horizontal")
    rows += _svy("svy_replicates", "svy, supplied replicates", options, wide, sample, supplied, errors)
    jackknife, errors = timed(lambda: from_own(sample, items, "jkgroups"), options.times)
    bootstrap, drawn = timed(lambda: from_own(sample, items, "bootstrap"), options.times)
    differ = f"standard errors within {np.abs(errors / drawn - 1).max():.0%} of the bootstrap's"
    rows += [
        _row("own replicates, bootstrap of persons", bootstrap, bootstrap),
        _row("own replicates, delete-a-group jackknife", jackknife, bootstrap, differ),
    ]
    wide = pl.concat([sample.people, items], how="horizontal")
    rows += _svy("svy_own_replicates", "svy, own bootstrap of persons", options, wide, sample, bootstrap, drawn)
    return rows


def from_supplied(sample: BenchmarkSample, items: pl.DataFrame, columns: pl.DataFrame) -> Floats:
    """Return the standard errors of the items' shares from replicates that a producer delivered."""
    weight = sample.people["weight"].to_numpy()
    coefficient = np.full(columns.width, 1 / columns.width)
    return standard_errors(sample, items, supplied_replicates(weight, columns, coefficient))


def from_own(sample: BenchmarkSample, items: pl.DataFrame, kind: str) -> Floats:
    """Return the standard errors of the items' shares from replicates drawn here."""
    weight = sample.people["weight"].to_numpy()
    design = SurveyDesign(weight, sample.people["stratum"].to_numpy())
    factors = replicate_factors(design, ReplicatePlan(kind, N_REPLICATES, seed=1))
    return standard_errors(sample, items, uncalibrated_replicates(weight, factors))


def standard_errors(sample: BenchmarkSample, items: pl.DataFrame, start: Replicates) -> Floats:
    """Return the standard errors of the items' shares, every replicate raked anew."""
    margins = margin_levels(sample.people, sample.categories)
    targets = margins.targets(sample.totals)
    full = calibrate(start.base_weight, margins.levels, targets, OPTIONS)
    replicates = calibrated_replicates(start, margins.levels, CalibrationPlan(targets, OPTIONS))
    value = np.ones((items.height, items.width + 1), order="F")  # a column after the other, as the frame has them
    for number, item in enumerate(items.iter_columns()):
        value[:, number] = item.to_numpy()
    totals, estimate = replicates.totals(value), full.weight @ value
    covariance = replicates.covariance(totals[:-1] / totals[-1], estimate[:-1] / estimate[-1])
    return np.sqrt(np.diag(covariance))


def timed(run: Callable[[], Floats], times: int) -> tuple[float, Floats]:
    """Return the shortest of some runs in seconds, and the last one's result."""
    shortest = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        result = run()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def _svy(
    task: str,
    name: str,
    options: argparse.Namespace,
    people: pl.DataFrame,
    sample: BenchmarkSample,
    ours: float,
    errors: Floats,
) -> list[str]:
    """Return svy's row, or nothing without svy."""
    peer = beside(options.peer_python, task, people, sample.totals, times=1)
    if peer is None:
        return []
    differ = np.abs(np.array(peer["standard_errors"]) / errors - 1).max()
    return [_row(name, float(peer["seconds"]), ours, f"standard errors differ by at most {differ:.1e}{SEEDS[task]}")]


def _row(name: str, seconds: float, ours: float, note: str = "") -> str:
    return f"| {name} | {seconds:.2f} | {seconds / ours:.2f} | {note} |"


if __name__ == "__main__":
    main()
