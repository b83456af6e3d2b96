"""Recipes: cross-sectional weights to the population, and C7.3 weights to the starting sample's own totals."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.definitions import Margin
from pipeline.errors import WeightingError
from pipeline.weighting.recipe import StartingSample, follow
from pipeline.weighting.starting_weights import Chances
from pipeline.weighting_steps import CalibrationStep, WeightRecipe


def margin(name: str, totals: dict[str, float]) -> Margin:
    return Margin(name, totals, totals, "persons", "16+", "census", date(2021, 3, 21))


POPULATION = {
    "sex": margin("sex", {"men": 480, "women": 520}),
    "region": margin("region", {"N": 400, "S": 600}),
}
CROSS_SECTIONAL = WeightRecipe(
    "cross_sectional",
    "cross_sectional",
    (),
    "one wave",
    selection_probabilities={"c1": "p1", "c2": "p2"},
    calibration=CalibrationStep("raking", ("sex", "region")),
)
RAKED = WeightRecipe(
    "raked_w3",
    "longitudinal",
    ("w1", "w3"),
    "change",
    starting_wave="w1",
    starting_weight="w1_weight",
    keeps_ineligible=True,
    calibration=CalibrationStep(
        "raking", ("sex", "region"), controls="starting_wave", missing={"sex": "largest"}, tolerance=1e-10
    ),
)


def sample(n: int = 120) -> StartingSample:
    """Return a starting sample of which some answered and some left the population."""
    i = np.arange(n)
    sex = pl.Series("sex", ["men" if one % 3 else "women" for one in i])
    region = pl.Series("region", ["N" if one % 5 < 2 else "S" for one in i])
    is_ineligible = i % 11 == 0
    return StartingSample(
        categories=pl.DataFrame([sex, region]),
        is_respondent=(i % 4 != 3) & ~is_ineligible,
        is_ineligible=is_ineligible,
        starting_weight=1.0 + i % 7,
    )


def test_cross_sectional_weights_meet_the_population_margins() -> None:
    people = sample()
    weighted = follow(CROSS_SECTIONAL, people, POPULATION)
    by_sex = [weighted.weight[(people.categories["sex"] == sex).to_numpy()].sum() for sex in ("men", "women")]
    assert by_sex == pytest.approx([480, 520])
    assert weighted.weight.sum() == pytest.approx(1000)
    assert (weighted.weight[~people.is_respondent] == 0).all()
    assert (weighted.is_held == people.is_respondent).all()


def test_a_design_of_a_cross_sectional_weight_is_its_holders_calibrated_to_known_totals() -> None:
    people = sample()
    weighted = follow(CROSS_SECTIONAL, people, POPULATION)
    design = weighted.design(psu=np.arange(people.n), lonely_psu="adjust")
    assert design.n == people.is_respondent.sum()
    assert design.calibration is not None
    assert not design.calibration.controls_estimated
    assert design.calibration.base_weight.tolist() == weighted.base_weight[people.is_respondent].tolist()


def test_base_weights_come_from_the_cohorts_recruited_so_far() -> None:
    chances = pl.DataFrame({"c1": [0.1] * 120, "c2": [None] * 60 + [0.1] * 60, "other": [0.5] * 120})
    people = replace(sample(), chances=Chances(chances))
    weighted = follow(CROSS_SECTIONAL, people, POPULATION)
    assert weighted.base_weight == pytest.approx([10.0] * 60 + [5.0] * 60)
    assert "cohorts: c1, c2" in weighted.log["note"][0]
    before = follow(CROSS_SECTIONAL, replace(people, chances=Chances(chances.select("c1"))), POPULATION)
    assert before.base_weight == pytest.approx([10.0] * 120)


def test_a_panel_whose_selection_probabilities_are_lost_starts_from_one() -> None:
    weighted = follow(CROSS_SECTIONAL, replace(sample(), starting_weight=None), POPULATION)
    assert (weighted.base_weight == 1).all()
    assert "no selection probabilities are known" in weighted.log["note"][0]


def test_respondents_and_ineligible_together_meet_the_starting_totals() -> None:
    people = sample()
    weighted = follow(RAKED, people)
    calibration = weighted.calibration
    assert calibration is not None
    assert calibration.calibrated_weight is not None
    for name in ("sex", "region"):
        for category in people.categories[name].unique():
            is_in = (people.categories[name] == category).to_numpy()
            target = people.starting_weight[is_in].sum()  # type: ignore[index]
            assert calibration.calibrated_weight[is_in].sum() == pytest.approx(target, rel=1e-10)


def test_the_ineligible_are_dropped_after_calibration() -> None:
    people = sample()
    weighted = follow(RAKED, people)
    assert (weighted.weight[people.is_ineligible] == 0).all()
    assert (weighted.is_held == people.is_respondent).all()
    assert weighted.weight.sum() < weighted.base_weight.sum()
    assert weighted.log["step"].to_list()[-1] == "ineligible dropped"


def test_estimated_controls_keep_the_whole_starting_sample_in_the_design() -> None:
    people = sample()
    design = follow(RAKED, people).design(psu=np.arange(people.n))
    assert design.n == people.n
    assert design.calibration is not None
    assert design.calibration.controls_estimated
    assert design.calibration.is_calibrated is not None
    assert design.calibration.is_calibrated.sum() == (people.is_respondent | people.is_ineligible).sum()


def test_missing_counts_as_the_largest_category_in_calibration_and_is_logged() -> None:
    people = sample()
    with_gaps = people.categories.with_columns(
        pl.when(pl.int_range(pl.len()) < 6).then(None).otherwise(pl.col("sex")).alias("sex")
    )
    as_men = people.categories.with_columns(
        pl.when(pl.int_range(pl.len()) < 6).then(pl.lit("men")).otherwise(pl.col("sex")).alias("sex")
    )
    weighted = follow(RAKED, replace(people, categories=with_gaps))
    expected = follow(RAKED, replace(people, categories=as_men))
    assert weighted.weight == pytest.approx(expected.weight, rel=1e-9)
    row = weighted.log.filter(step="missing sex").row(0, named=True)
    assert row["note"].startswith(
        "missing for 6 people, of whom 5 people are calibrated: counted as the largest category, men"
    )
    assert row["sum_before"] == row["sum_after"]


def test_missing_without_a_rule_is_refused() -> None:
    people = sample()
    gaps = people.categories.with_columns(
        pl.when(pl.int_range(pl.len()) < 6).then(None).otherwise(pl.col("region")).alias("region")
    )
    with pytest.raises(WeightingError, match="margin 'region' is missing for 6 people"):
        follow(RAKED, replace(people, categories=gaps))


def test_missing_among_nonrespondents_does_not_matter_to_population_margins() -> None:
    people = sample()
    gaps = people.categories.with_columns(
        pl.when(pl.Series(~people.is_respondent)).then(None).otherwise(pl.col("sex")).alias("sex")
    )
    recipe = replace(CROSS_SECTIONAL, calibration=CalibrationStep("raking", ("sex", "region")))
    assert follow(recipe, replace(people, categories=gaps), POPULATION).weight.sum() == pytest.approx(1000)


def test_people_without_a_starting_weight_hold_none_and_are_not_in_the_design() -> None:
    people = sample()
    start = people.starting_weight.copy()  # type: ignore[union-attr]
    start[:10] = np.nan
    weighted = follow(RAKED, replace(people, starting_weight=start))
    assert not weighted.is_held[:10].any()
    assert weighted.design().n == people.n - 10


def test_every_step_is_logged_and_sums_run_on() -> None:
    log = follow(RAKED, sample()).log
    assert log["step"].to_list() == [
        "starting weight",
        "respondents and known ineligible",
        "raking",
        "ineligible dropped",
    ]
    assert log["sum_after"].to_list()[:-1] == pytest.approx(log["sum_before"].to_list()[1:])
    assert log["n"].to_list() == [120, 93, 93, 82]
    assert log["effective_n"].to_numpy() == pytest.approx((log["n"] / log["design_effect"]).to_numpy())
    raking = log.filter(step="raking").row(0, named=True)
    assert raking["min_ratio"] < raking["sum_after"] / raking["sum_before"] < raking["max_ratio"]
    assert "to sex, region of the starting sample" in raking["note"]


def test_margins_before_and_after_come_with_the_weight() -> None:
    margins = follow(CROSS_SECTIONAL, sample(), POPULATION).margins
    assert margins is not None
    assert margins["target"].to_list() == [480, 520, 400, 600]
    assert margins["after"].to_numpy() == pytest.approx([480, 520, 400, 600])


def test_a_supplied_weight_is_held_by_whoever_has_one() -> None:
    recipe = WeightRecipe("wtpan", "longitudinal", ("w1", "w2"), "change", supplied="wtpan12")
    start = np.array([1.5, 0.0, np.nan, 0.5])
    people = StartingSample(pl.DataFrame({"sex": ["men"] * 4}), np.ones(4, np.bool_), starting_weight=start)
    weighted = follow(recipe, people)
    assert weighted.weight.tolist() == [1.5, 0, 0, 0.5]
    assert weighted.is_held.tolist() == [True, False, False, True]
    assert weighted.calibration is None
    assert weighted.design().weight.tolist() == [1.5, 0.5]


def test_a_recipe_without_calibration_ends_at_the_base_weight_of_respondents() -> None:
    weighted = follow(replace(CROSS_SECTIONAL, calibration=None), sample())
    assert (weighted.weight[weighted.is_held] == weighted.base_weight[weighted.is_held]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"is_respondent": np.zeros(120, np.bool_), "is_ineligible": None}, "nobody answered"),
        ({"starting_weight": -np.ones(120)}, "120 starting weights are negative"),
    ],
)
def test_samples_that_cannot_be_weighted_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(WeightingError, match=f"weight 'raked_w3': {message}"):
        follow(RAKED, replace(sample(), **change))  # type: ignore[arg-type]


def test_a_margin_without_population_totals_is_named() -> None:
    with pytest.raises(WeightingError, match=r"margins without population totals: region\. Add margins/region\.csv"):
        follow(CROSS_SECTIONAL, sample(), {"sex": POPULATION["sex"]})
