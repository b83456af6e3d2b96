"""Trimming caps the weights and keeps the margins, or says that both cannot be had."""

import numpy as np
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.calibration import CalibrationOptions
from pipeline.weighting.trimming import Trimming, calibrate_and_trim
from tests.unit.weighting.test_calibration import panel, reached


@pytest.mark.parametrize("trimming", [Trimming((0.02, 0.98)), Trimming(ratio_to_median=1.7)], ids=str)
@pytest.mark.parametrize("method", ["raking", "linear"])
def test_trimmed_weights_meet_every_margin_and_the_caps(trimming: Trimming, method: str) -> None:
    base_weight, levels, targets = panel(11)
    options = CalibrationOptions(method)
    untrimmed = calibrate_and_trim(base_weight, levels, targets, options, Trimming((0.0, 1.0)))
    low, high = trimming.caps(untrimmed.weight)
    result = calibrate_and_trim(base_weight, levels, targets, options, trimming)
    assert untrimmed.weight.max() > high
    assert low - 1e-12 <= result.weight.min() <= result.weight.max() <= high + 1e-12
    assert reached(result.weight, levels) == pytest.approx(targets.vector, rel=1e-9)


def test_caps_at_quantiles_are_quantiles_of_the_weights_carried() -> None:
    assert Trimming((0.25, 0.75)).caps(np.array([0.0, 1, 2, 3, 4, 5])) == (2, 4)


def test_a_cap_at_a_ratio_to_the_median_has_no_lower_end() -> None:
    assert Trimming(ratio_to_median=3).caps(np.array([1.0, 2, 9])) == (0, 6)


def test_caps_too_tight_for_the_margins_are_refused_with_the_smallest_feasible_cap() -> None:
    base_weight, levels, targets = panel(11)
    with pytest.raises(WeightingError, match="on the weight: with the lower bound 0, the smallest feasible"):
        calibrate_and_trim(base_weight, levels, targets, CalibrationOptions(), Trimming(ratio_to_median=1.001))


@pytest.mark.parametrize(
    ("trimming", "message"),
    [
        (Trimming(), "either two quantiles or a ratio"),
        (Trimming((0.1, 0.9), 3.0), "either two quantiles or a ratio"),
        (Trimming((0.9, 0.1)), "expected 0 ≤ lower < upper ≤ 1"),
        (Trimming(ratio_to_median=1.0), "expected over 1"),
    ],
)
def test_rules_that_mean_nothing_are_refused(trimming: Trimming, message: str) -> None:
    with pytest.raises(WeightingError, match=message):
        trimming.caps(np.array([1.0, 2]))
