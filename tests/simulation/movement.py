"""Are errors of change and trend as large as they claim? `python -m tests.simulation.movement --draws 4000`.

A panel of five waves drawn again and again from a population whose shares are known: households in strata, members who
miss waves, a refreshment at the fourth wave, weights raked to age. Every draw goes through the functions the pipeline
uses. The figures go into tests/RESULTS.md.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.change import net_change
from pipeline.estimation.contrasts import contrast_test
from pipeline.estimation.intervals import normal_interval
from pipeline.estimation.smoothing import local_level
from pipeline.estimation.trends import linear_trend
from pipeline.estimation.values import DomainMask, ItemValues, domain_rows
from pipeline.estimation.wave_series import item_series
from pipeline.estimation.waves import WaveAnswers, joint_spreads
from pipeline.weighting.calibration import rake
from tests.results_page import replace_section

SEED = 20261125
TITLE = "Errors of change and trend"
COMMAND = "python -m tests.simulation.movement"
N_WAVES, REFRESHED = 5, 3  # waves, and the place of the one with newcomers
HOUSEHOLDS, NEW_HOUSEHOLDS, N_STRATA = 240, 120, 4
FIRST_SHARE, A_WAVE = 0.46, 0.02  # the true share at the first wave, and what each wave adds
PERSON, HOUSEHOLD, AGE = 0.55, 0.2, 0.1  # of the variance of an answer's tendency; the rest is the wave's own
AGES = np.array([0.3, 0.4, 0.3])  # shares of the population
RESPONSE = 0.8
TIME = np.arange(N_WAVES, dtype=np.float64)
TRUTH = FIRST_SHARE + A_WAVE * TIME
Floats = NDArray[np.float64]


def main() -> None:
    """Run the draws and write the section of the results page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4_000)
    options = parser.parse_args()
    table = summary(simulated(options.draws))
    lines = [
        f"`{COMMAND} --draws {options.draws}`: {options.draws:,} panels of five waves, {HOUSEHOLDS} households and "
        f"{NEW_HOUSEHOLDS} more at the fourth wave. The standard error of a ratio is "
        f"{np.sqrt(0.5 / options.draws):.1%}, of a coverage of 95 % {np.sqrt(0.95 * 0.05 / options.draws):.1%}.",
        "",
        "| estimate | truth | bias | spread | mean SE | SE / spread | covered |",
        "|---|" + "---:|" * 6,
    ]
    for row in table.iter_rows(named=True):
        lines.append(
            f"| {row['what']} | {row['truth']:.4f} | {row['bias']:+.4f} | {row['spread']:.4f} "
            f"| {row['standard_error']:.4f} | {row['ratio']:.3f} | {row['coverage']:.2%} |"
        )
    print("\n".join(lines))
    replace_section(TITLE, lines)


def simulated(draws: int) -> pl.DataFrame:
    """Return what every draw estimated: what, truth, estimate, standard_error, ci_low, ci_high."""
    rows = [row for number in range(draws) for row in _draw(np.random.default_rng([SEED, number]))]
    return pl.DataFrame(rows, schema=["what", "truth", "estimate", "standard_error", "ci_low", "ci_high"], orient="row")


def summary(draws: pl.DataFrame) -> pl.DataFrame:
    """Return one row per estimate: the truth, bias, spread, standard error and how often it covers."""
    is_covered = (pl.col("ci_low") <= pl.col("truth")) & (pl.col("truth") <= pl.col("ci_high"))
    return (
        draws.group_by("what", maintain_order=True)
        .agg(
            pl.col("truth").first(),
            bias=pl.col("estimate").mean() - pl.col("truth").first(),
            spread=pl.col("estimate").std(),
            standard_error=pl.col("standard_error").pow(2).mean().sqrt(),
            coverage=is_covered.mean(),
        )
        .with_columns(ratio=pl.col("standard_error") / pl.col("spread"))
    )


