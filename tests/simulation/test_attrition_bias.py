"""Weights undo the bias of attitude-dependent attrition where its driver is known, and only there.

Over 40 panels here; `attrition_bias.py` does 500, and holds the standard errors to their spread.
"""

import polars as pl
import pytest

from tests.simulation.attrition_bias import WORDS, markdown, simulated, summary
from tests.simulation.leaving_panel import COMING_ANSWER, FIRST_ANSWER

PANELS = 40


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    return summary(simulated(PANELS, (FIRST_ANSWER, COMING_ANSWER)))


def row(table: pl.DataFrame, driver: str, figure: str, weight: str) -> dict[str, float]:
    return table.row(by_predicate=_is(driver, figure, weight), named=True)


def _is(driver: str, figure: str, weight: str) -> pl.Expr:
    return (pl.col("driver") == driver) & (pl.col("figure") == figure) & (pl.col("weight") == weight)


@pytest.mark.parametrize("weight", ["wave", "all_waves"])
def test_the_bias_of_the_last_wave_is_cut_by_four_fifths_where_the_driver_is_known(
    table: pl.DataFrame, weight: str
) -> None:
    naive, ours = (row(table, FIRST_ANSWER, "last wave", one) for one in ("base", weight))
    assert naive["bias"] > 0.03
    assert ours["bias_cut"] >= 0.8
    assert ours["coverage"] >= 0.85  # of 40
    assert naive["coverage"] <= 0.6


def test_the_change_is_covered_and_its_error_near_its_spread(table: pl.DataFrame) -> None:
    ours = row(table, FIRST_ANSWER, "change", "wave")
    assert ours["coverage"] >= 0.85
    assert ours["error_ratio"] == pytest.approx(1, abs=3 / (2 * PANELS) ** 0.5)


def test_what_is_not_observed_is_not_put_right(table: pl.DataFrame) -> None:
    ours = row(table, COMING_ANSWER, "last wave", "wave")
    assert ours["bias_cut"] < 0.8
    assert ours["coverage"] < 0.6


def test_the_longitudinal_weight_recovers_the_transitions(table: pl.DataFrame) -> None:
    moves = table.filter(pl.col("figure").str.contains(" to "), driver=FIRST_ANSWER, weight="all_waves")
    assert moves.height == 9
    assert (moves["bias"].abs() < 3.5 * moves["spread"] / PANELS**0.5).all()
    assert moves["coverage"].mean() > 0.9  # type: ignore[operator]


def test_the_table_has_a_line_for_each_weight(table: pl.DataFrame) -> None:
    lines = markdown(table)
    assert all(any(words in line for line in lines) for words in WORDS.values())
