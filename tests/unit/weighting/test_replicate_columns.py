"""Narrow replicate weights: the same numbers as the wide matrix that they stand for."""

import numpy as np
import polars as pl
import pytest

from pipeline.design import SurveyDesign
from pipeline.weighting import replicate_factors as factors_module
from pipeline.weighting.calibration import CalibrationOptions
from pipeline.weighting.replicate_columns import CountedFactor, FrameColumns, sums_of_columns, sums_of_rows
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicates import (
    CalibrationPlan,
    calibrated_replicates,
    supplied_replicates,
    uncalibrated_replicates,
)
from pipeline.weighting.targets import unnamed_targets
from tests.golden.data import AGE_TOTALS, SEX_TOTALS, age_and_sex_levels, codes, column

WEIGHT = column("w")
DESIGN = SurveyDesign(WEIGHT, codes("stratum"))
RAKING = CalibrationPlan(unnamed_targets([AGE_TOTALS, SEX_TOTALS]), CalibrationOptions())
VALUE = np.column_stack([column("y1"), np.ones(120)])


def test_counts_stand_for_their_factors() -> None:
    counted = CountedFactor(np.array([[0, 1, 2], [3, 0, 0]], np.uint8), np.array([0.5, 0.0]), np.array([1.0, 2.0]))
    assert counted[:].tolist() == [[0.5, 1.5, 2.5], [6, 0, 0]]
    assert counted[np.array([1, 1])].tolist() == [[6, 0, 0], [6, 0, 0]]
    fewer = counted[:, np.array([True, False, True])]
    assert fewer.shape == (2, 2)
    assert fewer[:].tolist() == [[0.5, 2.5], [6, 0]]


def test_columns_of_a_frame_stand_for_their_matrix() -> None:
    frame = FrameColumns(pl.DataFrame({"a": [1.0, 2, 3], "b": [4, 5, 6]}))
    assert frame[np.array([2, 0])].tolist() == [[3, 6], [1, 4]]
    assert frame[:, np.array([False, True])][slice(0, 2)].tolist() == [[4], [5]]
    assert sums_of_columns(frame, np.array([1, 0, 1]), 2).tolist() == [[2, 5], [4, 10]]


def test_sums_of_rows_are_those_of_the_wide_matrix() -> None:
    rng = np.random.default_rng(1)
    counted = CountedFactor(rng.integers(0, 4, (40, 7)).astype(np.uint8), rng.random(40), rng.random(40))
    group, code, weight = rng.integers(0, 40, 500), rng.integers(0, 9, 500), rng.random(500)
    expected = np.zeros((9, 7))
    np.add.at(expected, code, weight[:, None] * counted[group])
    assert sums_of_rows(weight, group, counted, code, 9) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("kind", ["frame", "by row", "by column"])
def test_supplied_replicates_calibrate_alike_however_they_lie_in_memory(kind: str) -> None:
    start = uncalibrated_replicates(WEIGHT, replicate_factors(DESIGN, ReplicatePlan("bootstrap", 30, 1)))
    wide = start.weights()
    columns = {
        "frame": pl.DataFrame({f"r{k}": wide[:, k] for k in range(30)}),
        "by row": wide,
        "by column": np.asfortranarray(wide),
    }[kind]
    supplied = supplied_replicates(WEIGHT, columns, start.coefficient)
    expected = calibrated_replicates(start, age_and_sex_levels(), RAKING)
    made = calibrated_replicates(supplied, age_and_sex_levels(), RAKING)
    assert made.weights() == pytest.approx(expected.weights(), rel=1e-10)
    assert made.totals(VALUE) == pytest.approx(expected.totals(VALUE), rel=1e-10)


def test_a_bootstrap_of_many_psus_kept_as_counts_has_the_same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ReplicatePlan("bootstrap", 30, 1)
    wide = uncalibrated_replicates(WEIGHT, replicate_factors(DESIGN, plan))
    monkeypatch.setattr(factors_module, "MOST_NUMBERS", 1)
    counted = uncalibrated_replicates(WEIGHT, replicate_factors(DESIGN, plan))
    assert isinstance(counted.factor, CountedFactor)
    assert (counted.weights() == wide.weights()).all()
    raked = calibrated_replicates(counted, age_and_sex_levels(), RAKING)
    expected = calibrated_replicates(wide, age_and_sex_levels(), RAKING)
    assert raked.totals(VALUE) == pytest.approx(expected.totals(VALUE), rel=1e-10)


def test_asking_for_weights_does_not_change_those_supplied() -> None:
    columns = np.ones((120, 2))
    supplied_replicates(WEIGHT, columns, np.ones(2)).weights()[:] = 7.0
    assert (columns == 1).all()
