"""Peers beside our own runs: this file is run by another interpreter, in which they are installed.

python -m venv peers && peers/bin/pip install svy==0.35.0 ipfn samplics polars
python -m venv balanced && balanced/bin/pip install balance polars
Then: python -m tests.benchmarks.bench_calibration --peer-python peers/bin/python --peer-python balanced/bin/python

It imports nothing of this project. Arguments: task (its first word is the package it runs), a folder with data.parquet
and totals.json, and how many runs. Prints JSON.
"""

import json
import os
import sys
import time
from pathlib import Path

TOLERANCE = 1e-8


def best_of(times, make, run):
    """Return the shortest of some runs, each on a fresh object, and the last run's result."""
    shortest = float("inf")
    for _ in range(times):
        made = make()
        start = time.perf_counter()
        result = run(made)
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def svy_rake(folder, totals, times):
    """Rake rows by svy: a frame in, a frame with the weight out."""
    import polars as pl
    import svy

    people = pl.read_parquet(folder / "data.parquet")
    design = svy.Design(wgt="weight")
    seconds, sample = best_of(
        times,
        lambda: svy.Sample(people, design),
        lambda sample: sample.weighting.rake(controls=totals, tol=TOLERANCE, max_iter=1000),
    )
    sample.data.select("rk_wgt").write_parquet(folder / "peer_weight.parquet")
    return {"seconds": seconds}


def ipfn_cells(folder, totals, times):
    """Rake the cell table by ipfn: alone, and with the table made from the rows' codes and spread back to them."""
    import numpy as np
    import polars as pl
    from ipfn import ipfn

    people = pl.read_parquet(folder / "data.parquet")
    codes = [
        people[name].cast(pl.Enum(list(categories))).to_physical().to_numpy().astype(np.int64)
        for name, categories in totals.items()
    ]
    weight = people["weight"].to_numpy()
    shape = tuple(len(categories) for categories in totals.values())
    margins = [np.array(list(categories.values())) for categories in totals.values()]
    dimensions = [[axis] for axis in range(len(shape))]

    def make():
        flat = np.ravel_multi_index(codes, shape)
        return flat, np.bincount(flat, weight, minlength=int(np.prod(shape))).reshape(shape)

    def rake(table):
        return ipfn.ipfn(table, margins, dimensions, convergence_rate=TOLERANCE, max_iteration=1000).iteration()

    def rows(_):
        flat, table = make()
        before = table.copy()
        ratio = np.divide(rake(table), before, out=np.zeros(shape), where=before > 0).ravel()
        return weight * ratio[flat]

    bare, _ = best_of(times, lambda: make()[1], rake)
    seconds, raked = best_of(times, lambda: None, rows)
    pl.DataFrame({"rk_wgt": raked}).write_parquet(folder / "peer_weight.parquet")
    return {"seconds": seconds, "bare_seconds": bare}


def samplics_rake(folder, totals, times):
    """Rake rows by samplics: columns in, weights out."""
    import polars as pl
    from samplics import SampleWeight

    people = pl.read_parquet(folder / "data.parquet")
    margins = {name: people[name].cast(pl.String).to_numpy() for name in totals}
    weight = people["weight"].to_numpy()

    def rake(maker):
        return maker.rake(weight, margins, totals, tol=TOLERANCE, ctrl_tol=TOLERANCE, max_iter=1000)

    seconds, raked = best_of(times, SampleWeight, rake)
    pl.DataFrame({"rk_wgt": raked}).write_parquet(folder / "peer_weight.parquet")
    return {"seconds": seconds}


def balance_rake(folder, totals, times):
    """Rake rows by balance: data frames in, weights out. Its targets are a small frame of exactly these margins."""
    import pandas as pd
    import polars as pl
    from balance.weighting_methods.rake import rake

    people = pl.read_parquet(folder / "data.parquet")
    sample = pd.DataFrame({name: people[name].cast(pl.String).to_numpy().astype(object) for name in totals})
    weight = pd.Series(people["weight"].to_numpy())
    target, target_weight = _frame_of_margins(totals)

    def run(_):
        return rake(
            sample, weight, target, target_weight, transformations=None, convergence_rate=TOLERANCE, max_iteration=1000
        )

    seconds, raked = best_of(times, lambda: None, run)
    pl.DataFrame({"rk_wgt": raked["weight"].to_numpy()}).write_parquet(folder / "peer_weight.parquet")
    return {"seconds": seconds}


