"""Calibration: every margin is met, by every method, or nothing comes back and the message says why."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.calibration import CalibrationOptions, calibrate, rake
from pipeline.weighting.targets import Targets, unnamed_targets

SMALL = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AGE = Targets(("age_group", "sex"), (("16-34", "75+"), ("women", "men")), (np.array([30.0, 70]), np.array([60.0, 40])))


def panel(seed: int, n: int = 400) -> tuple[NDArray[np.float64], NDArray[np.int64], Targets]:
    """Return base weights, codes of three margins, and totals that positive ratios near 1 reach."""
    rng = np.random.default_rng(seed)
    base_weight = rng.uniform(1, 5, n)
    levels = np.column_stack([rng.integers(0, size, n) for size in (3, 2, 5)])
    for column, size in enumerate((3, 2, 5)):
        levels[:size, column] = np.arange(size)  # nobody's category is empty
    true_weight = base_weight * rng.uniform(0.7, 1.4, n)
    totals = [np.bincount(level, true_weight) for level in levels.T]
    return base_weight, levels, unnamed_targets(totals)


def reached(weight: NDArray[np.float64], levels: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.concatenate([np.bincount(level, weight) for level in levels.T])


def test_one_margin_is_met_by_one_ratio_per_category() -> None:
    result = rake(np.array([1.0, 3, 2, 2]), np.array([[0], [0], [1], [1]]), [np.array([8.0, 2])])
    assert result.weight.tolist() == [2, 6, 1, 1]
    assert result.ratio.tolist() == [2, 2, 0.5, 0.5]


def test_raking_keeps_the_odds_ratio_of_the_base_weights() -> None:
    result = rake(np.array([1.0, 2, 3, 4]), SMALL, [np.array([30.0, 70]), np.array([60.0, 40])])
    a, b, c, d = result.weight
    assert a * d / (b * c) == pytest.approx(1 * 4 / (2 * 3), rel=1e-12)


@pytest.mark.parametrize(
    "options",
    [
        CalibrationOptions("raking"),
        CalibrationOptions("linear"),
        CalibrationOptions("logit", (0.3, 3)),
        CalibrationOptions("linear", (0.6, 1.6)),
        CalibrationOptions("raking", (0.6, 1.6)),
        CalibrationOptions("raking", caps=(0.9, 6.2)),
        CalibrationOptions("linear", caps=(0.9, 6.2)),
        CalibrationOptions("logit", (0.3, 3), caps=(0.9, 6.2)),
    ],
    ids=str,
)
@pytest.mark.parametrize("seed", range(5))
def test_every_method_meets_every_margin_and_its_bounds(options: CalibrationOptions, seed: int) -> None:
    base_weight, levels, targets = panel(seed)
    result = calibrate(base_weight, levels, targets, options)
    assert reached(result.weight, levels) == pytest.approx(targets.vector, rel=1e-9)
    assert result.max_relative_gap <= 1e-9
    low, high = options.bounds or (-np.inf, np.inf)
    assert low - 1e-12 <= result.ratio.min() <= result.ratio.max() <= high + 1e-12
    if options.caps is not None:
        assert options.caps[0] - 1e-12 <= result.weight.min() <= result.weight.max() <= options.caps[1] + 1e-12


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e6), method=st.sampled_from(["raking", "linear"]))
def test_the_scale_of_the_base_weights_does_not_matter_to_raking(seed: int, scale: float, method: str) -> None:
    base_weight, levels, targets = panel(seed, 60)
    options = CalibrationOptions(method)
    scaled = Targets(targets.names, targets.labels, tuple(total * scale for total in targets.totals))
    first = calibrate(base_weight, levels, targets, options)
    second = calibrate(base_weight * scale, levels, scaled, options)
    assert second.ratio == pytest.approx(first.ratio, rel=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_the_rows_does_not_matter(seed: int) -> None:
    base_weight, levels, targets = panel(seed, 60)
    order = np.random.default_rng(seed).permutation(base_weight.size)
    in_order = calibrate(base_weight, levels, targets).weight
    assert calibrate(base_weight[order], levels[order], targets).weight == pytest.approx(in_order[order], rel=1e-9)


def test_raking_equals_iterated_proportional_fitting() -> None:
    base_weight, levels, targets = panel(7)
    weight = base_weight.copy()
    for _ in range(200):
        for level, total in zip(levels.T, targets.totals, strict=True):
            weight *= (total / np.bincount(level, weight))[level]
    assert calibrate(base_weight, levels, targets).weight == pytest.approx(weight, rel=1e-12)


def test_cells_give_the_same_weights_as_rows() -> None:
    base_weight, levels, targets = panel(3)
    rows = calibrate(base_weight, levels, targets, CalibrationOptions(caps=(0.0, np.inf)))
    assert calibrate(base_weight, levels, targets).weight == pytest.approx(rows.weight, rel=1e-12)


def test_calibrating_calibrated_weights_changes_nothing() -> None:
    base_weight, levels, targets = panel(4)
    once = calibrate(base_weight, levels, targets).weight
    assert calibrate(once, levels, targets).ratio == pytest.approx(np.ones(once.size), rel=1e-12)


def test_many_possible_cells_are_kept_apart() -> None:
    rng = np.random.default_rng(1)
    levels = rng.integers(0, 40, (3000, 6))  # 4e9 possible cells
    base_weight = np.ones(3000)
    totals = [np.bincount(level, base_weight * rng.uniform(0.9, 1.1, 3000), minlength=40) for level in levels.T]
    totals = [total * (3000 / total.sum()) for total in totals]
    assert reached(rake(base_weight, levels, totals).weight, levels) == pytest.approx(np.concatenate(totals), rel=1e-9)


def test_numeric_auxiliaries_meet_their_totals() -> None:
    base_weight, levels, targets = panel(5)
    income = np.random.default_rng(5).lognormal(3, 0.4, base_weight.size)
    total = float(base_weight @ income * 1.02)
    with_income = Targets(targets.names, targets.labels, targets.totals, ("income",), (total,))
    for method in ("linear", "raking"):
        result = calibrate(base_weight, levels, with_income, CalibrationOptions(method), auxiliaries=income[:, None])
        assert result.weight @ income == pytest.approx(total, rel=1e-9)
        assert result.unweighted_n[-1] == base_weight.size


def test_people_without_base_weight_stay_at_zero() -> None:
    base_weight = np.array([0.0, 1, 1, 2, 2])
    levels = np.array([[0], [0], [0], [1], [1]])
    result = rake(base_weight, levels, [np.array([6.0, 2])])
    assert result.weight == pytest.approx([0, 3, 3, 1, 1])
    assert result.unweighted_n.tolist() == [2, 2]


def test_reconciling_scales_every_margin_to_the_declared_total() -> None:
    targets = unnamed_targets([np.array([30.0, 70]), np.array([61.0, 41])])
    result = calibrate(np.ones(4), SMALL, targets, CalibrationOptions(reconcile_to=200))
    assert result.weight.sum() == pytest.approx(200)
    assert result.after == pytest.approx([60, 140, 200 * 61 / 102, 200 * 41 / 102])


def test_empty_category_is_named() -> None:
    expected = (
        "margin 'age_group' has no respondents in 75+, so no weight can reach that population total. "
        "Merge the category with a neighbour."
    )
    with pytest.raises(WeightingError) as refusal:
        calibrate(np.ones(2), np.array([[0, 0], [0, 1]]), AGE)
    assert str(refusal.value) == expected


def test_category_whose_people_carry_no_weight_counts_as_empty() -> None:
    with pytest.raises(WeightingError, match=r"no respondents in 75\+"):
        calibrate(np.array([1.0, 1, 0, 0]), SMALL, AGE)


def test_category_without_population_is_named() -> None:
    targets = Targets(("age_group",), (("16-34", "75+"),), (np.array([100.0, 0]),))
    with pytest.raises(WeightingError, match=r"has respondents in 75\+, where the population total is 0"):
        calibrate(np.ones(4), SMALL[:, :1], targets)


def test_category_empty_on_both_sides_is_no_fault() -> None:
    result = rake(np.ones(2), np.array([[0], [0]]), [np.array([10.0, 0])])
    assert result.weight == pytest.approx([5, 5])


def test_missing_answers_are_refused_with_a_count() -> None:
    with pytest.raises(WeightingError, match="margin 'sex' is missing for 2 respondents"):
        calibrate(np.ones(4), np.array([[0, 0], [0, -1], [1, -1], [1, 1]]), AGE)


def test_codes_without_a_total_are_refused_with_a_count() -> None:
    with pytest.raises(WeightingError, match="margin 'sex' has 1 respondents in categories without a total"):
        calibrate(np.ones(4), np.array([[0, 0], [0, 1], [1, 0], [1, 2]]), AGE)


def test_margins_with_different_population_totals_are_refused() -> None:
    with pytest.raises(WeightingError, match=r"different population totals: '1' 100, '2' 101\. .*reconcile"):
        rake(np.ones(4), SMALL, [np.array([30.0, 70]), np.array([60.0, 41])])


@pytest.mark.parametrize("broken", [np.nan, -1.0])
def test_totals_that_are_no_totals_are_refused(broken: float) -> None:
    with pytest.raises(WeightingError, match="margin '1' has totals that are missing or negative: 1"):
        rake(np.ones(4), SMALL, [np.array([30.0, broken]), np.array([60.0, 40])])


def test_missing_totals_of_numeric_auxiliaries_are_refused() -> None:
    targets = Targets(("1",), (("0", "1"),), (np.array([2.0, 2]),), ("income",), (np.nan,))
    with pytest.raises(WeightingError, match="totals of numeric auxiliaries are missing"):
        calibrate(np.ones(4), SMALL[:, :1], targets, auxiliaries=np.ones((4, 1)))


@pytest.mark.parametrize(
    ("base_weight", "message"),
    [([1.0, -1, 1, 1], "negative in 1 rows"), ([1.0, np.nan, 1, 1], "missing"), ([0.0] * 4, "nobody carries")],
)
def test_broken_base_weights_are_refused(base_weight: list[float], message: str) -> None:
    with pytest.raises(WeightingError, match=message):
        calibrate(np.array(base_weight), SMALL, AGE)


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(WeightingError) as refusal:
        calibrate(np.array([1.0, 1]), np.array([[0, 0], [0, -1]]), AGE)
    assert "calibration cannot start:" in str(refusal.value)
    assert "75+" in str(refusal.value)
    assert "'sex' is missing" in str(refusal.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (CalibrationOptions("rim"), "'rim' is not known"),
        (CalibrationOptions("logit"), "needs bounds"),
        (CalibrationOptions("logit", (1.1, 2)), "expected 0 ≤ lower < 1 < upper"),
        (CalibrationOptions("poststratify"), "takes one margin, found 2"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: CalibrationOptions, message: str) -> None:
    with pytest.raises(WeightingError, match=message):
        calibrate(np.ones(4), SMALL, AGE, options)


def test_margins_that_contradict_each_other_are_refused() -> None:
    both = np.array([[0, 0], [1, 1]])  # the two margins are the same variable, with different totals
    with pytest.raises(WeightingError, match="No positive weights meet all margins at once"):
        rake(np.ones(2), both, [np.array([30.0, 70]), np.array([60.0, 40])])


def test_too_few_iterations_is_an_error_that_names_the_margins_furthest_off() -> None:
    base_weight, levels, targets = panel(1)
    with pytest.raises(WeightingError, match="Allow more iterations") as refusal:
        calibrate(base_weight, levels, targets, CalibrationOptions(tolerance=1e-12, max_iterations=0))
    assert "Furthest off: margin" in str(refusal.value)


def test_too_few_iterations_within_feasible_bounds_is_told_apart_from_infeasible_bounds() -> None:
    base_weight, levels, targets = panel(1)
    options = CalibrationOptions("logit", (0.3, 3), tolerance=1e-12, max_iterations=1)
    with pytest.raises(WeightingError, match="The bounds are feasible"):
        calibrate(base_weight, levels, targets, options)


@pytest.mark.parametrize("method", ["linear", "raking"])
def test_bounds_named_as_tightest_are_feasible(method: str) -> None:
    base_weight, levels, targets = panel(2)
    with pytest.raises(WeightingError) as refusal:
        calibrate(base_weight, levels, targets, CalibrationOptions(method, (0.97, 1.03)))
    tightest = float(str(refusal.value).split("smallest feasible upper bound is ")[1].split(";")[0])
    result = calibrate(base_weight, levels, targets, CalibrationOptions(method, (0.97, tightest + 1e-5)))
    assert result.ratio.max() <= tightest + 1e-5 + 1e-12


def test_infeasible_bounds_with_numeric_auxiliaries_are_refused() -> None:
    base_weight, levels, targets = panel(5)
    income = np.random.default_rng(5).lognormal(3, 0.4, base_weight.size)
    with_income = Targets(
        targets.names, targets.labels, targets.totals, ("income",), (float(base_weight @ income) * 1.3,)
    )
    with pytest.raises(WeightingError, match=r"Furthest off: .*total of 'income'"):
        calibrate(
            base_weight, levels, with_income, CalibrationOptions("linear", (0.9, 1.1)), auxiliaries=income[:, None]
        )


def test_bounds_and_caps_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(WeightingError, match="exclude each other for 4 people"):
        calibrate(np.ones(4), SMALL, AGE, CalibrationOptions("raking", (0.5, 2), caps=(3, 100)))
