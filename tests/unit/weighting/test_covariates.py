"""What is known of everyone becomes groups of people alike, with levels that can tell a propensity."""

import numpy as np
import pytest

from pipeline.weighting.covariates import groups_of, joined_levels

EVERYONE = np.ones(300, np.bool_)
HALF = np.arange(300) % 2 == 0


def test_a_small_level_joins_the_smaller_of_its_neighbours() -> None:
    levels = np.repeat([[0], [1], [2], [3]], [120, 10, 80, 90], axis=0)
    joined, n_joined = joined_levels(levels, EVERYONE, HALF)
    assert n_joined == 1
    assert np.unique(joined[:120]).tolist() == [0]
    assert np.unique(joined[120:210]).tolist() == [1]
    assert np.unique(joined[210:]).tolist() == [2]


@pytest.mark.parametrize("answered", [True, False], ids=["all of it answered", "nobody of it answered"])
def test_a_level_that_tells_no_propensity_joins_a_neighbour(answered: bool) -> None:
    levels = np.repeat([[0], [1]], 150, axis=0)
    is_respondent = np.where(np.arange(300) < 150, HALF, answered)
    assert joined_levels(levels, EVERYONE, is_respondent)[0].max() == 0


def test_levels_of_those_not_asked_do_not_count() -> None:
    levels = np.repeat([[0], [1], [7]], 100, axis=0)
    is_asked = np.arange(300) < 200
    joined, n_joined = joined_levels(levels, is_asked, HALF & is_asked)
    assert n_joined == 0
    assert joined[is_asked].max() == 1


def test_people_alike_in_everything_are_one_group() -> None:
    levels = np.column_stack([np.arange(300) % 2, np.arange(300) % 3])
    groups = groups_of(levels, EVERYONE)
    assert groups.n_groups == 6
    assert groups.predictors.shape == (6, 4)  # a constant, one of two levels, two of three
    assert groups.sums(np.ones(300)).tolist() == [50] * 6


def test_a_predictor_that_others_imply_is_left_out() -> None:
    levels = np.column_stack([np.arange(300) % 3, np.arange(300) % 3])
    assert groups_of(levels, EVERYONE).predictors.shape == (3, 3)


def test_those_not_asked_are_in_no_group() -> None:
    groups = groups_of(np.zeros((300, 1), np.int64), np.arange(300) < 100)
    assert groups.spread(np.array([2.0]), 0.0).sum() == 200
