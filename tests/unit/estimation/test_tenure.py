"""Answers by time in the panel: the pooled regression by another route, and what cannot be told."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.regression import Predictors, regression
from pipeline.estimation.tenure import WaveRows, tenure_effect
from pipeline.estimation.waves import joint_spreads
from tests.golden.data import codes, column
from tests.unit.estimation.builders import N, golden_design

SEX = (codes("sex") == 2).astype(float)[:, None]


def waves(*tenures: NDArray[np.float64]) -> list[WaveRows]:
    spreads = joint_spreads([golden_design()] * len(tenures))
    return [WaveRows(spread, tenure, SEX) for spread, tenure in zip(spreads, tenures, strict=True)]


def test_it_is_the_regression_on_tenure_wave_and_profile() -> None:
    joined = codes("age").astype(float)
    outcomes = [column("y1"), np.where(codes("r2") == 1, column("y2"), np.nan)]
    found = tenure_effect(waves(joined, joined + 1), outcomes)
    stacked = SurveyDesign(np.tile(column("w"), 2), np.tile(codes("stratum"), 2), np.tile(codes("psu"), 2))
    tenure = np.log2(1 + np.concatenate([joined, joined + 1]))
    second = np.repeat([0.0, 1.0], N)
    x = np.column_stack([tenure, second, np.tile(SEX, (2, 1))])
    peer = regression(stacked, np.concatenate(outcomes), Predictors(("t", "w", "s"), x), kind="linear")
    assert found.estimate == pytest.approx(peer.coefficient[1])
    assert found.standard_error == pytest.approx(peer.standard_error[1])
    assert found.degrees_of_freedom == 20


def test_when_everybody_joined_together_it_is_not_told_from_the_wave() -> None:
    same = np.zeros(N)
    with pytest.raises(EstimationError, match="time in the panel is not told"):
        tenure_effect(waves(same, same + 1), [column("y1"), column("y2")])


def test_an_effect_that_is_there_is_found_and_of_its_size() -> None:
    rng = np.random.default_rng(4)
    joined = np.where(np.arange(N) % 2 == 0, 0.0, 3.0)
    outcome = 1.0 + 0.5 * np.log2(1 + joined) + rng.normal(0, 0.1, N)
    found = tenure_effect(waves(joined), [outcome])
    assert found.estimate == pytest.approx(0.5, abs=0.05)
    assert found.p_value < 1e-6
