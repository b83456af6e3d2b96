"""Errors of change and trend are as large as the spread of estimates over panels; `movement.py` draws more."""

import polars as pl
import pytest

from tests.simulation.movement import simulated, summary

DRAWS = 600
SIMULATION_ERROR = 3 * (0.5 / DRAWS) ** 0.5  # three standard errors of a ratio of error to spread


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    return summary(simulated(DRAWS))


def test_errors_of_change_and_trend_are_within_5_percent_of_their_spread(found: pl.DataFrame) -> None:
    of_estimates = found.filter(~pl.col("what").str.starts_with("trend line"))
    assert of_estimates.height == 5
    assert of_estimates["ratio"].is_between(0.95 - SIMULATION_ERROR, 1.05 + SIMULATION_ERROR).all()
    assert of_estimates["ratio"].mean() == pytest.approx(1, abs=0.05)


def test_changes_and_trends_are_not_biased_and_are_covered(found: pl.DataFrame) -> None:
    of_estimates = found.filter(~pl.col("what").str.starts_with("trend line"))  # smoothing leans on other waves
    assert (of_estimates["bias"].abs() < 4 * of_estimates["spread"] / DRAWS**0.5).all()
    assert found["coverage"].is_between(0.925, 0.98).all()


def test_a_trend_line_is_more_precise_than_its_wave(found: pl.DataFrame) -> None:
    change = found.filter(what="change, wave 1 to 2")["spread"].item()
    line = found.filter(what="trend line at wave 3")["spread"].item()
    assert line < change
