"""Whether groups differ: one test of all groups, nothing of groups too small, nothing before the wave is final."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import TestFamily
from pipeline.estimation.contrasts import compare_columns
from pipeline.panel.estimates import PanelData
from pipeline.panel.group_tests import group_tests
from pipeline.panel.weights import weigh
from tests.unit.panel.test_conditioning import EQUAL, panel

FAMILY = TestFamily("headlines", ("use",), ("all",), "holm", 0.05, True, groups=("sex",))


def judged(data: PanelData, *, is_provisional: bool = False, **survey: object) -> pl.DataFrame:
    changed = replace(data, survey=replace(data.survey, families=(FAMILY,), **survey))  # type: ignore[arg-type]
    weight = weigh(changed.survey, EQUAL, ("w02",), changed.arrays)
    return group_tests(changed, weight, "w02", is_provisional=is_provisional)


@pytest.fixture(scope="module")
def data() -> PanelData:
    """Return a wave in which women say yes 30 points more often than men."""
    return panel(np.random.default_rng(3), EQUAL)


def test_groups_far_apart_differ_and_the_ends_are_named(data: PanelData) -> None:
    row = judged(data).row(0, named=True)
    assert (row["item"], row["category"], row["domain"], row["n_groups"]) == ("use", "yes", "sex", 2)
    assert (row["lowest_group"], row["highest_group"]) == ("Male", "Female")
    assert row["highest_estimate"] - row["lowest_estimate"] == pytest.approx(0.3, abs=0.1)
    assert row["verdict"] == "differs between groups"


def test_of_two_groups_it_is_the_t_test_of_their_difference(data: PanelData) -> None:
    row = judged(data).row(0, named=True)
    weight = weigh(data.survey, EQUAL, ("w02",), data.arrays)
    rows = weight.design_rows
    domains = [one for one in data.domains(rows) if one.domain == "sex"]
    single = compare_columns(weight.design, data.items("w02", rows), domains).filter(statistic="headline")
    assert row["p_value"] == pytest.approx(single["p_value"].item(), rel=1e-6)
    assert row["f"] == pytest.approx((single["difference"] / single["standard_error"]).item() ** 2)


def test_a_group_too_small_to_show_silences_the_others(data: PanelData) -> None:
    few = np.flatnonzero(np.arange(800) % 2 == 0)[:30]  # women
    sex = data.arrays.domains["sex"]
    codes = np.where(np.isin(np.arange(800), few), 0, 1)
    small = replace(data, arrays=replace(data.arrays, domains={"sex": replace(sex, codes=codes)}))
    hidden = judged(small, disclosure_profile="public").row(0, named=True)
    assert hidden["is_suppressed"]
    assert hidden["verdict"] == "too few to say"
    assert judged(small, disclosure_profile="open").row(0, named=True)["verdict"] != "too few to say"


def test_a_provisional_wave_is_not_tested(data: PanelData) -> None:
    row = judged(data, is_provisional=True).row(0, named=True)
    assert (row["verdict"], row["p_value_corrected"]) == ("not tested", None)


def test_one_group_alone_has_no_row(data: PanelData) -> None:
    sex = data.arrays.domains["sex"]
    alone = replace(data.arrays, domains={"sex": replace(sex, codes=np.zeros_like(sex.codes))})
    assert judged(replace(data, arrays=alone)).is_empty()


def test_a_family_that_declares_no_groups_tests_none(data: PanelData) -> None:
    survey = replace(data.survey, families=(replace(FAMILY, groups=()),))
    weight = weigh(survey, EQUAL, ("w02",), data.arrays)
    assert group_tests(replace(data, survey=survey), weight, "w02", is_provisional=False).is_empty()
