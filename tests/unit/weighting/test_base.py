"""Base weights: one cohort, several cohorts, and members nobody could have drawn."""

import numpy as np
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.base import base_weight


def test_one_cohort_gives_the_inverse_of_the_selection_probability() -> None:
    assert base_weight(np.array([[0.01], [0.02]])).tolist() == [100, 50]


def test_a_member_of_two_frames_shares_their_weight_over_both_recruitments() -> None:
    assert base_weight(np.array([[0.01, 0.04]])) == pytest.approx([20])


def test_a_member_outside_a_frame_does_not_share_their_weight_out() -> None:
    assert base_weight(np.array([[0.01, np.nan], [0.0, 0.04]])) == pytest.approx([100, 25])


def test_multiplicity_weights_are_unbiased_for_the_population_size() -> None:
    rng = np.random.default_rng(1)
    in_first, in_second = np.arange(2000) < 1500, np.arange(2000) >= 300
    chance = np.column_stack([0.3 * in_first, 0.2 * in_second])
    totals = []
    for _ in range(400):
        drawn = rng.random(chance.shape) < chance
        totals.append((drawn * base_weight(chance)[:, None]).sum())
    assert np.mean(totals) == pytest.approx(2000, abs=4 * np.std(totals) / np.sqrt(400))


def test_a_member_without_any_probability_is_counted() -> None:
    with pytest.raises(WeightingError, match="1 members have no selection probability"):
        base_weight(np.array([[0.1, 0.1], [np.nan, 0.0]]))


@pytest.mark.parametrize("chance", [-0.1, 1.5])
def test_a_probability_outside_0_to_1_is_refused(chance: float) -> None:
    with pytest.raises(WeightingError, match="outside 0 to 1 for 1 members"):
        base_weight(np.array([[chance], [0.5]]))
