"""Weights against the golden values of methodology.md D, made with R survey 4.1.1."""

import numpy as np
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate, rake
from pipeline.weighting.diagnostics import effective_n, kish_design_effect
from pipeline.weighting.nonresponse import propensity_weight, response_propensity
from pipeline.weighting.targets import unnamed_targets
from tests.golden.data import AGE_TOTALS, SEX_TOTALS, age_and_sex_levels, column

GOLDEN = 1e-8  # relative; the values are printed to nine digits


def calibrated(method: str, bounds: tuple[float, float] | None = None) -> CalibrationResult:
    """Return the golden people calibrated to age and sex as in G10 and G11."""
    targets = unnamed_targets([AGE_TOTALS, SEX_TOTALS])
    return calibrate(column("w"), age_and_sex_levels(), targets, CalibrationOptions(method, bounds))


def mean_y1(result: CalibrationResult) -> float:
    return float(result.weight @ column("y1") / result.weight.sum())


def test_g9_poststratified_mean() -> None:
    targets = unnamed_targets([AGE_TOTALS])
    result = calibrate(column("w"), age_and_sex_levels()[:, :1], targets, CalibrationOptions("poststratify"))
    assert mean_y1(result) == pytest.approx(0.607315052, rel=GOLDEN)


def test_g9_raking_to_one_margin_is_poststratification() -> None:
    result = rake(column("w"), age_and_sex_levels()[:, :1], [AGE_TOTALS])
    assert mean_y1(result) == pytest.approx(0.607315052, rel=GOLDEN)


@pytest.mark.parametrize(
    ("method", "bounds", "mean", "ratios", "first_three"),
    [
        ("linear", None, 0.605884019, (0.875830268, 1.09348856), (13.9713951, 17.8584911, 10.7489848)),
        ("raking", None, 0.606069554, (0.87801169, 1.09712492), (13.9532231, 17.7914889, 10.7203576)),
        ("logit", (0.85, 1.15), 0.606413462, (0.88171045, 1.09808869), (13.9951181, 17.7737307, 10.6718182)),
    ],
    ids=["G10 linear", "G10 raking", "G11 logit"],
)
def test_g10_g11_calibrated_weights(
    method: str,
    bounds: tuple[float, float] | None,
    mean: float,
    ratios: tuple[float, float],
    first_three: tuple[float, float, float],
) -> None:
    result = calibrated(method, bounds)
    assert mean_y1(result) == pytest.approx(mean, rel=GOLDEN)
    assert (result.ratio.min(), result.ratio.max()) == pytest.approx(ratios, rel=GOLDEN)
    assert result.weight[:3] == pytest.approx(first_three, rel=GOLDEN)


def test_g11x_infeasible_bounds_are_refused_with_the_tightest_feasible_ones() -> None:
    with pytest.raises(WeightingError, match=r"smallest feasible upper bound is 1\.122773") as refusal:
        calibrated("logit", (0.90, 1.12))
    assert "Furthest off: margin" in str(refusal.value)


def test_g11x_a_lower_bound_that_no_upper_bound_helps_is_said_so() -> None:
    with pytest.raises(WeightingError, match=r"with the lower bound 0\.92, none is feasible"):
        calibrated("logit", (0.92, 5.0))


def test_g13_kish_of_base_and_raked_weights() -> None:
    raked = calibrated("raking").weight
    assert kish_design_effect(column("w")) == pytest.approx(1.14916676, rel=GOLDEN)
    assert effective_n(column("w")) == pytest.approx(104.423486, rel=GOLDEN)
    assert kish_design_effect(raked) == pytest.approx(1.15407806, rel=GOLDEN)
    assert effective_n(raked) == pytest.approx(103.979102, rel=GOLDEN)


def test_g18_propensity_weights() -> None:
    is_respondent = column("r2") == 1
    propensity = response_propensity(column("w"), is_respondent, age_and_sex_levels())
    weight = propensity_weight(column("w"), is_respondent, propensity)
    assert weight.sum() == pytest.approx(3605.7386, rel=GOLDEN)
    assert weight[is_respondent][:3] == pytest.approx([17.3232357, 22.8898022, 18.5274737], rel=GOLDEN)
    assert weight @ column("y2") / weight.sum() == pytest.approx(0.557999092, rel=GOLDEN)


def test_g19_mean_propensity() -> None:
    propensity = response_propensity(column("w"), column("r2") == 1, age_and_sex_levels())
    mean = column("w") @ propensity / column("w").sum()
    assert np.isclose(mean, 0.723162275, rtol=GOLDEN)
