"""What weights do about members who leave for what they think: `python -m tests.simulation.attrition_bias`.

Every simulated panel goes the way of a night, from arrays through recipes to published rows. Base weights alone,
our weights of the wave, and our longitudinal weight are held against the truth: where the panel knows what drives
people away, and where it does not. The figures go into tests/RESULTS.md.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import polars as pl

from pipeline.analysis_plans import TransitionPlan
from pipeline.panel.estimates import PanelData, net_changes, wave_estimates
from pipeline.panel.transitions import tabulated, transitions
from pipeline.panel.weights import PanelWeight, weigh
from tests.results_page import replace_section
from tests.simulation.leaving_panel import (
    ANSWERS,
    DRIVERS,
    FIRST_ANSWER,
    ITEM,
    N_STRATA,
    WAVES,
    Population,
    draw_panel,
    draw_people,
    participation,
    population,
)

SEED = 20261125
TITLE = "Bias of panels whose members leave for what they think"
COMMAND = "python -m tests.simulation.attrition_bias"
PANELS_AT_A_TIME = 20
MANY = 8_000
FIRST, LAST = WAVES[0], WAVES[-1]
ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
COLUMNS = ["driver", "weight", "figure", "estimate", "standard_error", "ci_low", "ci_high"]
WORDS = {"base": "base weights alone", "wave": "wave weight", "all_waves": "longitudinal weight"}


def main() -> None:
    """Simulate on all processors and write the section of the results page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=500)
    options = parser.parse_args()
    table = summary(simulated(options.panels))
    lines = [
        f"`{COMMAND} --panels {options.panels}`: {options.panels} simulated panels of 1,600 for each reason to leave.",
        "",
        *markdown(table),
        *chance_line(options.panels),
    ]
    print("\n".join(lines))
    replace_section(TITLE, lines)


def simulated(panels: int, drivers: Sequence[str] = DRIVERS) -> pl.DataFrame:
    """Return what every panel estimated, with the truth beside it."""
    starts = range(0, panels, PANELS_AT_A_TIME)
    sizes = [min(PANELS_AT_A_TIME, panels - start) for start in starts]
    os.environ.update(ONE_THREAD)  # read by the processes as they start
    spawn = get_context("spawn")  # a fork would copy Polars' threads in whatever state they are
    with ProcessPoolExecutor(os.cpu_count(), spawn, initializer=_prepare) as processes:
        estimates = pl.concat(processes.map(_batch, starts, sizes, [tuple(drivers)] * len(sizes)))
    return estimates.join(_truth(population(np.random.default_rng(SEED))), on="figure", how="left")


_POPULATION: list[Population] = []


def _prepare() -> None:
    """Make the population once in each process; it is the same in all."""
    _POPULATION[:] = [population(np.random.default_rng(SEED))]


def _batch(start: int, size: int, drivers: tuple[str, ...]) -> pl.DataFrame:
    """Return the estimates of some panels; a panel's random numbers depend on its number only."""
    frames = []
    for number in range(start, start + size):
        for driver in drivers:
            rng = np.random.default_rng([SEED, number, DRIVERS.index(driver)])
            data = draw_panel(_POPULATION[0], driver, rng)
            frames += [frame.with_columns(driver=pl.lit(driver)).select(COLUMNS) for frame in _estimates(data)]
    return pl.concat(frames)


def _estimates(data: PanelData) -> Iterator[pl.DataFrame]:
    """Yield the estimates of one panel under every weight."""
    for weight_id in ("base", "wave"):
        first, last = (_weight(data, weight_id, (wave,)) for wave in (FIRST, LAST))
        yield _last_wave(data, last)
        change = net_changes(data, first, last, confidence=0.95, is_provisional=False)
        yield _headline(change).select(
            pl.lit(weight_id).alias("weight"),
            pl.lit("change").alias("figure"),
            pl.col("change").alias("estimate"),
            "standard_error",
            "ci_low",
            "ci_high",
        )
    longitudinal = _weight(data, "all_waves", WAVES)
    yield _last_wave(data, longitudinal)
    yield _stayed(data, longitudinal)
    yield _stayed(data, _weight(data, "base", (LAST,)))


def _weight(data: PanelData, weight_id: str, waves: tuple[str, ...]) -> PanelWeight:
    return weigh(data.survey, data.survey.weight(weight_id), waves, data.arrays)


def _last_wave(data: PanelData, weight: PanelWeight) -> pl.DataFrame:
    """Return the share at the last wave."""
    rows = wave_estimates(data, weight, LAST, confidence=0.95, is_provisional=False)
    return _headline(rows).select(
        pl.lit(weight.recipe.weight_id).alias("weight"),
        pl.lit("last wave").alias("figure"),
        "estimate",
        "standard_error",
        "ci_low",
        "ci_high",
    )


def _stayed(data: PanelData, weight: PanelWeight) -> pl.DataFrame:
    """Return the transitions from the first wave to the last."""
    pair = (FIRST, LAST)
    found = transitions(data, weight, tabulated(data, weight, TransitionPlan((ITEM,), (), ()), pair), pair)
    spread = 1.96 * pl.col("standard_error")
    return found.select(
        pl.lit(weight.recipe.weight_id).alias("weight"),
        pl.concat_str("category_from", "category_to", separator=" to ").alias("figure"),
        pl.col("row_share").alias("estimate"),
        "standard_error",
        (pl.col("row_share") - spread).alias("ci_low"),
        (pl.col("row_share") + spread).alias("ci_high"),
    )


