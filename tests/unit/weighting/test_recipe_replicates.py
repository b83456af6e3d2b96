"""Replicates take every step of a recipe again: each is what following the recipe on its weights gives."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.weighting.recipe import follow
from pipeline.weighting.recipe_replicates import replicated
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import Replicates, uncalibrated_replicates
from pipeline.weighting_steps import TrimmingStep, WeightRecipe
from tests.unit.estimation.test_response import CASES, PERSON, START, TO_POPULATION, TO_START, Y, recipe, sample
from tests.unit.weighting.test_recipe import POPULATION

RAKED = {name: replace(step, method="raking", tolerance=1e-11) for name, step in
         {"population": TO_POPULATION, "start": TO_START}.items()}  # fmt: skip
MADE = {
    "propensity": (recipe(None, keeps=False, method="propensity"), False),
    "chain, raked to the start": (recipe(RAKED["start"], keeps=True, method="propensity", is_each_wave=True), True),
    "propensity classes": (recipe(RAKED["population"], keeps=False, method="propensity", n_classes=4), False),
    "classes of alike people": (recipe(RAKED["population"], keeps=False, method="classes"), False),
    "caps": (replace(recipe(RAKED["population"], keeps=False, method="propensity", largest_factor=1.3),
                     trimming=TrimmingStep(ratio_to_median=3.0)), False),
    "no response model": (replace(CASES["propensity alone"][0], nonresponse=None, calibration=RAKED["start"],
                                  keeps_ineligible=True), False),
}  # fmt: skip


def start(n_replicates: int = 12) -> Replicates:
    """Return replicates of the starting weights in which persons are PSUs."""
    design = SurveyDesign(weight=START, psu=PERSON)
    return uncalibrated_replicates(START, replicate_factors(design, ReplicatePlan("bootstrap", n_replicates, seed=3)))


@pytest.mark.parametrize("name", MADE)
def test_each_replicate_is_the_recipe_followed_on_its_weights(name: str) -> None:
    made, is_chain = MADE[name]
    people = sample(is_chain)
    weighted = follow(made, people, POPULATION)
    drawn = start()
    found = replicated(made, people, weighted, drawn)
    assert found.n_failed == 0
    rows = np.flatnonzero(weighted.in_design)
    for replicate in range(0, 12, 4):
        alone = _alone(made, people, drawn.weights()[:, replicate])
        assert found.weights()[:, replicate] == pytest.approx(alone[rows], rel=1e-6, abs=1e-9), replicate


def _alone(made: WeightRecipe, people: object, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the recipe followed with other starting weights, levels of covariates as in the full sample."""
    return follow(made, replace(people, starting_weight=np.maximum(weight, 0)), POPULATION).weight  # type: ignore[type-var]


@pytest.mark.parametrize("name", ["chain, raked to the start", "propensity classes"])
def test_replicates_and_linearisation_give_nearly_the_same_error(name: str) -> None:
    made, is_chain = MADE[name]
    people = sample(is_chain)
    weighted = follow(made, people, POPULATION)
    linearised = weighted.design(psu=PERSON)
    design = replace(linearised, replicates=replicated(made, people, weighted, start(600)))
    item = ItemValues("y", number=np.where(weighted.is_held, Y, np.nan)[weighted.in_design])
    everyone = [DomainMask("all", "all", np.ones(design.n, np.bool_))]
    errors = [estimate_items(one, [item], everyone)["standard_error"][0] for one in (linearised, design)]
    assert errors[0] == pytest.approx(errors[1], rel=0.1)
