"""Kish's design effect by hand, and the table of what calibration moved."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EstimationError
from pipeline.weighting.calibration import calibrate
from pipeline.weighting.diagnostics import effective_n, kish_design_effect, margins_table, ratio_range
from pipeline.weighting.targets import Targets


def test_weights_one_and_three_give_a_design_effect_of_1_25() -> None:
    assert kish_design_effect(np.array([1.0, 3.0])) == 1.25
    assert effective_n(np.array([1.0, 3.0])) == 1.6


def test_equal_weights_cost_nothing() -> None:
    assert kish_design_effect(np.full(7, 2.5)) == pytest.approx(1.0)


@given(weight=st.lists(st.floats(0.1, 100), min_size=1, max_size=30), scale=st.floats(1e-3, 1e3, exclude_min=True))
def test_design_effect_does_not_depend_on_the_scale_and_effective_n_is_at_most_n(
    weight: list[float], scale: float
) -> None:
    weights = np.array(weight)
    assert kish_design_effect(weights * scale) == pytest.approx(kish_design_effect(weights), rel=1e-9)
    assert effective_n(weights) <= weights.size * (1 + 1e-12)


@pytest.mark.parametrize("weight", [np.zeros(0), np.zeros(3)])
def test_a_domain_without_weight_has_no_design_effect(weight: np.ndarray) -> None:
    with pytest.raises(EstimationError, match=f"no weight in this domain \\(unweighted n = {weight.size}\\)"):
        kish_design_effect(weight)


def test_ratio_range_leaves_out_people_without_base_weight() -> None:
    assert ratio_range(np.array([9.0, 0.5, 2]), np.array([0.0, 1, 1])) == (0.5, 2)
    assert ratio_range(np.zeros(0), np.zeros(0)) == (1, 1)


def test_margins_table_shows_target_before_and_after() -> None:
    targets = Targets(("sex",), (("men", "women"),), (np.array([6.0, 4]),), ("age",), (26.0,))
    levels = np.array([[0], [0], [1], [1]])
    age = np.array([[1.0], [3], [2], [4]])
    table = margins_table(calibrate(np.ones(4), levels, targets, auxiliaries=age))
    assert table.columns == ["margin", "category", "target", "before", "after", "unweighted_n"]
    assert table["margin"].to_list() == ["sex", "sex", "age"]
    assert table["category"].to_list() == ["men", "women", ""]
    assert table["before"].to_list() == [2, 2, 10]
    assert table["after"].to_numpy() == pytest.approx([6, 4, 26])
    assert table["unweighted_n"].to_list() == [2, 2, 4]
