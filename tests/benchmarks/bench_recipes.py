"""What it costs to take a whole recipe again in every replicate: `python -m tests.benchmarks.bench_recipes [--write]`.

Panels whose members leave, at their last wave: propensities, calibration; and the chain over eight waves. Peers have
no recipe with a response model in their replicates; fitting each replicate's model alone is the floor to beat.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from pipeline.panel.estimates import PanelData
from pipeline.panel.replicates import panel_factors, with_replicates
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting.propensity import fitted_propensity
from pipeline.weighting.replicate_factors import ReplicatePlan
from tests.results_page import replace_section
from tests.simulation.leaving_panel import FIRST_ANSWER, WAVES, draw_panel, population

TITLE = "Speed of whole recipes in replicates"
REPLICATES = 200
MEMBERS = (1_600, 10_000)


def main() -> None:
    """Time each recipe, and write the section if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace the section of tests/RESULTS.md")
    options = parser.parse_args()
    lines = [
        f"`python -m tests.benchmarks.bench_recipes`, {REPLICATES} bootstrap replicates, one run, processor seconds.",
        "",
        "| members | weight | full sample | all replicates | the same propensities one replicate at a time |",
        "|---:|---|---:|---:|---:|",
    ]
    people = population(np.random.default_rng(1))
    _seconds(lambda: fitted_propensity(np.ones((1, 1)), np.ones(1), np.full(1, 0.5)))  # loads statsmodels
    for members in MEMBERS:
        data = draw_panel(people, FIRST_ANSWER, np.random.default_rng(2), members)
        lines += [_line(data, members, "wave", WAVES[-1:]), _line(data, members, "all_waves", WAVES)]
    print("\n".join(lines))
    if options.write:
        replace_section(TITLE, lines)


def _line(data: PanelData, members: int, weight_id: str, waves: tuple[str, ...]) -> str:
    """Return the line of one weight."""
    made: list[PanelWeight] = []
    full = _seconds(lambda: made.append(weigh(data.survey, data.survey.weight(weight_id), waves, data.arrays)))
    factors = panel_factors(data.survey, data.arrays, ReplicatePlan("bootstrap", REPLICATES, seed=1))
    together = _seconds(lambda: with_replicates(made[0], factors))
    alone = _seconds(lambda: _fit_each_alone(made[0]))
    return f"| {members:,} | {weight_id} | {full:.2f} | {together:.2f} | {alone:.2f} |"


def _fit_each_alone(weight: PanelWeight) -> None:
    """Fit every model of the recipe as often as there are replicates, with statsmodels."""
    for made in weight.weighted.adjustments:
        total = made.groups.sums(None)
        responded = made.groups.sums((weight.weighted.weight > 0).astype(np.float64))
        for _ in range(REPLICATES):
            fitted_propensity(made.groups.predictors, total, np.minimum(responded + 0.5, total))


def _seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


if __name__ == "__main__":
    main()
