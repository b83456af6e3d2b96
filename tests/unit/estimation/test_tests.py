"""Corrections for many tests, verdicts and Rao-Scott, by hand and against methodology C12 and D (G8)."""

import numpy as np
import pytest

from pipeline.errors import EstimationError
from pipeline.estimation.estimates import ItemValues
from pipeline.estimation.tests import corrected_p_values, rao_scott, verdicts
from tests.golden.data import codes
from tests.unit.estimation.builders import golden_design, number, yes_no

TEN = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216])
AGE = ItemValues("age", codes=codes("age") - 1, categories=("1", "2", "3"))


def test_golden_benjamini_hochberg() -> None:
    expected = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.1057, 0.216, 0.216, 0.216]
    assert corrected_p_values(TEN, "benjamini_hochberg") == pytest.approx(expected, abs=5e-5)


def test_holm_by_hand() -> None:
    # sorted .01 .02 .04: 3 x .01, 2 x .02, 1 x .04; never below the one before
    assert corrected_p_values(np.array([0.04, 0.01, 0.02]), "holm") == pytest.approx([0.04, 0.03, 0.04])


def test_holm_is_never_more_than_one_nor_less_than_p() -> None:
    corrected = corrected_p_values(TEN * 4, "holm")
    assert (corrected <= 1).all()
    assert (corrected >= TEN * 4).all()


@pytest.mark.parametrize("correction", ["holm", "benjamini_hochberg"])
def test_what_could_not_be_tested_is_not_counted(correction: str) -> None:
    with_gap = corrected_p_values(np.array([0.01, np.nan, 0.03]), correction)
    assert np.isnan(with_gap[1])
    assert with_gap[[0, 2]] == pytest.approx(corrected_p_values(np.array([0.01, 0.03]), correction))
    assert corrected_p_values(np.zeros(0), correction).size == 0


@pytest.mark.parametrize("correction", ["holm", "benjamini_hochberg"])
def test_the_order_of_the_tests_does_not_matter(correction: str) -> None:
    order = np.random.default_rng(2).permutation(TEN.size)
    assert corrected_p_values(TEN[order], correction) == pytest.approx(corrected_p_values(TEN, correction)[order])


def test_an_unknown_correction_is_named() -> None:
    with pytest.raises(EstimationError, match="correction 'bonferroni' is not known"):
        corrected_p_values(TEN, "bonferroni")


def test_a_verdict_needs_a_corrected_p_below_the_level() -> None:
    change = np.array([0.1, -0.1, 0.1, 0.1, 0.0])
    p = np.array([0.049, 0.01, 0.05, np.nan, 0.01])
    assert verdicts(change, p, level=0.05) == ["rose", "fell"] + ["no clear change"] * 3


def test_golden_8_rao_scott() -> None:
    test = rao_scott(golden_design(), yes_no("y1"), AGE)
    assert test.f == pytest.approx(0.0293730679, rel=1e-8)
    assert test.numerator_df == pytest.approx(1.94329762, rel=1e-8)
    assert test.denominator_df == pytest.approx(38.8659524, rel=1e-8)
    assert test.p_value == pytest.approx(0.968548523, rel=1e-8)
    assert test.chi_square == pytest.approx(0.101273182, rel=1e-8)


def test_independence_does_not_depend_on_which_item_is_in_the_rows() -> None:
    first, second = rao_scott(golden_design(), yes_no("y1"), AGE), rao_scott(golden_design(), AGE, yes_no("y1"))
    assert first.f == pytest.approx(second.f)
    assert first.p_value == pytest.approx(second.p_value)


def test_an_answer_nobody_gave_cannot_be_tested() -> None:
    wider = ItemValues("y1", codes=codes("y1"), categories=("0", "1", "2"))
    with pytest.raises(EstimationError, match="nobody gave one of the answers to 'y1'"):
        rao_scott(golden_design(), wider, AGE)


def test_independence_of_numbers_is_refused() -> None:
    with pytest.raises(EstimationError, match="must both have categories"):
        rao_scott(golden_design(), number("lik"), AGE)


def test_the_first_order_test_divides_by_the_mean_design_effect() -> None:
    test = rao_scott(golden_design(), yes_no("y1"), AGE)
    assert test.first_order_df == 2
    assert test.first_order_chi_square == pytest.approx(2 * test.f)
    assert test.first_order_p_value == pytest.approx(float(np.exp(-test.f)))  # chi-square with 2 df
