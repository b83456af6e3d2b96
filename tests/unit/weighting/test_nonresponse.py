"""Nonresponse adjustment: respondents stand for the people like them."""

import numpy as np
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.nonresponse import class_factors, propensity_weight, response_propensity


def test_with_one_factor_the_propensity_is_the_weighted_response_rate() -> None:
    levels = np.repeat([[0], [1]], 4, axis=0)
    is_respondent = np.array([1, 0, 0, 0, 1, 1, 1, 0], np.bool_)
    base_weight = np.array([3.0, 1, 1, 1, 1, 1, 1, 1])
    propensity = response_propensity(base_weight, is_respondent, levels)
    assert propensity == pytest.approx([0.5] * 4 + [0.75] * 4)
    assert propensity_weight(base_weight, is_respondent, propensity)[[0, 1, 4]] == pytest.approx([6, 0, 4 / 3])


def test_propensity_weights_add_up_to_everyone_in_a_saturated_model() -> None:
    rng = np.random.default_rng(3)
    levels, base_weight = rng.integers(0, 3, (300, 1)), rng.uniform(1, 3, 300)
    is_respondent = rng.random(300) < 0.6
    propensity = response_propensity(base_weight, is_respondent, levels)
    assert propensity_weight(base_weight, is_respondent, propensity).sum() == pytest.approx(base_weight.sum())


def test_a_group_that_answered_completely_keeps_its_weight() -> None:
    levels = np.repeat([[0], [1]], 20, axis=0)
    is_respondent = (np.arange(40) % 2 == 0) | (np.arange(40) >= 20)
    propensity = response_propensity(np.ones(40), is_respondent, levels)
    assert propensity == pytest.approx([0.5] * 20 + [1.0] * 20, abs=1e-6)


def test_a_group_that_did_not_answer_at_all_is_refused() -> None:
    levels = np.repeat([[0], [1]], 20, axis=0)
    is_respondent = (np.arange(40) % 2 == 0) & (np.arange(40) < 20)
    with pytest.raises(WeightingError, match="some group did not answer at all"):
        response_propensity(np.ones(40), is_respondent, levels)


def test_a_class_factor_is_all_weight_over_respondents_weight() -> None:
    weighting_class = np.repeat([0, 1], 60)
    is_respondent = np.tile([True, True, False], 40)
    base_weight = np.where(is_respondent, 1.0, 2.0)
    assert class_factors(base_weight, is_respondent, weighting_class) == pytest.approx([2, 2])


def test_small_and_extreme_classes_are_named() -> None:
    weighting_class = np.repeat([0, 1, 2], [50, 20, 200])
    is_respondent = np.ones(270, np.bool_)
    is_respondent[100:] = False
    with pytest.raises(WeightingError, match=r"class 2 \(20 respondents, factor 1\), class 3 \(30 respondents, fac"):
        class_factors(np.ones(270), is_respondent, weighting_class)
