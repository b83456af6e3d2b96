"""Estimates inside the published file, from 200 replicates: `python -m tests.benchmarks.bench_macros`.

A published file of 10,000 members over 12 waves (replicates: the bootstrap of persons) and one of 1,000,000 over 4
(delete-a-group jackknife), every replicate raked anew; `share` is then called in a process that opens it read-only.
Processor seconds stand beside those of the clock, for machines that have something else to do.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline import warehouse
from pipeline.design import SurveyDesign
from pipeline.estimation.intervals import t_table
from pipeline.weighting.calibration import CalibrationOptions, calibrate
from pipeline.weighting.margins import margin_levels
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import CalibrationPlan, calibrated_replicates, uncalibrated_replicates
from tests.benchmarks.survey_data import BenchmarkSample, benchmark_sample
from tests.results_page import replace_section

TITLE, COMMAND = "Speed of macros", "`python -m tests.benchmarks.bench_macros`"
N_REPLICATES, N_ITEMS = 200, 10
OPTIONS = CalibrationOptions(tolerance=1e-8)
MEMORY = "8GB"
READER = """
import json, resource, sys, time, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True, config={"memory_limit": sys.argv[2]})
connection.execute("set enable_progress_bar = false").fetchall()
for query in json.loads(sys.argv[3]):
    best = [1e9, 1e9]
    for _ in range(int(sys.argv[4])):
        clock, processor = time.perf_counter(), time.process_time()
        rows = connection.execute(query).fetchall()
        best = [min(best[0], time.perf_counter() - clock), min(best[1], time.process_time() - processor)]
    print(json.dumps([query, len(rows), *best]), flush=True)
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)))
"""
PANEL = """
insert into marts.surveys (survey, title, inference, smallest_base) values ('s', 'S', 'probability', 50);
insert into marts.weight_ids (survey, weight_id, kind, inference, weight_order)
    values ('s', 'each', 'cross_sectional', 'probability', 1);
insert into definitions.items (survey, item, item_order, kind, is_published, wording)
    values ('s', 'item_0', 0, 'category', true, 'Wording?');
insert into definitions.answer_options (survey, item, option_order, code, label)
    values ('s', 'item_0', 1, '1', 'answer 1');
insert into marts.items (survey, item, item_order, kind, is_published, waves)
    select 's', 'item_' || i, i, 'category', true, 'w1' from range({n_items}) as t(i);
insert into marts.answer_options (survey, item, option_order, code, label, headlines)
    select 's', 'item_' || i, c, c, 'answer ' || c, if(c > 3, 'agree', null)
    from range({n_items}) as t(i), range(1, 6) as u(c);
insert into marts.domains (survey, domain, domain_order, domain_value, value_order, shown_as)
    select distinct 's', 'age_group', 1, margin_1::varchar, 1, margin_1::varchar from people;
insert into marts.member_profile (survey, panel_member_id, domain, domain_value)
    select 's', 'm' || row, 'age_group', margin_1::varchar from people order by row;
insert into marts.waves (survey, wave, wave_number, release_status)
    select 's', 'w' || w, w, 'final' from range(1, {n_waves} + 1) as t(w);
insert into marts.weight_waves (survey, wave, wave_number, weight_id, kind, wave_set, is_default, replicate_set,
        replicate_kind, n_replicates)
    select 's', 'w' || w, w, 'each', 'cross_sectional', 'w' || w, true, 'd', '{kind}', {n_replicates}
    from range(1, {n_waves} + 1) as t(w);
insert into marts.weights (survey, panel_member_id, weight_id, wave, kind, wave_set, weight, stratum, psu,
        replicate_set, replicate_group, replicate_cell)
    select 's', 'm' || row, 'each', 'w' || w, 'cross_sectional', 'w' || w, final, stratum, row, 'd', "group", cell
    from people, range(1, {n_waves} + 1) as t(w) order by w, row;
insert into marts.replicate_sets (survey, replicate_set, kind, n_replicates, coefficients)
    select 's', 'd', '{kind}', {n_replicates}, coefficients from sets;
insert into marts.replicate_factors (survey, replicate_set, replicate_group, factors)
    select 's', 'd', "group", factors from factors;
insert into marts.replicate_ratios (survey, weight_id, wave_set, replicate_cell, ratios, replicate_set)
    select 's', 'each', 'w' || w, cell, ratios, 'd' from ratios, range(1, {n_waves} + 1) as t(w) order by all;
insert into marts.answers (survey, wave, panel_member_id, item, code, label)
    select 's', 'w' || w, 'm' || row, 'item_' || i, code, 'answer ' || code from (
        select w, row, i, (1 + (hash(row, i) % 5 + hash(row, w) % 5) % 5)::varchar as code
        from people, range(1, {n_waves} + 1) as t(w), range({n_items}) as u(i)
    ) order by w, row, i;