def _draw(rng: np.random.Generator) -> Iterator[tuple[str, float, float, float, float, float]]:
    """Yield the estimates of one drawn panel."""
    waves = _panel(rng)
    for first, second in ((0, 1), (2, 3), (0, 4)):
        row = net_change(waves[first], waves[second]).filter(category="yes").row(0, named=True)
        name = f"change, wave {first + 1} to {second + 1}"
        figures = (row["change"], row["standard_error"], row["ci_low"], row["ci_high"])
        yield name, TRUTH[second] - TRUTH[first], *figures
    spreads = joint_spreads([one.design for one in waves])
    rows = [domain_rows(one.design, one.domains) for one in waves]
    series = item_series(spreads, rows, [one.items[0] for one in waves]).series(0, 1, range(N_WAVES))
    before_after = contrast_test(series.joint(), np.array([-1, -1, -1, 1.5, 1.5]) / 3)
    for name, truth, found in (
        ("slope of the line, a wave", A_WAVE, linear_trend(series, TIME)),
        ("waves 4, 5 against 1 to 3", TRUTH[3:].mean() - TRUTH[:3].mean(), before_after),
    ):
        numbers = (np.array(one) for one in (found.estimate, found.standard_error, found.degrees_of_freedom))
        low, high = normal_interval(*numbers)
        yield name, truth, found.estimate, found.standard_error, float(low), float(high)
    line = local_level(series.estimate, series.covariance, TIME)
    error = np.sqrt(line.variance)
    low, high = normal_interval(line.level, error, np.full(N_WAVES, series.degrees_of_freedom))
    yield "trend line at wave 3", TRUTH[2], line.level[2], error[2], low[2], high[2]


def _panel(rng: np.random.Generator) -> list[WaveAnswers]:
    """Return five waves of one drawn panel."""
    households = HOUSEHOLDS + NEW_HOUSEHOLDS
    household = np.repeat(np.arange(households), 2)  # two members each
    is_new = household >= HOUSEHOLDS
    stratum = household % N_STRATA + N_STRATA * is_new
    age = rng.choice(3, household.size, p=AGES)
    shift = (age - 1) / np.sqrt(AGES @ np.square([-1, 0, 1]))
    trait = np.sqrt(PERSON) * rng.normal(size=household.size)
    trait += np.sqrt(HOUSEHOLD) * rng.normal(size=households)[household] + np.sqrt(AGE) * shift
    own = np.sqrt(1 - PERSON - HOUSEHOLD - AGE)
    waves = []
    for wave in range(N_WAVES):
        answered = (rng.random(household.size) < RESPONSE + 0.1 * (age - 1)) & (~is_new | (wave >= REFRESHED))
        yes = trait + own * rng.normal(size=household.size) > _threshold(TRUTH[wave])
        waves.append(_wave(np.flatnonzero(answered), stratum, household, age, yes))
    return waves


def _threshold(share: float) -> float:
    """Return the tendency above which this share of the population lies: normal but for three ages, to four digits."""
    middle = float(ndtri(1 - share))
    shift = np.sqrt(AGE) * np.array([-1, 0, 1]) / np.sqrt(AGES @ np.square([-1, 0, 1]))
    grid = np.linspace(middle - 0.2, middle + 0.2, 4001)
    above = AGES @ ndtr((shift[:, None] - grid) / np.sqrt(1 - AGE))
    return float(np.interp(-share, -above, grid))


def _wave(
    rows: NDArray[np.int64],
    stratum: NDArray[np.int64],
    household: NDArray[np.int64],
    age: NDArray[np.int64],
    yes: NDArray[np.bool_],
) -> WaveAnswers:
    """Return one wave's respondents, raked to the population's ages."""
    base, levels = np.ones(rows.size), age[rows, None]
    weight = rake(base, levels, [AGES * rows.size]).weight
    design = SurveyDesign(weight, stratum[rows], household[rows], calibration=Calibration(base, levels))
    item = ItemValues("q", codes=yes[rows].astype(np.int64), categories=("no", "yes"))
    return WaveAnswers(design, rows, [item], [DomainMask("all", "all", np.ones(rows.size, np.bool_))])


if __name__ == "__main__":
    main()
