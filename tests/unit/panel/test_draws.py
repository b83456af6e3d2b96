"""A panel's replicates: draws that its waves share, and the whole recipe made again in each."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipeline.definitions import Design, Margin, Survey
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.draws import panel_draws, stored_replicates, weight_replicates
from pipeline.panel.replicate_rows import factor_rows, places, ratio_rows, set_row
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting_steps import CalibrationStep, ReplicateDraws, TrimmingStep, WeightRecipe
from tests.builders_validation import one_survey

N = 60
PLAIN = WeightRecipe("plain", "cross_sectional", (), "For one wave.", is_equal_base=True)
RAKED = replace(PLAIN, weight_id="raked", calibration=CalibrationStep("raking", ("sex",), tolerance=1e-12))
TRIMMED = replace(RAKED, weight_id="trimmed", trimming=TrimmingStep(ratio_to_median=5.0))


def survey(**changes: object) -> Survey:
    totals = {"F": 60.0, "M": 40.0}
    margin = Margin("sex", totals, totals, "persons", "all", "census", None)  # type: ignore[arg-type]
    recipes = (PLAIN, RAKED, TRIMMED)
    return replace(
        one_survey(weights=recipes), margins={"sex": margin}, replicates=ReplicateDraws(number=200, seed=7), **changes
    )  # type: ignore[arg-type]


def arrays(stratum: NDArray[np.int64] | None = None) -> PanelArrays:
    """Return sixty members, two to a household, of whom every third does not answer the second wave."""
    everyone, row = np.ones(N, np.bool_), np.arange(N)
    return PanelArrays(
        members=tuple(f"m{one:02}" for one in row),
        stratum=row // 20 if stratum is None else stratum,
        psu=row // 2,
        cohort=np.full(N, ""),
        domains={"sex": Categories(("F", "M"), (row % 5 < 2).astype(np.int64))},
        numbers={},
        is_respondent={"w01": everyone, "w02": row % 3 > 0},
        is_eligible={"w01": everyone, "w02": everyone},
        is_invited={"w01": everyone, "w02": everyone},
        is_listed={"w01": everyone, "w02": everyone},
    )


def replicate_weights(weight: PanelWeight, panel: PanelArrays) -> NDArray[np.float64]:
    """Return the replicate weights of the holders as the stored rows give them."""
    draws = panel_draws(survey(), panel)
    stored = stored_replicates(weight, weight_replicates(weight, draws), draws)
    placed = pl.DataFrame(places(weight, draws, stored))
    factors = factor_rows("s", draws).rename({"factors": "factor"})
    ratios = ratio_rows("s", weight, stored, draws)
    found = placed.join(factors, on=["replicate_set", "replicate_group"], how="left", maintain_order="left").join(
        ratios, on="replicate_cell", how="left", maintain_order="left"
    )
    final = weight.weighted.weight[weight.weighted.is_held]
    return final[:, None] * np.array(found["factor"].to_list()) * np.array(found["ratios"].to_list())


def test_both_waves_have_the_same_draws_of_households() -> None:
    panel = arrays()
    first, second = (replicate_weights(weigh(survey(), PLAIN, (wave,), panel), panel) for wave in ("w01", "w02"))
    assert np.array_equal(first[np.arange(N) % 3 > 0], second)
    assert np.array_equal(first[0], first[1]), "members of one household are drawn together"
    assert first[::2].reshape(3, 10, -1).sum(axis=1) == pytest.approx(10.0), "each stratum keeps its weight"


def test_every_replicate_of_a_raked_weight_meets_the_margins() -> None:
    panel = arrays()
    weight = weigh(survey(), RAKED, ("w02",), panel)
    made = replicate_weights(weight, panel)
    is_male = panel.domains["sex"].codes[weight.held_rows] == 1
    assert made[is_male].sum(axis=0) == pytest.approx(40.0)
    assert made[~is_male].sum(axis=0) == pytest.approx(60.0)


def test_a_recipe_that_does_not_factor_is_followed_in_each_replicate_and_stored_all_the_same() -> None:
    panel = arrays()
    raked, trimmed = (weigh(survey(), recipe, ("w02",), panel) for recipe in (RAKED, TRIMMED))
    assert np.allclose(raked.weighted.weight, trimmed.weighted.weight), "nothing is as large as five medians"
    assert replicate_weights(trimmed, panel) == pytest.approx(replicate_weights(raked, panel), abs=1e-6)


def test_a_stratum_with_one_household_is_joined_with_a_neighbour() -> None:
    alone_first = np.where(np.arange(N) < 2, 0, 1 + np.arange(N) // 20)
    alone_last = np.where(np.arange(N) >= N - 2, 9, np.arange(N) // 20)
    for stratum in (alone_first, alone_last):
        factors = panel_draws(survey(), arrays(stratum)).factors
        assert (factors.factor[:].std(axis=1) > 0).all(), "every household varies"
    certain = survey(design=Design(lonely_psu="certainty"))
    assert (panel_draws(certain, arrays(alone_first)).factors.factor[:1] == 1).all()


def test_draws_are_named_for_what_they_depend_on() -> None:
    name = panel_draws(survey(), arrays()).replicate_set
    assert name == panel_draws(survey(), arrays()).replicate_set
    assert name != panel_draws(survey(), arrays(np.arange(N) // 30)).replicate_set
    assert name != panel_draws(replace(survey(), replicates=ReplicateDraws(number=200, seed=8)), arrays()).replicate_set


def test_the_set_says_how_it_was_drawn() -> None:
    row = set_row("s", panel_draws(survey(), arrays())).row(0, named=True)
    assert {name: row[name] for name in ("kind", "n_replicates", "seed", "n_strata", "n_psus")} == {
        "kind": "bootstrap",
        "n_replicates": 200,
        "seed": 7,
        "n_strata": 3,
        "n_psus": 30,
    }
    assert row["coefficients"] == [1 / 200] * 200
