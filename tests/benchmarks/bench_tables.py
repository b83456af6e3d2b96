"""700 shares with calibrated linearised standard errors: `python -m tests.benchmarks.bench_tables [--write]`.

20 items of 5 answers by 7 age groups, raked to six margins, 24 strata, every person a PSU. Beside it, where Rscript
and its survey package are installed, R's `calibrate` and `svyby` on the first --r-rows of the same people; R's time
grows at least in proportion to the rows (2.3 s at 10,000 and 197 s at 1,000,000 where it was measured whole).

With `--peer-python peers/bin/python` (see peers.py), svy's `rake` and `prop` too, on the first --peer-rows. svy's
standard errors are of the raked form, ours and R's `calibrate` of the calibrated one: they differ by under 1 %.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.weighting.calibration import rake
from tests.benchmarks.peer_runs import add_peer_python, beside
from tests.benchmarks.survey_data import N_ITEMS, SEED, benchmark_sample
from tests.results_page import replace_section

TITLE = "Speed of tables"
RUNS = 5
LABELS = tuple("abcde")
R_SCRIPT = """
suppressPackageStartupMessages(library(survey))
options(digits = 17)
folder <- commandArgs(TRUE)[1]
people <- read.csv(file.path(folder, "people.csv"), stringsAsFactors = TRUE)
for (name in grep("^(margin|item)_", names(people), value = TRUE)) people[[name]] <- factor(people[[name]])
margins <- grep("^margin_", names(people), value = TRUE)
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = people)
model <- reformulate(margins)
totals <- colSums(model.matrix(model, people) * people$raked)
raked <- calibrate(design, model, totals, calfun = "raking", epsilon = 1e-10, maxit = 200)
tables <- lapply(grep("^item_", names(people), value = TRUE), function(item)
    svyby(reformulate(item), ~margin_1, raked, svymean))
seconds <- proc.time()[["elapsed"]] - start
errors <- unlist(lapply(tables, function(one) as.vector(t(as.matrix(SE(one))))))
write.csv(data.frame(seconds = seconds, se = sprintf("%.17g", errors)), file.path(folder, "r.csv"), row.names = FALSE)
"""


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--r-rows", type=int, default=10_000)
    add_peer_python(parser)
    parser.add_argument("--peer-rows", type=int, default=100_000)
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    design, items, domains, _ = sample(options.rows)
    ours = min(seconds_of(design, items, domains)[0] for _ in range(RUNS))
    lines = [
        f"`python -m tests.benchmarks.bench_tables`, 700 shares, shortest of {RUNS} runs.",
        "",
        "| what | rows | seconds |",
        "|---|---|---|",
        f"| ours | {options.rows:,} | {ours:.2f} |",
        *beside_r(min(options.rows, options.r_rows)),
        *beside_svy(options.peer_python, min(options.rows, options.peer_rows)),
    ]
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def sample(n: int) -> tuple[SurveyDesign, list[ItemValues], list[DomainMask], pl.DataFrame]:
    """Return n people with raked weights, 20 items and 7 age groups; and the same as a frame for R."""
    made = benchmark_sample(n)
    levels = np.column_stack([made.people[name].to_physical().to_numpy() for name in made.categories]).astype(np.int64)
    base = made.people["weight"].to_numpy()
    totals = [np.array(list(one.values())) for one in made.totals.values()]
    weight = rake(base, levels, totals, tolerance=1e-10).weight
    rng = np.random.default_rng(SEED + 3)
    codes = [rng.choice(5, n, p=rng.dirichlet(np.full(5, 4.0))) for _ in range(N_ITEMS)]
    strata = made.people["stratum"].to_numpy().astype(np.int64)
    design = SurveyDesign(weight, strata, calibration=Calibration(base, levels))
    items = [ItemValues(f"item_{k}", codes=code, categories=LABELS) for k, code in enumerate(codes, 1)]
    domains = [DomainMask("age", str(age), levels[:, 0] == age) for age in range(7)]
    answers = {f"item_{k}": code for k, code in enumerate(codes, 1)}
    return design, items, domains, made.people.with_columns(raked=pl.Series(weight), **answers)


def seconds_of(design: SurveyDesign, items: list[ItemValues], domains: list[DomainMask]) -> tuple[float, pl.DataFrame]:
    """Return the seconds and the rows of one table, on a design that has prepared nothing yet."""
    fresh = SurveyDesign(design.weight, design.strata, calibration=design.calibration)
    start = time.perf_counter()
    found = estimate_items(fresh, items, domains)
    return time.perf_counter() - start, found


def beside_svy(interpreters: Sequence[Path], n: int) -> list[str]:
    """Return the rows of svy's run and of ours on the same n people; none without an interpreter that has it."""
    design, items, domains, people = sample(n)
    theirs = beside(interpreters, "svy_tables", people.drop("raked"), benchmark_sample(n).totals, times=1)
    if theirs is None:
        return []
    ours, found = min((seconds_of(design, items, domains) for _ in range(RUNS)), key=lambda one: one[0])
    number = pl.col("item").str.strip_prefix("item_").cast(pl.Int64)
    errors = found.sort(number, "domain_value", "category")["standard_error"].to_numpy()
    gap = np.abs(np.array(theirs["standard_errors"]) / errors - 1).max()
    return [
        f"| ours | {n:,} | {ours:.3f} |",
        f"| svy, rake and prop | {n:,} | {theirs['seconds']:.2f}: {theirs['seconds'] / ours:.0f} times ours, "
        f"standard errors (of the raked form) differ by at most {gap:.1%} |",
    ]


def beside_r(n: int) -> list[str]:
    """Return the rows of R's run and of ours on the same n people."""
    if shutil.which("Rscript") is None:
        return []
    design, items, domains, people = sample(n)
    ours, found = min((seconds_of(design, items, domains) for _ in range(RUNS)), key=lambda one: one[0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        people.write_csv(folder / "people.csv")
        (folder / "tables.R").write_text(R_SCRIPT, encoding="utf-8")
        done = subprocess.run(["Rscript", str(folder / "tables.R"), name], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"R failed: {done.stderr.strip().splitlines()[-1:]}")
            return []
        theirs = pl.read_csv(folder / "r.csv")
    order = {str(age): age for age in range(7)}
    ordered = found.with_columns(age=pl.col("domain_value").replace_strict(order)).sort(
        pl.col("item").str.strip_prefix("item_").cast(pl.Int64), "age", "category"
    )
    gap = (ordered["standard_error"] / theirs["se"] - 1).abs().max()
    seconds = theirs["seconds"][0]
    return [
        f"| ours | {n:,} | {ours:.3f} |",
        f"| R survey, calibrate and svyby | {n:,} | {seconds:.2f}: {seconds / ours:.0f} times ours, "
        f"standard errors differ by at most {gap:.0e} |",
    ]


if __name__ == "__main__":
    main()
