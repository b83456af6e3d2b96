"""Intervals cover the truth as often as they claim, over 2,000 samples; `coverage.py` does 20,000."""

import numpy as np
import polars as pl
import pytest

from tests.results_page import PAGE, replace_section
from tests.simulation.coverage import is_ordinary, judged, markdown, read_table, simulated, summary

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


@pytest.mark.parametrize(
    ("coverage", "n_draws", "said"),
    [
        (0.9449, 20_000, "is more than noise around 95%. Its interval covers 94.2% to 94.8%; 94.5% is inside that"),
        (0.9440, 2_000, "can be noise around 95%. Its interval covers 93.4% to 95.4%; 94.5% is inside that"),
        (0.9200, 20_000, "is more than noise around 95%. Its interval covers 91.6% to 92.4%; 94.5% is outside that"),
    ],
)
def test_a_coverage_below_the_limit_is_judged_beside_the_noise(coverage: float, n_draws: int, said: str) -> None:
    row = {"kind": "share", "item": "y", "domain_value": "all", "standard_error": 0.01, "spread": 0.011}
    assert said in judged(row | {"coverage": coverage, "n_draws": n_draws}, 32, 0.945)


def test_the_table_of_the_page_is_read_as_it_was_written() -> None:
    page = read_table(20_000)
    assert markdown(page)[2:] == [line for line in PAGE.read_text().splitlines() if " drawn | " in line]
