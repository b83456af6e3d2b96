"""Intervals cover the truth as often as they claim, over 2,000 samples; `coverage.py` does 20,000."""

import numpy as np
import polars as pl
import pytest

from tests.results_page import replace_section
from tests.simulation.coverage import is_ordinary, markdown, simulated, summary

DRAWS = 2_000
SIMULATION_ERROR = 3 * np.sqrt(0.95 * 0.05 / DRAWS)  # three standard errors of a coverage of 95 %


@pytest.fixture(scope="module")
def covered() -> pl.DataFrame:
    return summary(simulated(DRAWS))


def test_every_draw_gave_every_estimate(covered: pl.DataFrame) -> None:
    assert covered.height == 60
    assert covered["n_draws"].min() == DRAWS


def test_shares_domains_and_change_are_covered_95_times_in_100(covered: pl.DataFrame) -> None:
    coverage = covered.filter(is_ordinary())["coverage"]
    assert coverage.is_between(0.945 - SIMULATION_ERROR, 0.955 + SIMULATION_ERROR).all()
    assert 0.945 <= coverage.mean() <= 0.955


def test_small_samples_and_rare_answers_are_covered_nearly_as_often(covered: pl.DataFrame) -> None:
    coverage = covered.filter(~is_ordinary())["coverage"]
    assert coverage.is_between(0.94 - SIMULATION_ERROR, 0.97 + SIMULATION_ERROR).all()
    assert 0.94 <= coverage.mean() <= 0.97


def test_raking_puts_nonresponse_right(covered: pl.DataFrame) -> None:
    bias_in_errors = covered["bias"] / (covered["spread"] / np.sqrt(DRAWS))
    assert bias_in_errors.abs().max() < 4


def test_standard_errors_are_as_large_as_the_spread_over_samples(covered: pl.DataFrame) -> None:
    ratio = covered.filter(is_ordinary()).select(pl.col("standard_error") / pl.col("spread")).to_series()
    assert ratio.is_between(0.93, 1.07).all()
    assert ratio.mean() == pytest.approx(1, abs=0.02)


def test_a_section_is_replaced_and_the_others_stay(tmp_path, covered: pl.DataFrame) -> None:
    page = tmp_path / "RESULTS.md"
    replace_section("One", ["old"], page)
    replace_section("Two", markdown(covered), page)
    replace_section("One", ["new"], page)
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert text.index("## One\n\nnew\n") < text.index("## Two")
    assert text.count("| change |") == 30