"""


@dataclass(frozen=True)
class Size:
    """A panel to publish."""

    n: int
    n_waves: int
    kind: str
    n_items: int


def main() -> None:
    """Print the figures, and write them into tests/RESULTS.md if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the large panel")
    parser.add_argument("--times", type=int, default=5, help="runs, of which the shortest counts")
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    lines = [
        f"{COMMAND}, {N_REPLICATES} replicates, 7 age groups x 5 answers and a headline, shortest of several runs.",
        "",
        *("| members x waves | replicates | asked | seconds | processor seconds |", "|---|---|---|---|---|"),
    ]
    small, large = Size(10_000, 12, "bootstrap", N_ITEMS), Size(options.rows, 4, "jkgroups", 1)
    for size, times in ((small, options.times), (large, 1)):
        lines += list(measured(size, times))
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def measured(size: Size, times: int) -> Iterator[str]:
    """Yield a line for each query on a panel of that size, and the memory of the process that asked."""
    one_wave = ("one wave by age group", "from share('item_0', \"by\" := 'age_group', wave := 'w2')")
    every = (f"all {size.n_waves} waves by age group", "from share('item_0', \"by\" := 'age_group')")
    asked = [one_wave, every]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.duckdb"
        publish(size, Path(folder), path)
        queries = json.dumps([query for _, query in asked])
        command = [sys.executable, "-c", READER, str(path), MEMORY, queries, str(times)]
        *found, peak = subprocess.run(command, check=True, text=True, capture_output=True).stdout.splitlines()
        for (words, _), line in zip(asked, found, strict=True):
            _, _, clock, processor = json.loads(line)
            yield f"| {size.n:,} x {size.n_waves} | {size.kind} | {words} | {clock:.2f} | {processor:.2f} |"
        size_on_disk = path.stat().st_size / 1e6
        yield f"| {size.n:,} x {size.n_waves} | | peak memory {float(peak):.1f} GB, file {size_on_disk:.0f} MB | | |"


def publish(size: Size, folder: Path, path: Path) -> None:
    """Publish a panel of that size: its weights raked, every replicate anew, its answers made up."""
    frames = panel_frames(size, benchmark_sample(size.n))
    with warehouse.open_warehouse(folder / "warehouse.duckdb") as connection:
        warehouse.build(connection)
        warehouse.build_marts(connection)
        for name, frame in frames.items():
            connection.register(name, frame)
        named = {"n_items": size.n_items, "n_waves": size.n_waves, "kind": size.kind, "n_replicates": N_REPLICATES}
        for statement in PANEL.format(**named).split(";"):
            if statement.strip():
                warehouse.execute(connection, statement)
        table = pl.DataFrame(t_table(size.n, 0.95, 0.8, tested=N_REPLICATES - 1)).with_columns(confidence=0.95)
        warehouse.replace_rows(connection, "marts.t_distribution", table)
        warehouse.publish(connection, path, snapshot_name="measured")


def panel_frames(size: Size, sample: BenchmarkSample) -> dict[str, pl.DataFrame]:
    """Return the people with their final weights, and the replicates as they are stored."""
    margins = margin_levels(sample.people, sample.categories)
    targets, base = margins.targets(sample.totals), sample.people["weight"].to_numpy()
    full = calibrate(base, margins.levels, targets, OPTIONS)
    design = SurveyDesign(base, sample.people["stratum"].to_numpy())
    factors = replicate_factors(design, ReplicatePlan(size.kind, N_REPLICATES, seed=1))
    made = calibrated_replicates(
        uncalibrated_replicates(base, factors), margins.levels, CalibrationPlan(targets, OPTIONS)
    )
    assert made.cell_of_row is not None
    assert made.ratio is not None
    people = sample.people.with_columns(
        row=pl.int_range(size.n),
        group=pl.Series(factors.group_of_row),
        cell=pl.Series(made.cell_of_row.astype(np.int64)),
        final=pl.Series(full.weight),
    )
    cells, first = np.unique(made.cell_of_row, return_index=True)
    ratio = made.ratio[cells] / (full.weight[first] / base[first])[:, None]
    groups = np.unique(factors.group_of_row)
    numbers = pl.List(pl.Float64)
    return {
        "people": people,
        "sets": pl.DataFrame({"coefficients": pl.Series([factors.coefficient.tolist()], dtype=numbers)}),
        "factors": pl.DataFrame({"group": groups, "factors": pl.Series(factors.factor[groups]).cast(numbers)}),
        "ratios": pl.DataFrame({"cell": cells.astype(np.int64), "ratios": pl.Series(ratio).cast(numbers)}),
    }


if __name__ == "__main__":
    main()
