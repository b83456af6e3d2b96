"""Replicates: every kind gives the variance of a total by its textbook formula; calibration is redone in each."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import WeightingError
from pipeline.weighting.calibration import CalibrationOptions, calibrate
from pipeline.weighting.hadamard import hadamard
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    repeated_replicates,
    supplied_replicates,
    uncalibrated_replicates,
)
from pipeline.weighting.targets import Targets, unnamed_targets
from tests.golden.data import AGE_TOTALS, SEX_TOTALS, age_and_sex_levels, codes, column, lonely_people

WEIGHT = column("w")
TARGETS = unnamed_targets([AGE_TOTALS, SEX_TOTALS])
RAKING = CalibrationPlan(TARGETS, CalibrationOptions())
STRATIFIED = SurveyDesign(WEIGHT, codes("stratum"), codes("psu"))
WITH_FPC = replace(STRATIFIED, fpc=np.full(120, 40.0))
PAIRS = SurveyDesign(WEIGHT, np.arange(120) // 10, np.arange(120) // 5)
PLANS = {
    "jk1": (SurveyDesign(WEIGHT, None, codes("psu")), ReplicatePlan("jk1")),
    "jkn": (STRATIFIED, ReplicatePlan("jkn")),
    "jkn with fpc": (WITH_FPC, ReplicatePlan("jkn")),
    "jkgroups, a group per PSU": (SurveyDesign(WEIGHT, None, codes("psu")), ReplicatePlan("jkgroups", 24, 1)),
    "brr": (PAIRS, ReplicatePlan("brr")),
    "brr with fpc": (replace(PAIRS, fpc=np.full(120, 9.0)), ReplicatePlan("brr")),
    "fay": (PAIRS, ReplicatePlan("fay", fay=0.3)),
}
RANDOM = {
    "bootstrap": (STRATIFIED, ReplicatePlan("bootstrap", 4000, seed=3)),
    "bootstrap with fpc": (WITH_FPC, ReplicatePlan("bootstrap", 4000, seed=3)),
}


def drawn(design: SurveyDesign, plan: ReplicatePlan) -> Replicates:
    return uncalibrated_replicates(design.weight, replicate_factors(design, plan))


def total_variance(design: SurveyDesign, z: NDArray[np.float64]) -> float:
    """Return Σ_h (1 - f_h) n_h / (n_h - 1) Σ_i (z_hi - mean)², written out."""
    structure, variance = design.structure, 0.0
    of_psu = np.bincount(structure.psu, z)
    for stratum, n_psus in enumerate(structure.psus_in_stratum):
        here = of_psu[structure.stratum_of_psu == stratum]
        scale = (1 - structure.sampling_fraction[stratum]) * n_psus / (n_psus - 1)
        variance += float(scale * np.square(here - here.mean()).sum())
    return variance


def mean_and_errors(replicates: Replicates, weight: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean of y1, its standard error at the estimate and at the replicates' mean."""
    totals = replicates.totals(np.column_stack([column("y1"), np.ones(120)]))
    each, mean = (totals[0] / totals[1])[None], np.array([weight @ column("y1") / weight.sum()])
    at_estimate = replicates.covariance(each, mean)[0, 0]
    at_mean = replicates.covariance(each, mean, centre="replicates")[0, 0]
    return float(mean[0]), float(np.sqrt(at_estimate)), float(np.sqrt(at_mean))


@pytest.mark.parametrize("name", PLANS)
def test_the_variance_of_a_total_is_the_textbook_one(name: str) -> None:
    design, plan = PLANS[name]
    replicates = drawn(design, plan)
    total = np.array([WEIGHT @ column("lik")])
    variance = replicates.covariance(replicates.totals(column("lik")[:, None]), total)[0, 0]
    assert variance == pytest.approx(total_variance(design, WEIGHT * column("lik")), rel=1e-10)


@pytest.mark.parametrize("name", RANDOM)
def test_the_bootstrap_variance_of_a_total_is_near_the_textbook_one(name: str) -> None:
    design, plan = RANDOM[name]
    replicates = drawn(design, plan)
    total = np.array([WEIGHT @ column("lik")])
    variance = replicates.covariance(replicates.totals(column("lik")[:, None]), total)[0, 0]
    exact = total_variance(design, WEIGHT * column("lik"))
    assert variance == pytest.approx(exact, rel=4 * np.sqrt(2 / plan.n_replicates))


