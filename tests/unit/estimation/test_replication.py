"""Estimates from replicate weights: against R survey 4.1.1, by hand, and beside linearisation."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.estimates import (
    DomainMask,
    ItemValues,
    estimate_items,
    estimate_quantiles,
    estimate_ratios,
    estimate_totals,
)
from pipeline.estimation.tests import rao_scott
from pipeline.estimation.transitions import transition_table
from pipeline.weighting.calibration import CalibrationOptions, calibrate
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    Replicates,
    calibrated_replicates,
    supplied_replicates,
    uncalibrated_replicates,
)
from pipeline.weighting.targets import unnamed_targets
from tests.golden.data import AGE_TOTALS, SEX_TOTALS, age_and_sex_levels, codes, column
from tests.unit.estimation.builders import AGES, EVERYONE, N, golden_design, number, row_of, yes_no

CLOSE = {"rel": 5e-9}
AGE = ItemValues("age", codes=codes("age") - 1, categories=("1", "2", "3"))
JKN = ReplicatePlan("jkn")
BOOTSTRAP = ReplicatePlan("bootstrap", 50, seed=4)


def replicated(plan: ReplicatePlan = JKN, **options: str) -> SurveyDesign:
    """Return the golden people with replicates drawn from their strata and PSUs."""
    design = golden_design()
    made = uncalibrated_replicates(design.weight, replicate_factors(design, plan))
    return replace(design, replicates=replace(made, **options))  # type: ignore[arg-type]


def raked(plan: ReplicatePlan = JKN) -> SurveyDesign:
    """Return the golden people raked to age and sex, in the full sample and in every replicate."""
    targets, levels = unnamed_targets([AGE_TOTALS, SEX_TOTALS]), age_and_sex_levels()
    drawn = replicated(plan).replicates
    made = calibrated_replicates(drawn, levels, CalibrationPlan(targets, CalibrationOptions()))
    return replace(golden_design(calibrate(column("w"), levels, targets).weight), replicates=made)


def as_columns(design: SurveyDesign) -> SurveyDesign:
    """Return the same design with its replicate weights as the columns a producer would deliver."""
    kept: Replicates = design.replicates
    made = supplied_replicates(design.weight, kept.weights(), kept.coefficient, kind=kept.kind, centre=kept.centre)
    return replace(design, replicates=replace(made, seed=kept.seed))


@pytest.mark.parametrize(("centre", "error"), [("estimate", 0.0260661556), ("replicates", 0.0260661552)])
def test_golden_14_jackknife(centre: str, error: float) -> None:
    row = row_of(estimate_items(replicated(centre=centre), [number("y1")], [EVERYONE]))
    assert row["standard_error"] == pytest.approx(error, rel=4e-9)
    assert row["variance_method"] == "jkn"
    assert row["degrees_of_freedom"] == 20


def test_golden_15_jackknife_raked_in_each_replicate() -> None:
    row = row_of(estimate_items(raked(), [yes_no("y1")], [EVERYONE]), statistic="share", category="1")
    assert row["estimate"] == pytest.approx(0.606069554, **CLOSE)
    assert row["standard_error"] == pytest.approx(0.0283392426, **CLOSE)


def all_frames(design: SurveyDesign) -> list[pl.DataFrame]:
    """Return estimates of every statistic."""
    domains = [EVERYONE, *AGES]
    return [
        estimate_items(design, [yes_no("y1"), AGE, number("lik")], domains),
        estimate_totals(design, [yes_no("y2"), number("lik")], domains),
        estimate_ratios(design, [number("y1")], number("lik"), domains),
        estimate_quantiles(design, [number("w")], domains, q=[0.4]),
        transition_table(design, yes_no("y1"), yes_no("y2")),
    ]


@pytest.mark.parametrize("design", [replicated(), replicated(BOOTSTRAP), raked(), raked(BOOTSTRAP)])
def test_factors_columns_and_frames_give_the_same_estimates(design: SurveyDesign) -> None:
    columns = as_columns(design)
    kept: Replicates = columns.replicates
    delivered = pl.DataFrame(kept.weights(), schema=[f"replicate_{number}" for number in range(kept.n_replicates)])
    frame = replace(columns, replicates=supplied_replicates(design.weight, delivered, kept.coefficient, kind=kept.kind))
    for one, other, third in zip(all_frames(design), all_frames(columns), all_frames(frame), strict=True):
        for name in one.select(pl.col(pl.Float64)).columns:
            expected = pytest.approx(one[name].fill_null(-1).to_numpy(), rel=1e-9, abs=1e-12)
            assert other[name].fill_null(-1).to_numpy() == expected
            assert third[name].fill_null(-1).to_numpy() == expected


def test_the_jackknife_of_totals_is_their_linearised_error() -> None:
    for items in ([yes_no("y1")], [number("lik")]):
        jackknife = estimate_totals(replicated(), items, [EVERYONE, *AGES])
        linearised = estimate_totals(golden_design(), items, [EVERYONE, *AGES])
        assert jackknife["standard_error"].to_numpy() == pytest.approx(linearised["standard_error"].to_numpy())


def test_a_calibrated_margin_has_no_variance_in_calibrated_replicates() -> None:
    frame = estimate_items(raked(), [AGE], [EVERYONE])
    assert frame["standard_error"].to_list() == [0, 0, 0]


def test_independence_is_tested_with_the_replicates_covariance() -> None:
    jackknife, linearised = (rao_scott(one, yes_no("y1"), AGE) for one in (replicated(), golden_design()))
    assert jackknife.f == pytest.approx(linearised.f, rel=0.2)
    assert jackknife.f != linearised.f


def wave(design: SurveyDesign, item: ItemValues) -> WaveAnswers:
    return WaveAnswers(design, np.arange(N), [replace(item, item="y")], [EVERYONE, *AGES])


def test_change_with_the_same_draws_keeps_the_covariance_of_the_overlap() -> None:
    design = replicated()
    change = row_of(net_change(wave(design, number("y1")), wave(design, number("y2"))), domain="all")
    difference = ItemValues("difference", number=column("y2") - column("y1"))
    within = row_of(estimate_items(design, [difference], [EVERYONE]))
    assert change["standard_error"] == pytest.approx(within["standard_error"])
    assert change["degrees_of_freedom"] == 20
    assert change["variance_method"] == "jkn"


def test_change_between_other_draws_is_refused() -> None:
    one, other = replicated(BOOTSTRAP), replicated(replace(BOOTSTRAP, seed=5))
    with pytest.raises(EstimationError, match="not drawn together: 50 of bootstrap"):
        net_change(wave(one, number("y1")), wave(other, number("y2")))
    with pytest.raises(EstimationError, match="one wave has replicate weights and the other has none"):
        net_change(wave(one, number("y1")), wave(golden_design(), number("y2")))


def test_without_strata_and_psus_the_replicates_tell_the_degrees_of_freedom() -> None:
    known = as_columns(replicated())
    unknown = SurveyDesign(known.weight, replicates=known.replicates)
    frame = estimate_items(unknown, [number("y1")], [EVERYONE])
    assert row_of(frame)["degrees_of_freedom"] == 20


def test_repeated_replicates_do_not_add_degrees_of_freedom() -> None:
    columns = np.tile(1 + np.eye(6), (20, 2))
    design = SurveyDesign(np.ones(N), replicates=supplied_replicates(np.ones(N), columns, np.full(12, 1 / 12)))
    few = DomainMask("rows", "three", np.arange(N) < 3)
    frame = estimate_items(design, [number("y1")], [EVERYONE, few])
    assert frame["degrees_of_freedom"].to_list() == [5, 2]


def test_degrees_of_freedom_are_below_the_number_of_replicates() -> None:
    row = row_of(estimate_items(replicated(ReplicatePlan("bootstrap", 12, seed=1)), [number("y1")], [EVERYONE]))
    assert row["degrees_of_freedom"] == 11


def test_a_replicate_without_anybody_of_the_domain_is_left_out() -> None:
    # domain of rows 1 and 2; means 0.5, then 1/3, undefined, 2/3: (1/3) * 3/2 * 2 * (1/6)^2 = 1/36
    weights = np.array([[2.0, 0, 1], [1, 0, 2], [1, 4, 1]])
    design = SurveyDesign(np.ones(3), replicates=supplied_replicates(np.ones(3), weights, np.full(3, 1 / 3)))
    item = ItemValues("y", number=np.array([0.0, 1, 7]))
    row = row_of(estimate_items(design, [item], [DomainMask("two", "yes", np.array([True, True, False]))]))
    assert row["standard_error"] == pytest.approx(1 / 6)
