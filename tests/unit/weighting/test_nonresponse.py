"""Nonresponse adjustment: respondents stand for the people like them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.nonresponse import (
    ResponseStep,
    adjust,
    of_those_invited,
    propensity_weight,
    response_propensity,
    shared_by_eligibility,
)
from pipeline.weighting_steps import Covariate, NonresponseStep

Mask = NDArray[np.bool_]


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


def asked(is_respondent: Mask, levels: NDArray[np.int64], is_eligible: Mask | None = None) -> ResponseStep:
    """Return a step at which everyone is eligible, unless said otherwise."""
    eligible = np.ones(is_respondent.size, np.bool_) if is_eligible is None else is_eligible
    return ResponseStep("w02", eligible, is_respondent, levels)


def by(method: str, **options: object) -> NonresponseStep:
    """Return a step by one domain."""
    return NonresponseStep(method, (Covariate("domain", "sex"),), **options)  # type: ignore[arg-type]


def test_a_class_factor_is_all_weight_over_respondents_weight() -> None:
    levels = np.repeat([[0], [1]], 60, axis=0)
    is_respondent = np.tile([True, True, False], 40)
    base_weight = np.where(is_respondent, 1.0, 2.0)
    made = adjust(by("classes"), asked(is_respondent, levels), base_weight)
    assert made.weight[is_respondent] == pytest.approx(2.0)
    assert made.weight.sum() == pytest.approx(base_weight.sum())
    assert (made.weight[~is_respondent] == 0).all()


def test_small_classes_join_the_next_by_their_share_of_respondents() -> None:
    levels = np.repeat([[0], [1], [2]], [40, 200, 200], axis=0)
    is_respondent = np.arange(440) % 2 == 0
    is_respondent[:40] = np.arange(40) < 10  # a quarter of 40, fewer than 30 respondents
    made = adjust(by("classes"), asked(is_respondent, levels), np.ones(440))
    assert made.factor.class_of_group is not None
    assert made.factor.class_of_group.tolist() == [0, 0, 1]
    assert made.weight[0] == pytest.approx(240 / 110)


def test_propensity_classes_hold_about_equal_parts_of_the_weight() -> None:
    rng = np.random.default_rng(4)
    levels = rng.integers(0, 5, (2000, 2))
    is_respondent = rng.random(2000) < 0.4 + 0.1 * levels[:, 0]
    made = adjust(by("propensity", n_classes=5), asked(is_respondent, levels), np.ones(2000))
    assert made.factor.class_of_group is not None
    sizes = np.bincount(made.factor.class_of_group[made.groups.of_row])
    assert sizes.size == 5
    assert sizes.min() > 300
    assert made.weight.sum() == pytest.approx(2000)


def test_the_inverse_propensity_is_capped_at_a_declared_multiple_of_everyones_factor() -> None:
    levels = np.repeat([[0], [1]], 100, axis=0)
    is_respondent = np.concatenate([np.arange(100) < 5, np.arange(100) < 95])  # 5 % and 95 %
    free = adjust(by("propensity", largest_factor=20.0), asked(is_respondent, levels), np.ones(200))
    assert free.weight[0] == pytest.approx(20.0)
    capped = adjust(by("propensity", largest_factor=3.0), asked(is_respondent, levels), np.ones(200))
    assert capped.weight[0] == pytest.approx(3 * 2.0)
    assert capped.share_capped == pytest.approx(5 / 100)


def test_the_ineligible_are_no_nonrespondents() -> None:
    levels = np.zeros((120, 1), np.int64)
    is_respondent = np.arange(120) < 60
    is_eligible = np.arange(120) < 90
    made = adjust(by("classes"), asked(is_respondent, levels, is_eligible), np.ones(120))
    assert made.weight[0] == pytest.approx(90 / 60)


def test_those_of_unknown_eligibility_count_by_the_share_of_the_known_who_are_eligible() -> None:
    # 60 answered, 20 did not, 20 have left the population; of 20 nobody knows: e = 80 / 100
    person = np.arange(120)
    step = asked(person < 60, np.zeros((120, 1), np.int64), (person < 80) | (person >= 100))
    step = replace(step, is_unknown=person >= 100)
    before = shared_by_eligibility(np.ones(120), step)
    assert before[[0, 60, 80, 100]] == pytest.approx([1, 1, 1.2, 0.8])
    assert before.sum() == pytest.approx(120)
    made = adjust(by("classes"), step, before)
    assert made.weight[0] == pytest.approx((80 + 0.8 * 20) / 60)  # the inverse of AAPOR's RR3
    columns = shared_by_eligibility(np.column_stack([np.ones(120), person < 60]).astype(float), step)
    assert columns[[0, 80, 100]] == pytest.approx(np.array([[1, 1], [1.2, 0], [0.8, 0]]))
    known = replace(step, is_eligible=np.ones(120, np.bool_))
    assert shared_by_eligibility(np.ones(120), known).tolist() == [1.0] * 120  # nobody is known to have left


def test_those_invited_stand_for_those_whom_the_wave_passed_over() -> None:
    # of 120, 30 had left the panel; of the 90 in it 60 were invited and 40 of them answered
    person = np.arange(120)
    invited, passed_over = person < 60, (person >= 60) & (person < 90)
    step = replace(asked(person < 40, np.zeros((120, 1), np.int64)), is_invited=invited, is_passed_over=passed_over)
    before = of_those_invited(np.ones(120), step)
    assert before[[0, 60, 90]].tolist() == [1.5, 0.0, 1.0]
    made = adjust(by("classes"), step, before)
    assert made.weight[0] == pytest.approx(1.5 * 120 / 60)
    assert made.groups.sums(None).tolist() == [90]  # asked: neither respondents nor nonrespondents are passed over
    columns = of_those_invited(np.column_stack([np.ones(120), person < 60]), step)
    assert columns[0].tolist() == [1.5, 1.0]  # each replicate by itself


def test_nobody_answering_is_refused_with_a_count() -> None:
    with pytest.raises(WeightingError, match="w02: none of the 50 people asked answered"):
        adjust(by("classes"), asked(np.zeros(50, np.bool_), np.zeros((50, 1), np.int64)), np.ones(50))
