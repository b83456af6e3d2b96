"""Do 95 % intervals cover the truth 95 times in 100? `python -m tests.simulation.coverage --draws 20000`.

Every draw goes the whole way with the functions the pipeline uses: from a known population through strata,
clusters and nonresponse to raked weights, shares, domains and change between two waves. The figures go into
tests/RESULTS.md.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import WeightingError
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.weighting.calibration import rake
from tests.results_page import PAGE, replace_section
from tests.simulation.known_population import (
    ITEMS,
    N_AGES,
    N_SEXES,
    DrawnSample,
    KnownPopulation,
    draw,
    known_population,
)

SEED = 20261123
TITLE = "Coverage of intervals"
COMMAND = "python -m tests.simulation.coverage"
DRAWS_AT_A_TIME = 50
NOT_NOISE = 0.05  # a chance below it
SHOWN = ("sample", "kind", "item", "domain_value", "truth", "bias", "spread", "standard_error", "coverage")
ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
COLUMNS = ["sample", "kind", "item", "domain_value", "truth", "estimate", "standard_error", "ci_low", "ci_high"]


@dataclass(frozen=True)
class Sampling:
    """How many clusters of each of the 12 strata are drawn, people of each cluster, and what is estimated."""

    name: str
    clusters: int
    people: int
    items: tuple[str, ...]
    has_ages: bool  # estimates of five ages too; in the small sample they would rest on 25 people each


SAMPLINGS = (
    Sampling("1,920 drawn", 20, 8, ("approves", "trusts", "complains"), has_ages=True),
    Sampling("240 drawn", 10, 2, ("approves", "trusts"), has_ages=False),
)


def main() -> None:
    """Run the draws on all processors and write the section of the results page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--judge", action="store_true", help="judge the table of the results page again, no draws")
    options = parser.parse_args()
    table = read_table(options.draws) if options.judge else summary(simulated(options.draws))
    error = np.sqrt(0.95 * 0.05 / options.draws)
    lines = [
        f"`{COMMAND} --draws {options.draws}`: {options.draws:,} samples of a known population of 840,000. "
        f"The standard error of a coverage of 95 % is {error:.2%}.",
        "",
    ]
    lines += [*markdown(table), "", *_verdict(table)]
    print("\n".join(lines))
    replace_section(TITLE, lines)


def simulated(draws: int, seed: int = SEED) -> pl.DataFrame:
    """Return what every draw estimated, with the truth beside it: COLUMNS."""
    starts = range(0, draws, DRAWS_AT_A_TIME)
    sizes = [min(DRAWS_AT_A_TIME, draws - start) for start in starts]
    os.environ.update(ONE_THREAD)  # read by the processes as they start
    spawn = get_context("spawn")  # a fork would copy Polars' threads in whatever state they are
    with ProcessPoolExecutor(os.cpu_count(), spawn, initializer=_prepare, initargs=(seed,)) as processes:
        estimates = pl.concat(processes.map(_batch, starts, sizes))
    return _with_truth(estimates, known_population(np.random.default_rng(seed)))


_POPULATION: list[KnownPopulation] = []


def _prepare(seed: int) -> None:
    """Make the population once in each process; it is the same in all."""
    _POPULATION[:] = [known_population(np.random.default_rng(seed))]


def _batch(start: int, size: int) -> pl.DataFrame:
    """Return the estimates of some draws; a draw's random numbers depend on its number only."""
    population = _POPULATION[0]
    frames = []
    for number in range(start, start + size):
        for which, sampling in enumerate(SAMPLINGS):
            rng = np.random.default_rng([SEED, number, which])
            frames += [frame.with_columns(sample=pl.lit(sampling.name)) for frame in _draw(population, sampling, rng)]
    return pl.concat(frames)


def _draw(population: KnownPopulation, sampling: Sampling, rng: np.random.Generator) -> Iterator[pl.DataFrame]:
    """Yield the estimates of the first wave and of the change; nothing of a sample that cannot be raked."""
    sample = draw(population, sampling.clusters, sampling.people, rng)
    try:
        waves = [_wave(sample, wave, population, sampling) for wave in (0, 1)]
    except WeightingError:
        return
    first, second = waves
    kept = ["item", "domain_value", "standard_error", "ci_low", "ci_high"]
    share = pl.lit("share").alias("kind")
    yield (
        estimate_items(first.design, first.items, first.domains)
        .filter(pl.col("category") == "yes")
        .select(share, *kept, "estimate")
    )
    change = pl.lit("change").alias("kind")
    yield (
        net_change(first, second)
        .filter(pl.col("category") == "yes")
        .select(change, *kept, pl.col("change").alias("estimate"))
    )


def _wave(sample: DrawnSample, wave: int, population: KnownPopulation, sampling: Sampling) -> WaveAnswers:
    """Return one wave's respondents: raked, with their answers and domains."""
    rows = np.flatnonzero(sample.has_answered[wave])
    base_weight, levels = sample.base_weight[rows], sample.levels[rows]
    weight = rake(base_weight, levels, population.totals).weight
    design = SurveyDesign(
        weight, sample.stratum[rows], sample.cluster[rows], calibration=Calibration(base_weight, levels)
    )
    items = [
        ItemValues(name, sample.answers[number, wave, rows].astype(np.int64), categories=("no", "yes"))
        for number, name in enumerate(ITEMS)
        if name in sampling.items
    ]
    return WaveAnswers(design, rows, items, _domains(levels, sampling.has_ages))


