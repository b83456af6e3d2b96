"""Calibration residuals in one and two phases, against the formulas of methodology C5 written out densely."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.design import Calibration, SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.estimation.linearisation import linearisation
from pipeline.estimation.variance import total_variance, variance_of_totals
from tests.golden.data import AGE_TOTALS, SEX_TOTALS, age_and_sex_levels, codes, column
from tests.unit.estimation.builders import EVERYONE, N, age_and_sex, golden_design, row_of, yes_no

Array = NDArray[np.float64]

RESPONDED = codes("r2") == 1
INELIGIBLE = ~RESPONDED & (codes("lik") == 5)
CALIBRATED = RESPONDED | INELIGIBLE
AGE = ItemValues("age", codes=codes("age") - 1, categories=("1", "2", "3"))
ONE_HOT = np.column_stack([codes("age") == 1, codes("age") == 2, codes("age") == 3, codes("sex") == 2]).astype(float)


def raked_to_the_start() -> Array:
    """Return weights of those calibrated, raked to the base-weighted totals of age and sex of everyone."""
    weight = np.where(CALIBRATED, column("w"), 0.0)
    for _ in range(200):
        for levels in age_and_sex_levels().T:
            weight = weight * (np.bincount(levels, column("w")) / np.bincount(levels, weight))[levels]
    return weight


def two_phase_design() -> SurveyDesign:
    """Return the starting sample: respondents with their weight, everybody else with 0."""
    weight = raked_to_the_start()
    calibration = age_and_sex(is_calibrated=CALIBRATED, controls_estimated=True, calibrated_weight=weight)
    return golden_design(np.where(RESPONDED, weight, 0.0), calibration=calibration)


def dense_two_phase(influence: Array) -> Array:
    """Return z = r g d e + d x'B of everyone, from full matrices."""
    base = np.where(CALIBRATED, column("w"), 0.0)
    slopes = np.linalg.solve((ONE_HOT * base[:, None]).T @ ONE_HOT, ONE_HOT.T @ (base * influence))
    fitted = ONE_HOT @ slopes
    return raked_to_the_start() * (influence - fitted) + column("w") * fitted


def test_two_phases_follow_the_formula_over_the_whole_starting_sample() -> None:
    design = two_phase_design()
    frame = estimate_items(design, [yes_no("y2")], [EVERYONE, DomainMask("sex", "1", codes("sex") == 1)])
    for value, mask in (("all", RESPONDED), ("1", RESPONDED & (codes("sex") == 1))):
        row = row_of(frame, statistic="share", category="1", domain_value=value)
        weight = design.weight * mask
        mean = weight @ column("y2") / weight.sum()
        assert row["estimate"] == pytest.approx(mean)
        z = dense_two_phase(mask * (column("y2") - mean) / weight.sum())
        expected = np.sqrt(total_variance(golden_design(), z[:, None])[0])
        assert row["standard_error"] == pytest.approx(expected, rel=1e-10)
        assert row["unweighted_n"] == mask.sum()


def test_a_margin_known_from_the_starting_sample_keeps_that_samples_standard_error() -> None:
    # without ineligible the respondents stand for everybody, and the share of a margin is that of the start
    weight = np.where(RESPONDED, column("w"), 0.0)
    for _ in range(300):
        for levels in age_and_sex_levels().T:
            weight = weight * (np.bincount(levels, column("w")) / np.bincount(levels, weight))[levels]
    calibration = age_and_sex(is_calibrated=RESPONDED, controls_estimated=True)
    design = golden_design(weight, calibration=calibration)
    row = row_of(estimate_items(design, [AGE], [EVERYONE]), category="1")
    start = row_of(estimate_items(golden_design(), [AGE], [EVERYONE]), category="1")
    assert row["estimate"] == pytest.approx(start["estimate"])
    assert row["standard_error"] == pytest.approx(start["standard_error"])
    known = replace(design, calibration=age_and_sex(is_calibrated=RESPONDED))
    assert row_of(estimate_items(known, [AGE], [EVERYONE]), category="1")["standard_error"] == 0.0


def post_stratified(weight: Array, levels: Array, totals: Array) -> Array:
    return np.asarray(weight * (totals / np.bincount(levels, weight))[levels])


