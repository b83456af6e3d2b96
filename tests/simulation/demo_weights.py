"""What a nonresponse step would do for the demonstration's weights: `python -m tests.simulation.demo_weights`.

Panels of the demonstration are taken in as a night does it; then each wave's headlines are estimated under raking alone
and under recipes that also know who answered before and what they said first, and held against the truth.
"""

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import polars as pl

from pipeline.panel.estimates import PanelData, wave_estimates
from pipeline.panel.weights import weigh
from pipeline.weighting_steps import ANSWER, Covariate, NonresponseStep, WeightRecipe
from tests.results_page import replace_section

TITLE = "Nonresponse in the demonstration's weights"
WAVES = ("w04", "w07")  # before the refreshment, and the last final one
MEMBERS, ALL_WAVES = 3_000, 8


class _GatheredError(Exception):
    """The members and answers are there: the night need not go on."""


def main() -> None:
    """Simulate, print the table and write the section of the results page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panels", type=int, default=6)
    options = parser.parse_args()
    estimates = pl.concat([_estimates(data, truth) for data, truth in _panels(options.panels)])
    lines = [
        f"`python -m tests.simulation.demo_weights --panels {options.panels}`: {options.panels} simulated panels of "
        f"{MEMBERS:,} members; all headlines of a wave against the truth, in points.",
        "",
        *markdown(estimates),
    ]
    print("\n".join(lines))
    replace_section(TITLE, lines)


def markdown(estimates: pl.DataFrame) -> list[str]:
    """Return bias, error and coverage of each recipe at each wave as the lines of a table."""
    error = pl.col("estimate") - pl.col("true_value")
    table = estimates.group_by("wave", "recipe", maintain_order=True).agg(
        bias=error.mean() * 100,
        error=error.pow(2).mean().sqrt() * 100,
        standard_error=pl.col("standard_error").pow(2).mean().sqrt() * 100,
        covered=error.abs().le(1.96 * pl.col("standard_error")).mean(),
        design_effect=pl.col("design_effect").mean(),
    )
    lines = [
        "| wave | weights | mean error | root mean square error | mean SE | covered | design effect |",
        "|---|---|" + "---:|" * 5,
    ]
    for row in table.sort("wave", maintain_order=True).iter_rows(named=True):
        lines.append(
            f"| {row['wave']} | {row['recipe']} | {row['bias']:+.2f} | {row['error']:.2f} "
            f"| {row['standard_error']:.2f} | {row['covered']:.1%} | {row['design_effect']:.2f} |"
        )
    return lines


def recipes(declared: WeightRecipe, of_a_year: WeightRecipe) -> dict[str, WeightRecipe]:
    """Return raking alone, as declared; with what is known of everybody's record; and with first answers, too."""
    step = of_a_year.nonresponse
    assert step is not None
    known = (*step.covariates, Covariate("tenure", "tenure_in_panel"))
    record = tuple(one for one in known if one.kind != ANSWER)
    return {
        "raking alone, as declared": declared,
        "profile and response history, then raking": replace(declared, nonresponse=_with(step, record)),
        "and first answers": replace(declared, nonresponse=_with(step, known)),
    }


def _with(step: NonresponseStep, covariates: tuple[Covariate, ...]) -> NonresponseStep:
    return replace(step, covariates=covariates)


def _estimates(data: PanelData, truth: pl.DataFrame) -> pl.DataFrame:
    """Return the headlines of the waves under each recipe, with the truth beside them."""
    found = []
    for name, recipe in recipes(data.survey.weight("cross_sectional"), data.survey.weight("year_1_to_2")).items():
        others = tuple(one for one in data.survey.weights if one.weight_id != recipe.weight_id)
        panel = replace(data, survey=replace(data.survey, weights=(recipe, *others)))
        for wave in WAVES:
            weight = weigh(panel.survey, recipe, (wave,), panel.arrays)
            rows = wave_estimates(panel, weight, wave, confidence=0.95, is_provisional=False)
            found.append(rows.filter(statistic="headline", domain="all").with_columns(recipe=pl.lit(name)))
    columns = ("wave", "recipe", "item", "category", "estimate", "standard_error", "design_effect")
    return pl.concat([one.select(columns) for one in found]).join(truth, on=["wave", "item", "category"])


def _panels(number: int) -> Iterator[tuple[PanelData, pl.DataFrame]]:
    """Yield the members and answers of each simulated panel, with the true headline shares."""
    for seed in range(1, number + 1):
        with tempfile.TemporaryDirectory() as folder:
            yield _gathered(Path(folder) / "panel", seed)


def _gathered(root: Path, seed: int) -> tuple[PanelData, pl.DataFrame]:
    """Take a panel in and stop before its figures."""
    from tests.nights import demo_panel

    panel = demo_panel(root, members=MEMBERS, waves=ALL_WAVES, seed=seed)
    shares = pl.read_csv(root / "truth" / "shares.csv", schema_overrides={"domain_value": pl.String})
    truth = shares.filter(statistic="headline", domain="all").select("wave", "item", "category", "true_value")
    kept: list[PanelData] = []

    def gather_only(survey: str) -> None:
        from flows.weight_wave import gather

        data = gather(survey)
        kept.append(replace(data, answers={wave: data.answers[wave] for wave in data.answers}))
        raise _GatheredError

    with patch("flows.figures.make_figures", gather_only), contextlib.suppress(_GatheredError):
        panel.night()
    return replace(kept[0], arrays=replace(kept[0].arrays, answers=kept[0].answers)), truth


if __name__ == "__main__":
    main()