def _frame_of_margins(totals):
    """Return a data frame and its weights with these margins: a row wherever the category of one of them changes."""
    import numpy as np
    import pandas as pd

    ends = {name: np.cumsum(list(categories.values())) for name, categories in totals.items()}
    cuts = np.unique(np.concatenate(list(ends.values())))
    width = np.diff(cuts, prepend=0.0)
    middle = cuts - width / 2
    labels = {
        name: np.array(list(totals[name]), dtype=object)[np.minimum(np.searchsorted(end, middle), end.size - 1)]
        for name, end in ends.items()
    }
    return pd.DataFrame(labels), pd.Series(width)


def svy_replicates(folder, totals, times):
    """Re-rake supplied replicates by svy, and estimate 20 shares with their standard errors."""
    import polars as pl
    import svy

    people = pl.read_parquet(folder / "data.parquet")
    n_replicates = sum(name.startswith("replicate_") for name in people.columns)
    replicates = svy.BootstrapWgts(prefix="replicate_", n_reps=n_replicates)
    design = svy.Design(wgt="weight", rep_wgts=replicates)
    return _shares(times, totals, lambda: svy.Sample(people, design), lambda sample: sample)


def svy_own_replicates(folder, totals, times):
    """Draw 200 bootstrap replicates by svy, rake each, and estimate 20 shares with their standard errors."""
    import polars as pl
    import svy

    people = pl.read_parquet(folder / "data.parquet").with_row_index("person")
    design = svy.Design(wgt="weight", stratum="stratum", psu="person")
    return _shares(
        times,
        totals,
        lambda: svy.Sample(people, design),
        lambda sample: sample.weighting.create_bs_wgts(200, rep_prefix="replicate_", rstate=1),
    )


def svy_tables(folder, totals, times):
    """Rake by svy, then the shares of every item's answers by the first margin with linearised standard errors."""
    import polars as pl
    import svy

    people = pl.read_parquet(folder / "data.parquet")
    items = [name for name in people.columns if name.startswith("item_")]
    people = people.with_columns(pl.col(items).cast(pl.String))
    design = svy.Design(wgt="weight", stratum="stratum")

    def run(sample):
        raked = sample.weighting.rake(controls=totals, tol=TOLERANCE, max_iter=1000)
        return raked.estimation.prop(items, by=next(iter(totals)))

    seconds, tables = best_of(times, lambda: svy.Sample(people, design), run)
    return {"seconds": seconds, "standard_errors": [one.se for table in tables for one in table.estimates]}


def _shares(times, totals, make, replicate):
    """Return the seconds for raked replicates and the standard errors of the 20 items."""

    def run(sample):
        raked = replicate(sample).weighting.rake(controls=totals, tol=TOLERANCE, max_iter=1000)
        items = [name for name in raked.data.columns if name.startswith("item_")]
        return raked.estimation.mean(items, method="replication", variance_center="estimate")

    seconds, estimates = best_of(times, make, run)
    return {"seconds": seconds, "standard_errors": [estimate.estimates[0].se for estimate in estimates]}


def main():
    """Run one task in a folder and print its figures."""
    task, folder, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    totals = json.loads((folder / "totals.json").read_text(encoding="utf-8"))
    figures = {
        "svy_rake": svy_rake,
        "ipfn_cells": ipfn_cells,
        "samplics_rake": samplics_rake,
        "balance_rake": balance_rake,
        "svy_replicates": svy_replicates,
        "svy_own_replicates": svy_own_replicates,
        "svy_tables": svy_tables,
    }[task](folder, totals, times)
    sys.stdout.flush()
    os.write(1, ("\n" + json.dumps(figures) + "\n").encode())


if __name__ == "__main__":
    main()