@pytest.mark.parametrize("n_groups", [4, 20])
def test_delete_a_group_is_unbiased_over_its_random_groups(n_groups: int) -> None:
    total = np.array([WEIGHT @ column("lik")])
    variances = []
    for seed in range(300):
        replicates = drawn(STRATIFIED, ReplicatePlan("jkgroups", n_groups, seed))
        variances.append(replicates.covariance(replicates.totals(column("lik")[:, None]), total)[0, 0])
    exact = total_variance(STRATIFIED, WEIGHT * column("lik"))
    assert np.mean(variances) == pytest.approx(exact, abs=5 * np.std(variances) / np.sqrt(300) + 0.02 * exact)


def test_g14_jkn_standard_errors() -> None:
    _, at_estimate, at_mean = mean_and_errors(drawn(STRATIFIED, ReplicatePlan("jkn")), WEIGHT)
    assert at_estimate == pytest.approx(0.0260661556, rel=4e-9)
    assert at_mean == pytest.approx(0.0260661552, rel=4e-9)


def test_ten_people_of_five_psus_jackknifed() -> None:
    ten = lonely_people()
    design = SurveyDesign(ten["w"].to_numpy(), ten["stratum"].to_numpy(), ten["psu"].to_numpy())
    replicates = drawn(design, ReplicatePlan("jkn"))
    totals = replicates.totals(np.column_stack([ten["y"], np.ones(10)]))
    each, mean = (totals[0] / totals[1])[None], np.array([design.weight @ ten["y"].to_numpy() / design.weight.sum()])
    assert mean[0] == pytest.approx(0.619565217, rel=4e-9)
    at_estimate, at_mean = (replicates.covariance(each, mean, centre=one)[0, 0] for one in ("estimate", "replicates"))
    assert np.sqrt([at_estimate, at_mean]) == pytest.approx([0.189003345, 0.188997578], rel=4e-9)


def test_g15_jkn_raked_in_each_replicate() -> None:
    levels = age_and_sex_levels()
    replicates = calibrated_replicates(drawn(STRATIFIED, ReplicatePlan("jkn")), levels, RAKING)
    mean, error, _ = mean_and_errors(replicates, calibrate(WEIGHT, levels, TARGETS).weight)
    assert mean == pytest.approx(0.606069554, rel=1e-8)
    assert error == pytest.approx(0.0283392426, rel=1e-8)


@pytest.mark.parametrize(
    "options",
    [
        CalibrationOptions(),
        CalibrationOptions("linear"),
        CalibrationOptions("logit", (0.3, 3)),
        CalibrationOptions("linear", (0.8, 1.25)),
        CalibrationOptions("raking", (0.8, 1.25)),
    ],
    ids=str,
)
def test_all_at_once_equals_one_by_one(options: CalibrationOptions) -> None:
    levels, start = age_and_sex_levels(), drawn(STRATIFIED, ReplicatePlan("jkn"))
    together = calibrated_replicates(start, levels, CalibrationPlan(TARGETS, options))
    alone = repeated_replicates(start, lambda base: calibrate(base, levels, TARGETS, options).weight)
    assert together.weights() == pytest.approx(alone.weights(), rel=1e-9, abs=1e-9)


def test_every_replicate_meets_every_margin() -> None:
    levels = age_and_sex_levels()
    replicates = calibrated_replicates(drawn(STRATIFIED, ReplicatePlan("bootstrap", 50, 7)), levels, RAKING)
    indicators = np.column_stack([levels[:, [0]] == np.arange(3), levels[:, [1]] == np.arange(2)])
    reached = replicates.totals(indicators.astype(np.float64))
    assert reached == pytest.approx(np.repeat(TARGETS.vector[:, None], 50, axis=1), rel=1e-9)


