"""Cohorts share the work where both could have drawn a member, and other means stand beside by pseudo-weights."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.cohorts import blend, coverage
from pipeline.weighting.recipe import StartingSample, follow
from pipeline.weighting.starting_weights import Chances
from pipeline.weighting_steps import OtherMeans, WeightRecipe

NAN = np.nan
COMPOSITE = WeightRecipe(
    "one", "cross_sectional", (), "one wave",
    selection_probabilities={"c1": "P1", "c2": "P2"}, covered={"c1": "F1", "c2": "F2"},
)  # fmt: skip
EVERYONE = np.ones(8, np.bool_)
# four drawn by c1, of whom one has moved away since; four by c2, of whom two have moved in since c1
CHANCE = np.array([[0.1, NAN]] * 4 + [[NAN, 0.25]] * 4)
COVERED = np.array([[1, 1], [1, 1], [1, 1], [1, 0], [1, 1], [1, 1], [0, 1], [0, 1]], np.bool_)


def composite() -> StartingSample:
    probability = pl.DataFrame(CHANCE, schema=["c1", "c2"]).fill_nan(None)
    covered = pl.DataFrame(COVERED.astype(np.float64), schema=["c1", "c2"])
    return StartingSample(pl.DataFrame({"sex": ["men"] * 8}), EVERYONE, chances=Chances(probability, covered))


def test_cohorts_share_by_effective_size_those_whom_both_could_have_drawn() -> None:
    weighted = follow(COMPOSITE, composite())
    # of those covered by both c1 has three, c2 two, of equal weights each: lambda 3/5 and 2/5
    assert weighted.weight == pytest.approx([6.0] * 3 + [10.0] + [1.6] * 2 + [4.0] * 2)
    assert weighted.log["step"].to_list() == ["base weight", "cohorts combined", "respondents"]


def test_who_could_enter_only_through_the_newest_frame_keeps_the_full_weight() -> None:
    weighted = follow(COMPOSITE, composite())
    assert weighted.weight[6:].tolist() == [4.0, 4.0]


def test_the_shares_rest_on_the_respondents_and_are_made_anew_in_replicates() -> None:
    answered = EVERYONE.copy()
    answered[:2] = False  # one of three of c1 is left
    weighted = follow(COMPOSITE, replace(composite(), is_respondent=answered))
    assert weighted.base_weight[:3] == pytest.approx([10 / 3] * 3)
    assert weighted.starting is not None
    doubled = np.column_stack([weighted.starting.single, weighted.starting.single * [1, 1, 1, 1, 2, 0, 1, 1]])
    assert weighted.starting.combined(doubled)[:, 0] == pytest.approx(weighted.base_weight)
    assert weighted.starting.combined(doubled)[0, 1] == pytest.approx(5.0)  # one of c1 against one of c2


@pytest.mark.parametrize(
    ("chance", "message"),
    [
        ([[NAN, NAN]], "1 members have no selection probability"),
        ([[0.1, 0.2]], "1 members have several selection probabilities"),
        ([[0.1, NAN]], "1 members are not in the frame"),
    ],
)
def test_members_that_cannot_be_combined_are_counted(chance: list[list[float]], message: str) -> None:
    covered = np.array([[False, True]]) if "frame" in message else np.array([[True, True]])
    with pytest.raises(WeightingError, match=message):
        coverage(np.array(chance), covered, np.ones(1, np.bool_))


def test_pseudo_weights_bring_other_means_to_the_profile_of_those_drawn() -> None:
    n = 600
    is_other = np.arange(n) >= 400
    level = np.where(is_other, np.arange(n) % 4 == 0, np.arange(n) % 2 == 0).astype(np.int64)  # a quarter, and half
    base = np.where(is_other, 1.0, 50.0)
    made = blend(base, is_other, np.ones(n, np.bool_), level[:, None], 10.0)
    weight = made.weights(base)
    profile = [weight[rows & (level == 1)].sum() / weight[rows].sum() for rows in (is_other, ~is_other)]
    assert profile == pytest.approx([0.5, 0.5])
    assert weight.sum() == pytest.approx(400 * 50)
    sizes = [weight[rows].sum() ** 2 / np.square(weight[rows]).sum() for rows in (is_other, ~is_other)]
    assert weight[is_other].sum() / weight.sum() == pytest.approx(sizes[0] / sum(sizes))


def test_a_recipe_says_what_its_estimates_rest_on() -> None:
    blended = replace(COMPOSITE, covered={}, other_means=OtherMeans(("sex",)))
    assert blended.inference("probability") == "pseudo_weighted"
    assert COMPOSITE.inference("probability") == "probability"
    assert replace(COMPOSITE, is_equal_base=True).inference("probability") == "calibrated_legacy"
    assert COMPOSITE.inference("calibrated_legacy") == "calibrated_legacy"


def test_pseudo_weights_need_both_kinds_of_members() -> None:
    with pytest.raises(WeightingError, match="0 members were recruited by other means and 3 at random"):
        blend(np.ones(3), np.zeros(3, np.bool_), np.ones(3, np.bool_), np.zeros((3, 1), np.int64), 3.0)
