"""Replicates take every step of a recipe again: each is what following the recipe on its weights gives."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.weighting.recipe import StartingSample, follow
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
    "some passed over": (recipe(RAKED["start"], keeps=True, method="propensity", is_each_wave=True), True),
    "some of unknown eligibility": (
        recipe(RAKED["start"], keeps=True, method="propensity", is_each_wave=True), True,
    ),
    "no response model": (replace(CASES["propensity alone"][0], nonresponse=None, calibration=RAKED["start"],
                                  keeps_ineligible=True), False),
}  # fmt: skip


def start(n_replicates: int = 12) -> Replicates:
    """Return replicates of the starting weights in which persons are PSUs."""
    design = SurveyDesign(weight=START, psu=PERSON)
    return uncalibrated_replicates(START, replicate_factors(design, ReplicatePlan("bootstrap", n_replicates, seed=3)))


def people_of(name: str) -> StartingSample:
    """Return the people of a case; of one of them every wave passed over some of those who did not answer it.

    Of another case nobody knows of some nonrespondents whether they were still in the population.
    """
    people = sample(MADE[name][1])
    if name == "some of unknown eligibility":
        unknown = [(PERSON % 4 == 1) & step.is_eligible & ~step.is_respondent for step in people.steps]
        steps = tuple(replace(step, is_unknown=one) for step, one in zip(people.steps, unknown, strict=True))
        return replace(people, steps=steps)
    if name != "some passed over":
        return people
    skipped = [(PERSON % 4 == 1) & step.is_eligible & ~step.is_respondent for step in people.steps]
    steps = [
        replace(step, is_invited=~one, is_passed_over=one) for step, one in zip(people.steps, skipped, strict=True)
    ]
    return replace(people, steps=tuple(steps))


def test_the_log_counts_those_passed_over_apart_from_those_who_did_not_answer() -> None:
    weighted = follow(MADE["some passed over"][0], people_of("some passed over"), POPULATION)
    rows = {row["step"]: row for row in weighted.log.rows(named=True)}
    asked = int(people_of("some passed over").steps[0].is_invited.sum())
    assert rows["invited w2"]["n"] == asked
    assert (
        rows["invited w2"]["note"]
        == f"{PERSON.size - asked} people in the panel were not invited; those who were stand for them"
    )
    assert rows["invited w2"]["sum_after"] == pytest.approx(rows["invited w2"]["sum_before"])
    assert f"of {asked} people answered" in rows["nonresponse w2"]["note"]


def test_the_log_says_how_many_of_unknown_eligibility_count_as_in_the_population() -> None:
    weighted = follow(MADE["some of unknown eligibility"][0], people_of("some of unknown eligibility"), POPULATION)
    rows = {row["step"]: row for row in weighted.log.rows(named=True)}
    assert "eligibility w2" not in rows  # nobody had left by then
    assert "of unknown eligibility: 9" in rows["eligibility w3"]["note"]
    assert rows["eligibility w3"]["sum_after"] == pytest.approx(rows["eligibility w3"]["sum_before"])


@pytest.mark.parametrize("name", MADE)
def test_each_replicate_is_the_recipe_followed_on_its_weights(name: str) -> None:
    made, people = MADE[name][0], people_of(name)
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