def test_estimated_controls_are_taken_anew_in_every_replicate() -> None:
    levels, is_calibrated = age_and_sex_levels(), codes("r2") == 1
    totals = Targets(TARGETS.names, TARGETS.labels, tuple(np.bincount(level, WEIGHT) for level in levels.T))
    plan = CalibrationPlan(totals, CalibrationOptions(), is_calibrated, controls_estimated=True)
    start = drawn(STRATIFIED, ReplicatePlan("jkn"))
    replicates = calibrated_replicates(start, levels, plan)
    indicators = (levels[:, [0]] == np.arange(3)).astype(np.float64)
    assert replicates.totals(indicators) == pytest.approx(start.totals(indicators), rel=1e-9)
    assert (replicates.weights()[~is_calibrated] == 0).all()


def test_supplied_replicates_are_used_as_they_are_or_calibrated() -> None:
    levels, start = age_and_sex_levels(), drawn(STRATIFIED, ReplicatePlan("jkn"))
    supplied = supplied_replicates(WEIGHT, start.weights(), start.coefficient)
    assert (supplied.weights() == start.weights()).all()
    ours = calibrated_replicates(start, levels, RAKING).weights()
    assert calibrated_replicates(supplied, levels, RAKING).weights() == pytest.approx(ours, rel=1e-10)


def test_weights_are_made_for_the_rows_asked_for() -> None:
    replicates = calibrated_replicates(drawn(STRATIFIED, ReplicatePlan("jkn")), age_and_sex_levels(), RAKING)
    assert (replicates.weights(slice(10, 13)) == replicates.weights()[10:13]).all()
    assert (replicates.weights(np.array([5, 99])) == replicates.weights()[[5, 99]]).all()


def test_replicates_without_factors_repeat_the_weight() -> None:
    plain = Replicates("none", np.ones(2), WEIGHT)
    assert (plain.weights(slice(0, 1)) == WEIGHT[0]).all()
    with pytest.raises(WeightingError, match="without columns or factors"):
        calibrated_replicates(plain, age_and_sex_levels(), RAKING)


def test_a_seed_gives_the_same_draws_and_another_seed_others() -> None:
    plan = ReplicatePlan("bootstrap", 20, seed=5)
    first, again = replicate_factors(STRATIFIED, plan), replicate_factors(STRATIFIED, plan)
    other = replicate_factors(STRATIFIED, replace(plan, seed=6))
    assert (first.factor == again.factor).all()
    assert (first.factor != other.factor).any()
    assert drawn(STRATIFIED, plan).seed == 5


def test_a_refreshment_stratum_does_not_move_the_draws_of_the_others() -> None:
    plan = ReplicatePlan("bootstrap", 20, seed=5)
    grown = SurveyDesign(
        np.append(WEIGHT, np.ones(6)), np.append(codes("stratum"), [0] * 6), np.append(codes("psu"), range(1, 7))
    )
    before, after = replicate_factors(STRATIFIED, plan), replicate_factors(grown, plan)
    assert (after.factor[after.group_of_row[:120]] == before.factor[before.group_of_row]).all()


def test_failed_replicates_are_counted_and_the_others_stand_for_them() -> None:
    start = drawn(STRATIFIED, ReplicatePlan("bootstrap", 200, 1))
    calls = iter(range(200))

    def weighting(base: NDArray[np.float64]) -> NDArray[np.float64]:
        if next(calls) == 3:
            raise WeightingError("no")
        return base

    made = repeated_replicates(start, weighting)
    assert (made.n_failed, made.n_replicates) == (1, 199)
    assert made.coefficient.sum() == pytest.approx(1.0)


def test_more_than_one_failure_in_a_hundred_is_refused() -> None:
    levels = (np.arange(120) < 2).astype(np.int64)[:, None]  # one small category, all in one PSU
    plan = CalibrationPlan(unnamed_targets([np.array([3580.0, 30])]), CalibrationOptions())
    start = drawn(STRATIFIED, ReplicatePlan("bootstrap", 100, 1))
    with pytest.raises(WeightingError, match="of 100 replicates could not be weighted, at most 1 % may fail"):
        calibrated_replicates(start, levels, plan)