def _domains(levels: NDArray[np.int64], has_ages: bool) -> list[DomainMask]:
    """Return everyone, the sexes, and the ages if they are wanted."""
    everyone = DomainMask("all", "all", np.ones(len(levels), np.bool_))
    ages = N_AGES if has_ages else 0
    return [
        everyone,
        *(DomainMask("sex", f"sex {one + 1}", levels[:, 1] == one) for one in range(N_SEXES)),
        *(DomainMask("age", f"age {one + 1}", levels[:, 0] == one) for one in range(ages)),
    ]


def _with_truth(estimates: pl.DataFrame, population: KnownPopulation) -> pl.DataFrame:
    """Return the estimates with the true share or change beside each."""
    groups = {"all": np.ones(population.age.shape, np.bool_)}
    groups |= {f"sex {one + 1}": population.sex == one for one in range(N_SEXES)}
    groups |= {f"age {one + 1}": population.age == one for one in range(N_AGES)}
    rows = []
    for value, group in groups.items():
        for item, (before, after) in zip(ITEMS, population.truth(group), strict=True):
            rows += [("share", item, value, float(before)), ("change", item, value, float(after - before))]
    truth = pl.DataFrame(rows, schema=["kind", "item", "domain_value", "truth"], orient="row")
    return estimates.join(truth, on=["kind", "item", "domain_value"], how="left").select(COLUMNS)


def summary(draws: pl.DataFrame) -> pl.DataFrame:
    """Return one row per estimate: the truth, bias, spread, mean standard error and coverage."""
    is_covered = (pl.col("ci_low") <= pl.col("truth")) & (pl.col("truth") <= pl.col("ci_high"))
    return draws.group_by("sample", "kind", "item", "domain_value", maintain_order=True).agg(
        pl.col("truth").first(),
        bias=pl.col("estimate").mean() - pl.col("truth").first(),
        spread=pl.col("estimate").std(),
        standard_error=pl.col("standard_error").pow(2).mean().sqrt(),
        coverage=is_covered.mean(),
        n_draws=pl.len(),
    )


def markdown(table: pl.DataFrame) -> list[str]:
    """Return the summary as the lines of a table."""
    lines = [
        "| sample | estimate | item | of | truth | bias | spread | mean SE | covered |",
        "|---|---|---|---|" + "---:|" * 5,
    ]
    for row in table.iter_rows(named=True):
        lines.append(
            f"| {row['sample']} | {row['kind']} | {row['item']} | {row['domain_value']} | {row['truth']:.4f} "
            f"| {row['bias']:+.4f} | {row['spread']:.4f} | {row['standard_error']:.4f} | {row['coverage']:.2%} |"
        )
    return lines


def read_table(draws: int, page: Path = PAGE) -> pl.DataFrame:
    """Return the summary that the page shows, as far as its digits go."""
    section = page.read_text(encoding="utf-8").split(f"\n## {TITLE}\n", 1)[1].split("\n## ", 1)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    table = pl.DataFrame(cells[2:], schema=[*SHOWN], orient="row")
    share = pl.col("coverage").str.strip_chars("%").cast(pl.Float64) / 100
    numbers = [pl.col(name).cast(pl.Float64) for name in SHOWN[4:-1]]
    return table.with_columns(*numbers, coverage=share, n_draws=pl.lit(draws))


def judged(row: dict[str, Any], n_estimates: int, limit: float) -> str:
    """Return in words whether a coverage below the limit is the simulation's noise.

    Args:
        n_estimates: how many there are, of which this one is out of the limits.
    """
    coverage, n_draws = row["coverage"], row["n_draws"]
    below = (0.95 - coverage) / np.sqrt(0.95 * 0.05 / n_draws)
    chance = min(1.0, n_estimates * float(norm.sf(below)))
    reach = norm.isf(0.025) * np.sqrt(coverage * (1 - coverage) / n_draws)
    return (
        f"{row['kind']} {row['item']}, {row['domain_value']}: {coverage:.2%} is {below:.1f} standard errors of the "
        f"simulation below 95%. The lowest of {n_estimates} would be so low by chance in at most {chance:.1%} of "
        f"simulations, so it {'can be' if chance > NOT_NOISE else 'is more than'} noise around 95%. "
        f"Its interval covers {coverage - reach:.1%} to {coverage + reach:.1%}; {limit:.1%} is "
        f"{'inside' if limit <= coverage + reach else 'outside'} that. Its mean standard error is "
        f"{row['standard_error']:.4f}, its spread {row['spread']:.4f}."
    )


def _verdict(table: pl.DataFrame) -> list[str]:
    """Return how many estimates are covered as often as they should be."""
    lines = []
    for name, chosen, low, high in (
        ("shares, domains and change", is_ordinary(), 0.945, 0.955),
        ("small samples and shares near 0.03", ~is_ordinary(), 0.94, 0.97),
    ):
        coverage = table.filter(chosen)["coverage"]
        n_within = int(coverage.is_between(low, high).sum())
        lines.append(
            f"{name}: {n_within} of {coverage.len()} within {low:.1%} to {high:.1%} "
            f"(lowest {coverage.min():.2%}, highest {coverage.max():.2%})."
        )
        too_low = table.filter(chosen & (pl.col("coverage") < low))
        lines += [judged(row, coverage.len(), low) for row in too_low.iter_rows(named=True)]
    return lines


def is_ordinary() -> pl.Expr:
    """Return which estimates are neither of a small sample nor of a share near 0.03."""
    return (pl.col("sample") == SAMPLINGS[0].name) & (pl.col("item") != "complains")


if __name__ == "__main__":
    main()
