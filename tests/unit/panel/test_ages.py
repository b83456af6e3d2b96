"""Weights by the age members are at a wave: a panel that grows older is raked to the population's ages of that day."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import Band, Domain, Margin, Survey
from pipeline.panel.ages import bands_at_waves, member_ages
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.covariates import response_steps
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting_steps import CalibrationStep, Covariate, NonresponseStep, WeightRecipe
from tests.builders_validation import margin, one_survey, one_wave

BANDS = (Band("16-24", 16, 24), Band("25-49", 25, 49), Band("50+", 50, None))
VALUES = tuple(band.value for band in BANDS)
YEARS = np.array([9, 25, 30])  # of age in each band: the population is of as many people of every age from 16 to 79
AGREE = np.array([0.8, 0.5, 0.2])  # chance to agree, by the band a person is in now
TRUTH = float(YEARS @ AGREE / YEARS.sum())
JOINED = (date(2017, 1, 1), date(2025, 1, 1))  # of the first members and of the refreshment, on the day of a wave
OF_JOINING, AT_WAVE = "age_group", "age_now"
N = 300  # members of each recruitment
Floats = NDArray[np.float64]


def survey() -> Survey:
    """Return a survey of two waves eight years apart, its bands both of the age of joining and of the age now."""
    told = Domain(OF_JOINING, "Age group when recruited", "age", VALUES, BANDS)
    now = replace(told, domain=AT_WAVE, label="Age group", is_published=False, is_at_wave=True)
    persons = replace(margin(AT_WAVE, VALUES), totals=dict(zip(VALUES, (YEARS * 100.0).tolist(), strict=True)))
    margins: dict[str, Margin] = {AT_WAVE: persons, OF_JOINING: replace(persons, margin=OF_JOINING)}
    recipes = tuple(raked(name) for name in margins)
    waves = tuple(
        replace(one_wave(), wave=f"w0{at}", wave_number=at, fieldwork_start=day) for at, day in enumerate(JOINED, 1)
    )
    listed = replace(one_survey().roster, columns={"panel_member_id": "ID", "joined_on": "JOINED"})
    return one_survey(
        waves=waves, roster=listed, domains=(told, now), margins=margins, weights=recipes,
        retention=RetentionPlan("w01", OF_JOINING, 2, "age"),
    )  # fmt: skip


def raked(name: str) -> WeightRecipe:
    return WeightRecipe(
        name, "cross_sectional", (), "One wave.", is_equal_base=True, calibration=CalibrationStep("raking", (name,))
    )


def panel(rng: np.random.Generator) -> tuple[PanelArrays, Floats]:
    """Return members drawn at random when recruited, all of whom answer, and what they say at the second wave."""
    exact = rng.uniform(16, 80, 2 * N)  # on the day of joining
    age_now = exact + 8 * (np.arange(2 * N) < N)
    agrees = rng.random(2 * N) < AGREE[np.searchsorted([25, 50], age_now, side="right")]
    codes = np.searchsorted([25, 50], exact, side="right")
    here = {"w01": np.arange(2 * N) < N, "w02": np.ones(2 * N, np.bool_)}
    fixed = {name: Categories(VALUES, codes) for name in (OF_JOINING, AT_WAVE)}
    arrays = PanelArrays(
        members=tuple(f"m{number:04}" for number in range(2 * N)),
        stratum=np.zeros(2 * N, np.int64), psu=np.arange(2 * N), cohort=np.full(2 * N, ""),
        domains=fixed, numbers={}, is_respondent=here, is_eligible=here, is_invited=here, is_listed=here,
    )  # fmt: skip
    known = pl.DataFrame({"joined_on": [JOINED[0]] * N + [JOINED[1]] * N, "age": np.floor(exact)})
    ages = member_ages(survey(), known, {}, (arrays.psu,))
    bands = bands_at_waves(survey(), ages, {name: one.codes for name, one in fixed.items()})
    return replace(arrays, wave_domains=bands), agrees.astype(np.float64)


def weighed(arrays: PanelArrays, name: str, wave: str = "w02") -> PanelWeight:
    return weigh(survey(), survey().weight(name), (wave,), arrays)


def test_a_margin_of_the_age_of_joining_biases_a_panel_that_grows_older_and_one_of_the_age_now_does_not() -> None:
    found: dict[str, list[float]] = {OF_JOINING: [], AT_WAVE: []}
    for seed in range(80):
        arrays, agrees = panel(np.random.default_rng(seed))
        for name, estimates in found.items():
            weight = weighed(arrays, name).weighted.weight
            estimates.append(float(weight @ agrees / weight.sum()))
    bias = {name: np.mean(estimates) - TRUTH for name, estimates in found.items()}
    error = {name: np.std(estimates) / np.sqrt(80) for name, estimates in found.items()}
    assert bias[OF_JOINING] < -0.025
    assert abs(bias[AT_WAVE]) < 3 * error[AT_WAVE]


def test_the_margins_of_a_wave_and_its_log_are_those_of_the_age_at_the_wave() -> None:
    arrays, _ = panel(np.random.default_rng(1))
    made = weighed(arrays, AT_WAVE).weighted
    assert made.margins is not None
    n_now = np.bincount(arrays.wave_domains["w02", AT_WAVE]).tolist()
    assert made.margins["unweighted_n"].to_list() == n_now
    assert n_now[0] < np.bincount(arrays.domains[AT_WAVE].codes)[0] * 0.7  # of the first members nobody is under 24
    assert made.margins["after"].to_list() == pytest.approx(made.margins["target"].to_list())
    first = weighed(arrays, AT_WAVE, "w01").weighted.margins
    assert first is not None
    at_first = arrays.domains[AT_WAVE].codes[arrays.is_respondent["w01"]]
    assert first["unweighted_n"].to_list() == np.bincount(at_first).tolist()  # on the day of joining


def test_a_longitudinal_weight_takes_the_ages_of_its_starting_wave() -> None:
    arrays, _ = panel(np.random.default_rng(2))
    covariates = (Covariate("domain", AT_WAVE),)
    recipe = WeightRecipe(
        "both", "longitudinal", ("w01", "w02"), "Both.", starting_wave="w01", starting_weight=AT_WAVE,
        nonresponse=NonresponseStep("classes", covariates),
        calibration=CalibrationStep("raking", (AT_WAVE,), controls="starting_wave"),
    )  # fmt: skip
    declared = replace(survey(), weights=(*survey().weights, recipe))
    made = weigh(declared, recipe, recipe.waves, arrays)
    at_start = arrays.wave_domains["w01", AT_WAVE][made.rows]
    assert made.sample.steps[0].levels[:, 0].tolist() == at_start.tolist()
    assert made.weighted.margins is not None
    assert made.weighted.margins["unweighted_n"].to_list() == np.bincount(at_start).tolist()
    later = replace(recipe, starting_wave=None, waves=("w02",))
    (step,) = response_steps(declared, later, ("w02",), arrays, made.rows)
    assert step.levels[:, 0].tolist() == arrays.wave_domains["w02", AT_WAVE][made.rows].tolist()


def test_whose_day_of_joining_is_not_known_stays_in_the_band_that_was_told() -> None:
    known = pl.DataFrame(
        {"joined_on": [date(2017, 1, 1), None], "age": [24.0, 24.0]}, schema_overrides={"age": pl.Float64}
    )
    fixed = {AT_WAVE: np.zeros(2, np.int64)}
    assert bands_at_waves(survey(), member_ages(survey(), known, {}), fixed)["w02", AT_WAVE].tolist() == [1, 0]
