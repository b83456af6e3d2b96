"""Linearised values under nonresponse adjustment are the derivatives of the estimate by the weights it starts from.

Each person's starting weight is moved a little and the whole recipe followed again: propensities, classes,
calibration. With linear calibration the linearised value is exactly that derivative.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipeline.estimation.linearisation import linearisation
from pipeline.weighting.nonresponse import ResponseStep
from pipeline.weighting.recipe import StartingSample, Weighted, follow
from pipeline.weighting_steps import CalibrationStep, Covariate, NonresponseStep, WeightRecipe
from tests.unit.weighting.test_recipe import POPULATION

N = 400
STEP = 1e-5
COVARIATES = (Covariate("domain", "sex"), Covariate("answer", "trust", "latest"))
TO_POPULATION = CalibrationStep("linear", ("sex", "region"), tolerance=1e-12)
TO_START = replace(TO_POPULATION, controls="starting_wave")
RNG = np.random.default_rng(5)
PERSON = np.arange(N)
SEX, REGION = np.where(PERSON % 3, "men", "women"), np.where(PERSON % 5 < 2, "N", "S")
TRUST = RNG.integers(0, 4, N)
Y = (RNG.random(N) < 0.2 + 0.15 * TRUST).astype(float)
START = 1.0 + PERSON % 7
FIRST = RNG.random(N) < 0.55 + 0.1 * TRUST
SECOND = FIRST & (RNG.random(N) < 0.6 + 0.08 * TRUST)
LEFT = (PERSON % 17 == 3) & ~SECOND


def sample(is_chain: bool) -> StartingSample:
    """Return people of whom some answered one or two later waves, and some left the population before the second."""
    levels = np.column_stack([PERSON % 2, TRUST])
    stays = np.ones(N, np.bool_)
    chain = (ResponseStep("w2", stays, FIRST, levels), ResponseStep("w3", ~LEFT, SECOND, levels))
    once = (ResponseStep("w2+w3", ~LEFT, SECOND, levels),)
    return StartingSample(
        categories=pl.DataFrame(
            {"sex": np.where(PERSON % 3, "men", "women"), "region": np.where(PERSON % 5 < 2, "N", "S")}
        ),
        is_respondent=SECOND,
        is_ineligible=LEFT,
        starting_weight=START,
        steps=chain if is_chain else once,
    )


def recipe(calibration: CalibrationStep | None, *, keeps: bool, **response: object) -> WeightRecipe:
    """Return a longitudinal recipe with a nonresponse step."""
    step = NonresponseStep(covariates=COVARIATES, **response)  # type: ignore[arg-type]
    return WeightRecipe(
        "long", "longitudinal", ("w1", "w2", "w3"), "change", starting_wave="w1", starting_weight="w",
        keeps_ineligible=keeps, calibration=calibration, nonresponse=step,
    )  # fmt: skip


CASES = {
    "propensity alone": (recipe(None, keeps=False, method="propensity"), False),
    "classes of alike people alone": (recipe(None, keeps=False, method="classes"), False),
    "propensity, to the population": (recipe(TO_POPULATION, keeps=False, method="propensity"), False),
    "a chain, to the population": (recipe(TO_POPULATION, keeps=False, method="propensity", is_each_wave=True), True),
    "a chain, to the starting sample": (recipe(TO_START, keeps=True, method="propensity", is_each_wave=True), True),
    "a chain of capped factors": (
        recipe(TO_START, keeps=True, method="propensity", is_each_wave=True, largest_factor=1.1), True,
    ),
}  # fmt: skip


def mean(weighted: Weighted) -> float:
    return float(weighted.weight @ Y / weighted.weight.sum())


@pytest.mark.parametrize("name", CASES)
def test_linearised_values_are_derivatives_by_the_starting_weights(name: str) -> None:
    made, is_chain = CASES[name]
    people = sample(is_chain)
    weighted = follow(made, people, POPULATION)
    design = weighted.design(psu=PERSON)
    rows = weighted.in_design
    influence = np.where(weighted.weight > 0, Y - mean(weighted), 0.0)[rows] / weighted.weight.sum()
    z = np.zeros(N)
    z[rows] = linearisation(design).of_influence(influence[:, None])[0]
    is_capped = weighted.log["share_capped"].fill_null(0).max() > 0  # type: ignore[operator]
    assert is_capped == ("capped" in name)
    tolerance = 0.1 * float(abs(z).max()) if is_capped else 1e-9  # the cap itself is taken as fixed
    kinds = (SECOND, ~FIRST & ~LEFT, FIRST & ~SECOND & ~LEFT, LEFT)
    for person in [int(one) for kind in kinds for one in np.flatnonzero(kind)[:3]]:
        assert z[person] == pytest.approx(_derivative(made, people, person), rel=2e-4, abs=tolerance)


def _derivative(made: WeightRecipe, people: StartingSample, person: int) -> float:
    """Return the starting weight times the change of the estimate per unit of it."""
    moved: list[NDArray[np.float64]] = [START.copy(), START.copy()]
    moved[0][person] -= STEP
    moved[1][person] += STEP
    low, high = (mean(follow(made, replace(people, starting_weight=one), POPULATION)) for one in moved)
    return float(START[person] * (high - low) / (2 * STEP))


def test_the_method_says_that_nonresponse_is_in_it() -> None:
    made, is_chain = CASES["a chain, to the starting sample"]
    design = follow(made, sample(is_chain)).design(psu=PERSON)
    assert linearisation(design).variance_method == "linearised_nonresponse_two_phase"
