"""Differences between columns of a table, and tests of several of them, by hand and beside other routes."""

import numpy as np
import pytest

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.contrasts import (
    COLUMNS,
    compare_columns,
    contrast_test,
    joint_estimates,
    wald_test,
)
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from tests.golden.data import codes, column
from tests.unit.estimation.builders import AGES, EVERYONE, N, golden_design, number, row_of, rows_of, yes_no

GOLDEN = golden_design()
OTHERS = DomainMask("age", "2 or 3", codes("age") > 1)
PAIR = np.array([1.0, -1.0])


def test_the_difference_of_two_independent_halves_by_hand() -> None:
    # means 0.5 and 1; z of the difference -1/4, 1/4, 0, 0 over four rows as PSUs: 4/3 * (1/16 + 1/16)
    design = SurveyDesign(np.ones(4))
    first = DomainMask("half", "1", np.array([True, True, False, False]))
    second = DomainMask("half", "2", ~first.mask)
    item = ItemValues("y", number=np.array([0.0, 1.0, 1.0, 1.0]))
    row = row_of(compare_columns(design, [item], [first, second]))
    assert row["difference"] == -0.5
    assert row["standard_error"] == pytest.approx(np.sqrt(4 / 3 * (2 * 0.25**2)))
    assert row["correlation"] is None


def test_columns_are_compared_within_their_domain_only() -> None:
    frame = compare_columns(GOLDEN, [yes_no("y1")], [EVERYONE, *AGES])
    pairs = rows_of(frame, category="yes").select("domain_value", "other_domain_value").rows()
    assert pairs == [("1", "2"), ("1", "3"), ("2", "3")]
    assert frame.columns == list(COLUMNS)


def test_a_part_and_the_total_differ_by_less_than_their_errors_suggest() -> None:
    # y_1 - y_all = (1 - W_1 / W) (y_1 - y_others), and W_1 / W varies too: the linearised z has both
    frame = compare_columns(GOLDEN, [number("y1")], [AGES[0], EVERYONE], pairs=[(0, 1)])
    row, weight = row_of(frame), column("w")
    one = (codes("age") == 1) * weight
    first, everyone = one @ column("y1") / one.sum(), weight @ column("y1") / weight.sum()
    u = one / weight * (column("y1") - first) / one.sum() - (column("y1") - everyone) / weight.sum()
    expected = estimate_items(GOLDEN, [ItemValues("u", number=u * weight.sum())], [EVERYONE])
    assert row["difference"] == pytest.approx(first - everyone)
    assert row["standard_error"] == pytest.approx(row_of(expected)["standard_error"])
    assert row["correlation"] > 0.3


def test_a_comparison_does_not_depend_on_the_order_of_the_pair() -> None:
    one, other = (row_of(compare_columns(GOLDEN, [number("lik")], AGES, pairs=[pair])) for pair in ((0, 1), (1, 0)))
    assert one["difference"] == -other["difference"]
    assert one["p_value"] == other["p_value"]


def test_an_empty_column_is_compared_with_nothing() -> None:
    nobody = DomainMask("age", "9", codes("age") == 9)
    assert compare_columns(GOLDEN, [number("lik")], [AGES[0], nobody]).is_empty()
    assert compare_columns(GOLDEN, [number("lik")], [EVERYONE]).is_empty()


def test_a_contrast_of_two_is_the_comparison_of_columns() -> None:
    joint = joint_estimates(GOLDEN, [number("lik")], AGES[:2])
    test = contrast_test(joint, PAIR)
    row = row_of(compare_columns(GOLDEN, [number("lik")], AGES[:2]))
    assert (test.estimate, test.standard_error) == pytest.approx((row["difference"], row["standard_error"]))
    assert (test.p_value, test.degrees_of_freedom) == pytest.approx((row["p_value"], row["degrees_of_freedom"]))


def test_a_wald_test_of_one_contrast_is_its_t_test() -> None:
    joint = joint_estimates(GOLDEN, [number("lik")], AGES[:2])
    wald, t = wald_test(joint, PAIR[None]), contrast_test(joint, PAIR)
    assert wald.f == pytest.approx((t.estimate / t.standard_error) ** 2)
    assert wald.p_value == pytest.approx(t.p_value)
    assert (wald.numerator_df, wald.denominator_df) == (1, 20)


def test_contrasts_that_repeat_one_another_count_once() -> None:
    joint = joint_estimates(GOLDEN, [number("lik")], AGES)
    two = np.array([[1.0, -1, 0], [0, 1, -1]])
    three = np.vstack([two, two.sum(axis=0)])
    assert wald_test(joint, three).f == pytest.approx(wald_test(joint, two).f)
    assert wald_test(joint, three).numerator_df == 2


def test_shares_that_add_up_to_one_have_one_contrast_less() -> None:
    lik = ItemValues("lik", codes=codes("lik") - 1, categories=tuple("12345"))
    joint = joint_estimates(GOLDEN, [lik], [EVERYONE])
    everything = wald_test(joint, np.eye(5) - 0.2)
    assert everything.numerator_df == 4
    assert joint.keys["category"].to_list() == list("12345")
    assert joint.covariance.sum() == pytest.approx(0, abs=1e-12)


def test_the_degrees_of_freedom_are_the_smallest_of_those_compared() -> None:
    few = DomainMask("stratum", "1", codes("stratum") == 1)
    joint = joint_estimates(GOLDEN, [number("lik")], [EVERYONE, few])
    assert contrast_test(joint, PAIR).degrees_of_freedom == 5
    assert contrast_test(joint, np.array([1.0, 0])).degrees_of_freedom == 20


def test_more_contrasts_than_degrees_of_freedom_are_refused() -> None:
    few = DomainMask("stratum", "1", codes("stratum") == 1)
    lik = ItemValues("lik", codes=codes("lik") - 1, categories=tuple("12345"))
    joint = joint_estimates(GOLDEN, [lik], [EVERYONE, few])
    with pytest.raises(EstimationError, match="8 contrasts cannot be tested with 5 degrees of freedom"):
        wald_test(joint, np.eye(10))


def test_what_nobody_answered_is_not_compared() -> None:
    nobody = DomainMask("age", "9", np.zeros(N, np.bool_))
    with pytest.raises(EstimationError, match="nobody in domain 'age' = '9' answered 'lik'"):
        joint_estimates(GOLDEN, [number("lik")], [nobody])
