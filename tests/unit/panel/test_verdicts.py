"""What may be said of a change: a direction, steady where a test rules out more, nothing of too few people."""

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import TestFamily
from pipeline.estimation.intervals import t_equivalence_p_value, t_p_value
from pipeline.panel.estimates import with_verdicts
from pipeline.panel.trend_models import with_trend_verdicts

FAMILY = TestFamily("headlines", ("q", "r", "s"), ("all",), "holm", 0.05, True, equivalence=0.03)
DF = 500


def change(item: str, size: float, error: float, **other: object) -> dict[str, object]:
    p_value = float(t_p_value(np.array(size), np.array(error), np.array(DF)))
    return {
        "item": item, "statistic": "headline", "domain": "all", "kind": "net", "weight_id": "x", "wave_from": "w1",
        "wave_to": "w2", "change": size, "standard_error": error, "degrees_of_freedom": DF, "p_value": p_value,
        "is_provisional": False, "is_suppressed": False, "may_be_mode_effect": False, "comparability": "identical",
    } | other  # fmt: skip


def said(*rows: dict[str, object], family: TestFamily = FAMILY) -> list[str]:
    return with_verdicts(pl.DataFrame(rows), [family])["verdict"].to_list()


def test_two_one_sided_tests_by_hand() -> None:
    change, error, freedom = np.array([0.0, 0.01, -0.01, 0.05, 0.0]), np.array([0.01] * 4 + [0.0]), np.array([1e9] * 5)
    found = t_equivalence_p_value(change, error, freedom, 0.03)
    assert found[:4] == pytest.approx([0.001349898, 0.02275013, 0.02275013, 0.97724987])  # of z = 3, 2, 2, -2
    assert np.isnan(found[4])


def test_a_small_change_measured_well_is_steady_and_one_measured_badly_is_not_clear() -> None:
    assert said(change("q", 0.004, 0.008), change("r", 0.004, 0.02)) == ["steady", "no clear change"]


def test_a_change_that_is_clear_is_told_by_its_direction_however_small() -> None:
    assert said(change("q", 0.01, 0.001)) == ["rose"]


def test_the_tests_of_steady_are_corrected_together() -> None:
    row = change("q", 0.0, 0.0155)  # p of 0.027 alone, of 0.08 among three
    assert said(row) == ["steady"]
    table = with_verdicts(pl.DataFrame([row, change("r", 0.0, 0.03), change("s", 0.0, 0.03)]), [FAMILY])
    assert table["verdict"].to_list() == ["no clear change"] * 3
    assert table["p_equivalence_corrected"][0] == pytest.approx(3 * table["p_equivalence"][0])
    assert table["equivalence_margin"].to_list() == [0.03] * 3


def test_a_family_without_a_margin_calls_nothing_steady() -> None:
    family = TestFamily("headlines", ("q",), ("all",), "holm", 0.05, True)
    table = with_verdicts(pl.DataFrame([change("q", 0.0, 0.001)]), [family])
    assert table["verdict"].to_list() == ["no clear change"]
    assert table.select("equivalence_margin", "p_equivalence", "p_equivalence_corrected").row(0) == (None, None, None)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        ({"may_be_mode_effect": True}, "no clear change"),  # another mix of modes may hide a change
        ({"is_suppressed": True}, "too few to say"),
        ({"is_provisional": True}, "not tested"),
        ({"comparability": "comparable_with_break", "p_value": None}, "break in the series"),
    ],
)
def test_what_cannot_be_known_is_never_steady(other: dict[str, object], verdict: str) -> None:
    assert said(change("q", 0.0, 0.001, **other), change("r", 0.1, 0.01)) == [verdict, "rose"]


def test_a_mean_has_no_margin_of_a_share() -> None:
    family = TestFamily("all", ("q",), ("all",), "holm", 0.05, equivalence=0.03)
    assert said(change("q", 0.0, 0.001, statistic="mean"), family=family) == ["no clear change"]


EXPLORATORY = TestFamily("exploratory", (), ("all", "age_group"), "benjamini_hochberg", 0.10, kinds=("net",))


@pytest.mark.parametrize(
    ("declared_last", "family"),
    [
        ({"kinds": ("within_person",)}, "exploratory"),  # the same people between two waves: no trend of the population
        ({"pairs": (("w1", "w3"),)}, "exploratory"),  # one pair of waves: a trend is over all of them
        ({"kinds": ("within_person", "net")}, "last"),
        ({}, "last"),
    ],
)
def test_a_test_of_trend_is_in_a_family_of_net_change(declared_last: dict[str, object], family: str) -> None:
    last = TestFamily("last", (), ("all",), "holm", 0.05, **declared_last)
    keys = {"statistic": "headline", "domain": "all", "weight_id": "x", "test": "linear", "estimate": 0.1}
    rows = [keys | {"item": item, "p_value": p_value} for item, p_value in (("q", 0.04), ("r", 0.06))]
    table = with_trend_verdicts(pl.DataFrame(rows), [EXPLORATORY, last])
    assert set(table["family"]) == {family}
    assert table["verdict"].to_list() == ["rose" if family == "exploratory" else "no clear change"] * 2