def test_a_start_calibrated_to_known_totals_passes_its_residuals_on_as_written_out() -> None:
    sex, age = codes("sex") - 1, codes("age") - 1
    start = post_stratified(column("w"), sex, SEX_TOTALS)
    final = post_stratified(np.where(RESPONDED, start, 0.0), age, np.bincount(age, start))
    to_sex = Calibration(column("w"), levels=sex[:, None])
    to_start = Calibration(np.where(RESPONDED, start, 0.0), age[:, None], None, RESPONDED, True, control_weight=start)
    design = replace(golden_design(final, calibration=to_start), start=golden_design(start, calibration=to_sex))
    mean = final @ column("y2") / final.sum()
    influence = RESPONDED * (column("y2") - mean) / final.sum()
    x, x0 = np.eye(3)[age], np.eye(2)[sex]
    respondents = np.where(RESPONDED, start, 0.0)
    fitted = x @ np.linalg.solve((x.T * respondents) @ x, x.T @ (respondents * influence))
    v = np.where(RESPONDED, final / start, 0.0) * (influence - fitted) + fitted
    z = start * (v - x0 @ np.linalg.solve((x0.T * column("w")) @ x0, x0.T @ (column("w") * v)))
    prepared = linearisation(design)
    assert prepared.of_influence(influence[:, None])[0] == pytest.approx(
        np.bincount(codes("psu"), z)[np.unique(codes("psu"))]
    )
    row = row_of(estimate_items(design, [yes_no("y2")], [EVERYONE]), category="yes")
    assert row["standard_error"] == pytest.approx(np.sqrt(total_variance(golden_design(), z[:, None])[0]))


def test_a_margin_that_the_start_met_has_no_error_after_a_calibration_to_the_start() -> None:
    start = post_stratified(column("w"), codes("age") - 1, AGE_TOTALS)
    final = post_stratified(np.where(RESPONDED, start, 0.0), codes("age") - 1, AGE_TOTALS)
    to_start = age_and_sex(is_calibrated=RESPONDED, controls_estimated=True, control_weight=start)
    to_start = replace(to_start, base_weight=np.where(RESPONDED, start, 0.0), levels=to_start.levels[:, :1])
    to_age = Calibration(column("w"), levels=codes("age")[:, None] - 1)
    design = golden_design(final, calibration=to_start)
    assert row_of(estimate_items(design, [AGE], [EVERYONE]), category="1")["standard_error"] > 0.01
    design = replace(design, start=golden_design(start, calibration=to_age))
    assert row_of(estimate_items(design, [AGE], [EVERYONE]), category="1")["standard_error"] == 0.0


def test_the_variance_method_names_the_phases() -> None:
    names = [
        linearisation(design).variance_method
        for design in (golden_design(), golden_design(calibration=age_and_sex()), two_phase_design())
    ]
    assert names == ["linearised", "linearised_calibration", "linearised_two_phase"]


def test_two_phase_values_of_a_mean_sum_to_zero() -> None:
    prepared = linearisation(two_phase_design())
    weight = prepared.design.weight
    mean = weight @ column("y2") / weight.sum()
    totals = prepared.of_influence(np.where(RESPONDED, (column("y2") - mean) / weight.sum(), 0.0)[:, None])
    assert totals.sum() == pytest.approx(0.0, abs=1e-12)


def test_numeric_auxiliaries_leave_the_residuals_of_a_regression() -> None:
    x = np.column_stack([np.ones(N), column("lik") * 1e5])  # the scale of a column must not matter
    design = golden_design(calibration=Calibration(column("w"), auxiliaries=x))
    influence = column("y1")[:, None]
    slopes = np.linalg.solve((x * column("w")[:, None]).T @ x, x.T @ (column("w") * column("y1")))
    z = column("w") * (column("y1") - x @ slopes)
    totals = linearisation(design).of_influence(influence)
    assert variance_of_totals(design, totals) == pytest.approx(total_variance(golden_design(), z[:, None]))
    perfect = linearisation(design).of_influence(column("lik")[:, None])
    assert variance_of_totals(design, perfect)[0] == pytest.approx(0.0, abs=1e-12)


def test_margins_and_numeric_auxiliaries_together_equal_their_one_hot_columns() -> None:
    mixed = Calibration(column("w"), levels=codes("age")[:, None] - 1, auxiliaries=ONE_HOT[:, 3:])
    dense = Calibration(column("w"), auxiliaries=ONE_HOT)
    results = [
        linearisation(golden_design(calibration=one)).of_influence(column("y1")[:, None])
        for one in (age_and_sex(), mixed, dense)
    ]
    assert results[1] == pytest.approx(results[0])
    assert results[2] == pytest.approx(results[0])


def test_a_level_that_nobody_has_changes_nothing() -> None:
    levels = age_and_sex_levels()
    levels[:, 0] = np.array([0, 2, 5])[levels[:, 0]]
    sparse = Calibration(column("w"), levels=levels)
    results = [
        linearisation(golden_design(calibration=one)).of_influence(column("y1")[:, None])
        for one in (age_and_sex(), sparse)
    ]
    assert results[1] == pytest.approx(results[0])
