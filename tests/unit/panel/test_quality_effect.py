"""The estimate with the removed respondents and without them: five people, worked by hand."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.definitions import AnswerOption
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.estimates import PanelData
from pipeline.panel.quality_effect import quality_effect
from pipeline.panel.weights import weigh
from pipeline.weighting_steps import CalibrationStep, WeightRecipe
from tests.builders_validation import TRUST, margin, one_survey

MEMBERS = ("a", "b", "c", "d", "e")
EVERYONE = np.ones(5, np.bool_)
REMOVED = np.array([False, False, False, False, True])
YES_NO = replace(TRUST, options=(AnswerOption("1", "Yes"), AnswerOption("2", "No")), item="use")
EQUAL = WeightRecipe("equal", "cross_sectional", (), "One wave.", is_equal_base=True)
SUPPLIED = WeightRecipe("supplied", "cross_sectional", ("w01",), "One wave.", supplied="WEIGHT")
RAKED = replace(EQUAL, calibration=CalibrationStep("raking", ("sex",)))


def panel(recipe: WeightRecipe, *codes: str) -> PanelData:
    arrays = PanelArrays(
        members=MEMBERS,
        stratum=np.zeros(5, np.int64),
        psu=np.arange(5),
        cohort=np.full(5, ""),
        domains={"sex": Categories(("Female", "Male"), np.array([0, 0, 1, 1, 1]))},
        numbers={"WEIGHT": np.array([1.0, 1.0, 1.0, 1.0, 4.0])},
        is_respondent={"w01": ~REMOVED},
        is_eligible={"w01": EVERYONE},
        is_invited={"w01": EVERYONE},
        is_listed={"w01": EVERYONE},
        is_removed={"w01": REMOVED},
    )
    survey = one_survey(
        items={"use": YES_NO}, weights=(recipe,), disclosure_profile="open", domains=one_survey().domains[1:],
        margins={"sex": margin("sex", ("Female", "Male"))},
    )  # fmt: skip
    answers = pl.DataFrame({"panel_member_id": MEMBERS, "item": "use", "code": codes, "number": None})
    return PanelData(survey, arrays, {"w01": answers})


def effect(recipe: WeightRecipe, *codes: str) -> dict[str, float]:
    """Return the row of the answer Yes."""
    data = panel(recipe, *codes)
    weight = weigh(data.survey, recipe, ("w01",), data.arrays)
    return quality_effect(data, weight, "w01").filter(pl.col("category") == "Yes").row(0, named=True)


def test_the_share_with_and_without_and_the_error_of_the_difference():
    """Yes: a, b, e. With: 3/5. Without e: 2/4. d_i = 1(kept) (y_i - 1/2) / 4 - (y_i - 3/5) / 5, sum 0."""
    found = effect(EQUAL, "1", "1", "2", "2", "1")
    y = np.array([1, 1, 0, 0, 1])
    d = ~REMOVED * (y - 1 / 2) / 4 - (y - 3 / 5) / 5
    assert found["estimate_with"] == pytest.approx(0.6)
    assert found["estimate_same_weights"] == found["estimate_without"] == pytest.approx(0.5)
    assert found["difference"] == found["difference_same_weights"] == pytest.approx(-0.1)
    assert found["difference_standard_error"] == pytest.approx(np.sqrt(5 / 4 * np.square(d).sum()))
    assert (found["n_removed"], found["unweighted_n_with"], found["unweighted_n_without"]) == (1, 5, 4)


def test_raking_again_gives_the_group_of_the_removed_its_share_back():
    """Half are women, who say yes; of the men e alone does. With: 1/2 + 1/2 * 1/3. Under the same weights the men
    without e weigh 1/3 to the women's 1/2: 0.6. Raked again: 1/2."""
    found = effect(RAKED, "1", "1", "2", "2", "1")
    assert found["estimate_with"] == pytest.approx(1 / 2 + 1 / 6)
    assert found["estimate_same_weights"] == pytest.approx((1 / 2) / (1 / 2 + 1 / 3))
    assert found["estimate_without"] == pytest.approx(1 / 2)
    assert found["difference"] == pytest.approx(-1 / 6)


def test_who_was_removed_holds_no_supplied_weight():
    data = panel(SUPPLIED, "1", "1", "2", "2", "1")
    weight = weigh(data.survey, SUPPLIED, ("w01",), data.arrays)
    assert [MEMBERS[row] for row in weight.held_rows] == ["a", "b", "c", "d"]
    found = effect(SUPPLIED, "1", "1", "2", "2", "1")
    assert (found["estimate_with"], found["estimate_without"]) == (pytest.approx(6 / 8), pytest.approx(1 / 2))


def test_an_answer_that_everyone_gave_is_not_moved_and_has_no_error():
    found = effect(EQUAL, *"11111")
    assert (found["difference"], found["difference_standard_error"]) == (0.0, 0.0)


def test_an_item_that_only_the_removed_answered_has_no_row():
    data = panel(EQUAL, *"11111")
    answers = data.answers["w01"].filter(pl.col("panel_member_id") == "e")
    data = replace(data, answers={"w01": answers})
    assert quality_effect(data, weigh(data.survey, EQUAL, ("w01",), data.arrays), "w01").is_empty()
