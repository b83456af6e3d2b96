"""Our nonresponse-adjusted weight of the GSS panel gives what NORC's does, within half a standard error."""

import polars as pl
import pytest

from pipeline.panel.weights import weigh
from tests.golden.gss_cohort import delivered_folder, read_cohort
from tests.golden.gss_nonresponse import ITEMS, OURS, WAVES, comparison, panel_data, root_mean_square


@pytest.fixture(scope="module")
def compared() -> pl.DataFrame:
    return comparison(read_cohort(delivered_folder()))


def test_ten_items_differ_by_at_most_half_a_standard_error(compared: pl.DataFrame) -> None:
    assert set(compared["item"]) == set(ITEMS)
    assert root_mean_square(compared) <= 0.5


@pytest.mark.parametrize("item", ITEMS)
def test_each_item_differs_by_at_most_half_a_standard_error(compared: pl.DataFrame, item: str) -> None:
    assert root_mean_square(compared.filter(item=item)) <= 0.5


def test_the_same_people_hold_both_weights_and_the_dead_are_dropped() -> None:
    cohort = read_cohort(delivered_folder())
    data = panel_data(cohort)
    ours = weigh(data.survey, OURS, WAVES, data.arrays)
    norcs = weigh(data.survey, data.survey.weight("wtpannr123"), WAVES, data.arrays)
    assert ours.held_rows.tolist() == norcs.held_rows.tolist()
    assert ours.held_rows.size == 1276
    steps = ours.weighted.log["step"].to_list()
    assert steps == [
        "starting weight",
        "ineligible w2",
        "nonresponse w2",
        "ineligible w3",
        "nonresponse w3",
        "missing age_group_4",
        "raking",
        "ineligible dropped",
    ]
