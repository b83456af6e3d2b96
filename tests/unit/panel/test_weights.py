"""A panel's weights start from the chances of selection in the recruitments that were made by then."""

import numpy as np
import pytest

from pipeline.errors import WeightingError
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting_steps import OtherMeans, WeightRecipe
from tests.builders_validation import one_survey

EVERYONE = np.ones(4, np.bool_)
CHANCES = np.array([0.5, 0.25, 0.5, 0.25])


def weighed(cohort: list[str], probabilities: dict[str, str]) -> PanelWeight:
    """Return the weight of four members at one wave, whose cohorts and columns of chances these are."""
    recipe = WeightRecipe("one", "cross_sectional", (), "For one wave.", selection_probabilities=probabilities)
    arrays = PanelArrays(
        members=("a", "b", "c", "d"),
        stratum=np.zeros(4, np.int64),
        psu=np.arange(4),
        cohort=np.array(cohort),
        domains={},
        numbers={"P1": CHANCES, "P2": np.array([np.nan, np.nan, 0.5, 0.25])},
        is_respondent={"w01": EVERYONE},
        is_eligible={"w01": EVERYONE},
        is_invited={"w01": EVERYONE},
        is_listed={"w01": EVERYONE},
    )
    return weigh(one_survey(weights=(recipe,)), recipe, ("w01",), arrays)


def test_a_member_list_without_cohorts_is_of_one_recruitment() -> None:
    assert weighed([""] * 4, {"c1": "P1"}).weighted.weight.tolist() == [2.0, 4.0, 2.0, 4.0]


def test_who_could_be_drawn_twice_counts_for_less() -> None:
    assert weighed(["c1", "c1", "c2", "c2"], {"c1": "P1", "c2": "P2"}).weighted.weight.tolist() == [2.0, 4.0, 1.0, 2.0]


def test_a_recruitment_not_made_yet_gives_no_chance() -> None:
    assert weighed(["c1"] * 4, {"c1": "P1", "c2": "P2"}).weighted.weight.tolist() == [2.0, 4.0, 2.0, 4.0]


def test_cohorts_under_other_names_are_refused_in_words() -> None:
    with pytest.raises(WeightingError, match=r"declared for c1, and the member list has the cohorts first, second\."):
        weighed(["first", "first", "second", "second"], {"c1": "P1"})


def test_members_recruited_by_other_means_are_left_out_unless_the_recipe_takes_them_in() -> None:
    def weight(other_means: OtherMeans | None) -> PanelWeight:
        n, other = 200, np.arange(200) >= 120
        recipe = WeightRecipe(
            "one", "cross_sectional", (), "For one wave.", selection_probabilities={"c1": "P1"}, other_means=other_means
        )
        everyone = {"w01": np.ones(n, np.bool_)}
        arrays = PanelArrays(
            members=tuple(f"m{number:03}" for number in range(n)),
            stratum=other.astype(np.int64),
            psu=np.arange(n),
            cohort=np.where(other, "", "c1"),
            domains={"sex": Categories(("Female", "Male"), np.arange(n) % 2)},
            numbers={"P1": np.where(other, np.nan, 0.1)},
            is_respondent=everyone,
            is_eligible=everyone,
            is_invited=everyone,
            is_listed=everyone,
            other_means=other,
        )
        return weigh(one_survey(weights=(recipe,)), recipe, ("w01",), arrays)

    alone, blended = weight(None), weight(OtherMeans(("sex",)))
    assert alone.held_rows.size == 120
    assert blended.held_rows.size == 200
    assert blended.weighted.weight.sum() == pytest.approx(alone.weighted.weight.sum())
    assert blended.weighted.log["step"].to_list() == ["base weight", "pseudo-weights", "respondents"]