def test_replicates_that_newton_loses_are_found_by_the_damped_kernel() -> None:
    rng = np.random.default_rng(2)
    levels = rng.integers(0, 3, (60, 2))
    totals = [np.bincount(level, np.exp(1.5 * level), minlength=3) for level in levels.T]
    targets = unnamed_targets([total * (100 / total.sum()) for total in totals])
    start = drawn(SurveyDesign(np.ones(60)), ReplicatePlan("bootstrap", 100, 4))
    wild = replace(start, factor=np.maximum(start.factor, 1e-9) ** 3)
    made = calibrated_replicates(wild, levels, CalibrationPlan(targets, CalibrationOptions()))
    indicators = np.column_stack([levels[:, [k]] == np.arange(3) for k in range(2)]).astype(np.float64)
    expected = np.repeat(targets.vector[:, None], made.n_replicates, axis=1)
    assert made.totals(indicators) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("order", [1, 2, 4, 5, 12, 13, 27, 60])
def test_hadamard_rows_are_orthogonal_and_the_first_is_ones(order: int) -> None:
    matrix = hadamard(order)
    assert matrix.shape[0] >= order
    assert (matrix @ matrix.T == matrix.shape[0] * np.eye(matrix.shape[0])).all()
    assert (matrix[0] == 1).all()


def test_a_hadamard_matrix_beyond_the_largest_order_is_refused() -> None:
    with pytest.raises(ValueError, match="no Hadamard matrix"):
        hadamard(1 << 17)


@pytest.mark.parametrize(
    ("design", "plan", "message"),
    [
        (STRATIFIED, ReplicatePlan("jk2"), "'jk2' is not known"),
        (STRATIFIED, ReplicatePlan("bootstrap"), "needs a seed"),
        (STRATIFIED, ReplicatePlan("bootstrap", 1, 1), "1 replicates cannot give a variance"),
        (STRATIFIED, ReplicatePlan("jk1"), "jk1 is for one stratum, found 4"),
        (STRATIFIED, ReplicatePlan("brr"), "4 strata have another number"),
        (PAIRS, ReplicatePlan("fay", fay=1.0), "expected 0 ≤ factor < 1"),
        (SurveyDesign(np.ones(10_001)), ReplicatePlan("jkn"), "would need 10001 replicates"),
        (SurveyDesign(np.ones(3), np.array([1, 1, 2])), ReplicatePlan("jkn"), "1 strata have one PSU"),
    ],
)
def test_plans_that_do_not_suit_the_design_are_refused(design: SurveyDesign, plan: ReplicatePlan, message: str) -> None:
    with pytest.raises(WeightingError, match=message):
        replicate_factors(design, plan)


@pytest.mark.parametrize("kind", ["jkn", "bootstrap", "jkgroups"])
def test_a_certainty_stratum_keeps_its_weight_in_every_replicate(kind: str) -> None:
    design = SurveyDesign(np.ones(5), np.array([1, 1, 1, 1, 2]), lonely_psu="certainty")
    replicates = drawn(design, ReplicatePlan(kind, 4, seed=1))
    assert (replicates.weights()[4] == 1).all()


def test_supplied_replicates_must_fit_their_coefficients() -> None:
    with pytest.raises(WeightingError, match="120 rows and 3 replicates, expected 120 rows and 2 coefficients"):
        supplied_replicates(WEIGHT, np.ones((120, 3)), np.ones(2))


def test_what_does_not_factor_into_cells_is_refused() -> None:
    plan = CalibrationPlan(TARGETS, CalibrationOptions(caps=(1.0, 60.0)))
    with pytest.raises(WeightingError, match="Use repeated_replicates"):
        calibrated_replicates(drawn(STRATIFIED, ReplicatePlan("jkn")), age_and_sex_levels(), plan)


def test_a_wave_takes_its_rows_of_the_draws_made_for_the_whole_panel() -> None:
    factors = replicate_factors(STRATIFIED, ReplicatePlan("bootstrap", 20, seed=5))
    has_answered = codes("r2") == 1
    wave = uncalibrated_replicates(WEIGHT[has_answered], factors.of(has_answered))
    assert (wave.weights() == uncalibrated_replicates(WEIGHT, factors).weights()[has_answered]).all()
