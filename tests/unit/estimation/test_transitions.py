"""Transition tables, by hand and against R survey 4.1.1 (methodology D, G20)."""

import numpy as np
import pytest

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import ItemValues
from pipeline.estimation.transitions import COLUMNS, transition_table
from tests.golden.data import codes
from tests.unit.estimation.builders import golden_design, number, row_of, yes_no

CLOSE = {"rel": 5e-9}  # the nine digits printed


@pytest.mark.parametrize(
    ("first", "share", "standard_error"),
    [("0", 0.330035336, 0.0834802949), ("1", 0.71826484, 0.0763667959)],
)
def test_golden_20_who_moves_given_the_first_answer(first: str, share: float, standard_error: float) -> None:
    table = transition_table(golden_design(), yes_no("y1"), yes_no("y2"))
    row = row_of(table, category_from=first, category_to="1")
    assert row["row_share"] == pytest.approx(share, **CLOSE)
    assert row["standard_error"] == pytest.approx(standard_error, **CLOSE)


def test_four_persons_by_hand() -> None:
    first = ItemValues("q", codes=np.array([0, 0, 1, 1, -1, 0]), categories=("a", "b", "c"))
    second = ItemValues("q", codes=np.array([0, 1, 1, 1, 0, -1]), categories=("a", "b", "c"))
    table = transition_table(SurveyDesign(np.array([1.0, 3, 2, 2, 50, 50])), first, second)
    assert table.columns == list(COLUMNS)
    assert table.height == 9
    moved = row_of(table, category_from="a", category_to="b")
    assert (moved["unweighted_n"], moved["weighted_count"]) == (1, pytest.approx(3.0))
    assert (moved["joint_share"], moved["row_share"]) == (pytest.approx(3 / 8), pytest.approx(3 / 4))


def test_zero_cells_have_a_row_and_an_empty_first_answer_has_no_row_share() -> None:
    first = ItemValues("q", codes=np.array([0, 0, 1]), categories=("a", "b", "c"))
    second = ItemValues("q", codes=np.array([0, 0, 1]), categories=("a", "b", "c"))
    table = transition_table(SurveyDesign(np.ones(3)), first, second)
    zero = row_of(table, category_from="a", category_to="b")
    assert (zero["unweighted_n"], zero["weighted_count"], zero["row_share"], zero["standard_error"]) == (0, 0, 0, 0)
    empty = row_of(table, category_from="c", category_to="a")
    assert (empty["joint_share"], empty["row_share"], empty["standard_error"]) == (0.0, None, None)


def test_joint_shares_add_up_to_one_and_rows_too() -> None:
    table = transition_table(golden_design(), yes_no("y1"), yes_no("y2"))
    assert table["joint_share"].sum() == pytest.approx(1.0)
    assert table["row_share"].sum() == pytest.approx(2.0)
    assert table["unweighted_n"].sum() == 120
    assert table["weighted_count"].sum() == pytest.approx(3605)


def test_a_joint_share_has_the_standard_error_of_its_indicator() -> None:
    from pipeline.estimation.estimates import estimate_items
    from tests.unit.estimation.builders import EVERYONE

    both = ItemValues("both", codes=codes("y1") * codes("y2"), categories=("0", "1"))
    alone = row_of(estimate_items(golden_design(), [both], [EVERYONE]), category="1")
    row = row_of(transition_table(golden_design(), yes_no("y1"), yes_no("y2")), category_from="1", category_to="1")
    assert row["joint_share"] == pytest.approx(alone["estimate"])
    assert row["joint_share_standard_error"] == pytest.approx(alone["standard_error"])


def test_nobody_who_answered_both_leaves_shares_undefined() -> None:
    first = ItemValues("q", codes=np.array([0, -1]), categories=("a", "b"))
    second = ItemValues("q", codes=np.array([-1, 0]), categories=("a", "b"))
    table = transition_table(SurveyDesign(np.ones(2)), first, second)
    assert table["unweighted_n"].to_list() == [0] * 4
    assert table["joint_share"].to_list() == [None] * 4
    assert table["joint_share_standard_error"].to_list() == [None] * 4


def test_a_number_has_no_transition_table() -> None:
    with pytest.raises(EstimationError, match="item 'lik' is a number or a multiple response"):
        transition_table(golden_design(), number("lik"), number("lik"))