def _headline(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter((pl.col("statistic") == "headline") & (pl.col("domain") == "all"))


def _truth(people: Population) -> pl.DataFrame:
    """Return the true value of every figure."""
    last, first = people.share_for(-1), people.share_for(0)
    shares = people.transitions()
    moves = {f"{a} to {b}": float(shares[i, j]) for i, a in enumerate(ANSWERS) for j, b in enumerate(ANSWERS)}
    truth = {"last wave": last, "change": last - first, **moves}
    return pl.DataFrame({"figure": list(truth), "truth": list(truth.values())})


def summary(panels: pl.DataFrame) -> pl.DataFrame:
    """Return one row per driver, figure and weight: bias and its cut, spread, mean standard error, coverage."""
    is_covered = (pl.col("ci_low") <= pl.col("truth")) & (pl.col("truth") <= pl.col("ci_high"))
    table = panels.group_by("driver", "figure", "weight", maintain_order=True).agg(
        pl.col("truth").first(),
        bias=pl.col("estimate").mean() - pl.col("truth").first(),
        spread=pl.col("estimate").std(),
        standard_error=pl.col("standard_error").pow(2).mean().sqrt(),
        coverage=is_covered.mean(),
        n_panels=pl.len(),
    )
    naive = table.filter(weight="base").select("driver", "figure", pl.col("bias").alias("naive_bias"))
    return table.join(naive, on=["driver", "figure"], how="left", maintain_order="left").with_columns(
        bias_cut=1 - (pl.col("bias") / pl.col("naive_bias")).abs(),
        error_ratio=pl.col("standard_error") / pl.col("spread"),
    )


def markdown(table: pl.DataFrame) -> list[str]:
    """Return the summary as the lines of a table."""
    lines = [
        "| people leave by | figure | weight | truth | bias | bias cut by | spread | SE / spread | covered |",
        "|---|---|---|" + "---:|" * 6,
    ]
    order = {driver: place for place, driver in enumerate(DRIVERS)}
    kinds = table.with_columns(
        is_move=pl.col("figure").str.contains(" to "), place=pl.col("driver").replace_strict(order)
    )
    for row in kinds.sort("place", "is_move", "figure", "weight", maintain_order=True).iter_rows(named=True):
        cut = "" if row["weight"] == "base" or row["is_move"] else f"{row['bias_cut']:.0%}"
        lines.append(
            f"| {row['driver']} | {row['figure']} | {WORDS[row['weight']]} | {row['truth']:.4f} | {row['bias']:+.4f} "
            f"| {cut} | {row['spread']:.4f} | {row['error_ratio']:.3f} | {row['coverage']:.1%} |"
        )
    drivers = table["driver"].unique(maintain_order=True)
    return [*lines, "", *(_moves_line(driver, table) for driver in drivers)]


def chance_line(panels: int) -> list[str]:
    """Return how far a ratio of error to spread is off by chance alone, and where it settles over many more panels."""
    ratio = ratio_of_many(population(np.random.default_rng(SEED)), MANY)
    off = 1 / np.sqrt(2 * (panels - 1))
    return [
        "",
        f"SE / spread over {panels} panels is off by {off:.1%} (one standard error) by chance, and the rows of one "
        f"reason to leave share their panels, so they are off together. Over {MANY:,} panels, worked from the formula "
        f"alone, it is {ratio:.3f} for the last wave under base weights, people leaving by the first answer.",
    ]


def ratio_of_many(people: Population, panels: int) -> float:
    """Return error over spread of the last wave's share under base weights, by the formula of a stratified mean."""
    shares, variances = np.empty(panels), np.empty(panels)
    for number in range(panels):
        sample = draw_people(people, np.random.default_rng([SEED, MANY, number]))
        answered = participation(people.age[sample.person], sample.answer, FIRST_ANSWER, sample.rng)[-1]
        weight = np.where(answered, 1 / sample.chance, 0.0)
        given = sample.answer[-1] == 2
        shares[number] = (weight * given).sum() / weight.sum()
        linearised = weight * (given - shares[number]) / weight.sum()
        strata = people.stratum[sample.person][answered]
        parts = [linearised[answered][strata == stratum] for stratum in range(N_STRATA)]
        variances[number] = sum(one.size * one.var(ddof=1) for one in parts)
    return float(np.sqrt(variances.mean()) / shares.std(ddof=1))


def _moves_line(driver: str, table: pl.DataFrame) -> str:
    """Return how well the nine transitions from the first wave to the last are recovered."""
    moves = table.filter(pl.col("figure").str.contains(" to "), driver=driver)
    parts = []
    for weight, words in (("base", "base weights alone"), ("all_waves", "the longitudinal weight")):
        ours = moves.filter(weight=weight)
        parts.append(
            f"{words}: largest bias {ours['bias'].abs().max():.4f}, covered on average {ours['coverage'].mean():.1%}, "
            f"at least {ours['coverage'].min():.1%}"
        )
    return f"Nine transitions, people leaving by {driver}. {'; '.join(parts).capitalize()}."


if __name__ == "__main__":
    main()
