"""How carefully people answered, each measure worked by hand."""

import numpy as np
import pytest

from pipeline.response_quality import is_straight, mean_of_known, n_sharing, nondifferentiation, time_ratio

NAN = np.nan


def test_time_is_held_against_the_median_of_the_same_mode():
    seconds = np.array([100.0, 200.0, 300.0, 20.0, 40.0, NAN])
    ratio = time_ratio(seconds, np.array([0, 0, 0, 1, 1, 1]), np.zeros(6, np.int64))
    assert ratio[:5].tolist() == pytest.approx([0.5, 1.0, 1.5, 20 / 30, 40 / 30])
    assert np.isnan(ratio[5])


def test_time_is_held_against_the_same_route_where_enough_people_took_it():
    long, short = np.full(21, 600.0), np.full(20, 60.0)
    route = np.repeat([0, 1], [21, 20])
    assert time_ratio(np.concatenate([long, short]), np.zeros(41, np.int64), route).tolist() == [1.0] * 41
    few = time_ratio(np.concatenate([long, short[:19]]), np.zeros(40, np.int64), route[:40])
    assert few[-1] == pytest.approx(60 / 600)


def test_a_straight_line_is_one_answer_throughout_and_needs_three_answers():
    rating = np.array([[2, 2, 2], [2, 2, 1], [2, 2, NAN]], np.float64)
    found = is_straight(rating)
    assert found[:2].tolist() == [1.0, 0.0]
    assert np.isnan(found[2])


def test_nondifferentiation_is_one_for_a_straight_line_and_falls_with_the_differences():
    """0, 1 and 4 of 0-4: differences 1/4, 1 and 3/4; roots 0.5, 1 and 0.866025."""
    rating = np.array([[3, 3, 3], [0, 1, 4], [1, NAN, NAN]], np.float64)
    found = nondifferentiation(rating, 5)
    assert found[0] == 1.0
    assert found[1] == pytest.approx(1 - (0.5 + 1 + np.sqrt(0.75)) / 3)
    assert np.isnan(found[2])


def test_the_mean_leaves_out_what_is_not_known():
    values = np.array([[1.0, NAN], [1.0, 0.0], [NAN, NAN]])
    assert mean_of_known(values)[:2].tolist() == [1.0, 0.5]
    assert np.isnan(mean_of_known(values)[2])


def test_copies_are_counted_without_oneself_and_nothing_is_no_copy():
    assert n_sharing(np.array(["a", "b", "a", "", "a", ""])).tolist() == [2, 0, 2, 0, 2, 0]
