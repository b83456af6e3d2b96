"""Shares from tables of sums are those from PSU totals, whatever the design of persons drawn one by one."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation import element_tables
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from pipeline.estimation.linearisation import linearisation
from pipeline.weighting.calibration import rake

N = 900
RNG = np.random.default_rng(11)
LEVELS = np.column_stack([RNG.integers(0, size, N) for size in (4, 2, 3)])
BASE = RNG.uniform(0.5, 2, N)
STRATA = RNG.integers(0, 5, N)
WEIGHT = rake(BASE, LEVELS, [np.full(size, 1200 / size) for size in (4, 2, 3)]).weight
TAKES_PART = RNG.random(N) < 0.8
SOME_ZERO = np.where(RNG.random(N) < 0.1, 0.0, WEIGHT)
KNOWN = Calibration(BASE, LEVELS)
DESIGNS = {
    "weights alone": SurveyDesign(WEIGHT),
    "strata": SurveyDesign(WEIGHT, STRATA),
    "calibrated": SurveyDesign(WEIGHT, STRATA, calibration=KNOWN),
    "calibrated, finite population": SurveyDesign(WEIGHT, STRATA, fpc=np.full(N, 400.0), calibration=KNOWN),
    "somebody without weight": SurveyDesign(SOME_ZERO, STRATA, calibration=KNOWN),
    "dropped after calibration": SurveyDesign(SOME_ZERO, STRATA, calibration=replace(KNOWN, calibrated_weight=WEIGHT)),
    "two phases": SurveyDesign(
        np.where(TAKES_PART, WEIGHT, 0),
        STRATA,
        calibration=replace(KNOWN, is_calibrated=TAKES_PART, controls_estimated=True),
    ),
}
NUMBER = RNG.random(N)
ANSWERS = ItemValues("answers", codes=RNG.integers(0, 4, N), categories=tuple("abcd"), headlines={"top": (2, 3)})
SOME_MISSING = replace(ANSWERS, item="some missing", codes=np.where(RNG.random(N) < 0.2, -1, ANSWERS.codes))
MARGIN = ItemValues("margin", codes=LEVELS[:, 0], categories=tuple("abcd"))
DOMAINS = [
    DomainMask("all", "all", np.ones(N, np.bool_)),
    *(DomainMask("margin", str(level), LEVELS[:, 0] == level) for level in range(4)),
    *(DomainMask("overlap", str(part), part / 10 > NUMBER) for part in range(1, 11)),
    DomainMask("few", "nobody", np.zeros(N, np.bool_)),
]


@pytest.fixture
def for_small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make tables of sums for samples of any size."""
    monkeypatch.setattr(element_tables, "MANY_ROWS", 0)


def by_psu_totals(design: SurveyDesign, items: list[ItemValues]) -> pl.DataFrame:
    """Return estimates by way of PSU totals, each row being named as its own PSU and there being few of them."""
    assert element_tables.MANY_ROWS > N
    return estimate_items(design, items, DOMAINS)


ITEMS = [ANSWERS, SOME_MISSING, MARGIN]
EXPECTED = {name: by_psu_totals(design, ITEMS) for name, design in DESIGNS.items()}


@pytest.mark.usefixtures("for_small_samples")
@pytest.mark.parametrize("name", DESIGNS)
def test_tables_of_sums_give_what_psu_totals_give(name: str) -> None:
    found, expected = estimate_items(DESIGNS[name], ITEMS, DOMAINS), EXPECTED[name]
    assert found.columns == expected.columns
    for column in found.columns:
        if found[column].dtype == pl.Float64:
            known = expected[column].fill_null(-1.0).to_numpy()
            assert found[column].fill_null(-1.0).to_numpy() == pytest.approx(known, rel=1e-10, abs=1e-13), column
        else:
            assert found[column].to_list() == expected[column].to_list(), column


@pytest.mark.usefixtures("for_small_samples")
def test_the_share_of_a_calibrated_margin_has_no_error() -> None:
    frame = estimate_items(DESIGNS["calibrated"], [MARGIN], DOMAINS[:1])
    assert frame["standard_error"].to_list() == [0.0] * 4


@pytest.mark.usefixtures("for_small_samples")
@pytest.mark.parametrize("name", list(DESIGNS))
def test_tables_of_sums_were_made(name: str) -> None:
    prepared = linearisation(DESIGNS[name])
    assert len(element_tables.element_tables(prepared, DOMAINS)) == 4


@pytest.mark.usefixtures("for_small_samples")
def test_designs_with_clusters_or_lonely_strata_are_left_to_psu_totals() -> None:
    clusters = SurveyDesign(WEIGHT, psu=np.arange(N) // 2)
    lonely = SurveyDesign(WEIGHT, strata=np.append(STRATA[:-1], 99))
    for design in (clusters, lonely):
        assert element_tables.element_tables(linearisation(design), DOMAINS) == []
    with pytest.raises(EstimationError, match="1 of 6 strata have a single PSU"):
        estimate_items(lonely, [ANSWERS], DOMAINS)


@pytest.mark.usefixtures("for_small_samples")
def test_numeric_auxiliaries_are_left_to_psu_totals() -> None:
    numeric = replace(KNOWN, auxiliaries=RNG.random((N, 1)))
    design = SurveyDesign(WEIGHT, STRATA, calibration=numeric)
    assert element_tables.element_tables(linearisation(design), DOMAINS) == []


@pytest.mark.usefixtures("for_small_samples")
def test_numbers_and_no_items_are_estimated_as_ever() -> None:
    design = DESIGNS["strata"]
    number = ItemValues("number", number=RNG.random(N))
    both = estimate_items(design, [ANSWERS, number], DOMAINS)
    assert both.filter(pl.col("item") == "number")["statistic"].unique().to_list() == ["mean"]
    assert estimate_items(design, [], DOMAINS).is_empty()
    assert estimate_items(design, [ANSWERS], []).is_empty()
