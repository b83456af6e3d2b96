"""Groups against the rest: survival and shares, with one design's errors, corrected for the family."""

import numpy as np
import polars as pl
import pytest

from pipeline.design import SurveyDesign
from pipeline.estimation.values import DomainMask
from pipeline.retention.differences import COLUMNS, family_corrected, groups_of, share_differences, survival_differences
from pipeline.retention.histories import person_times
from tests.golden.data import codes
from tests.unit.estimation.builders import AGES, N, golden_design
from tests.unit.retention.test_hazard_model import person_waves
from tests.unit.retention.test_histories import histories

SEXES = [DomainMask("sex", str(sex), codes("sex") == sex) for sex in (1, 2)]


def test_survival_of_two_against_two_by_hand() -> None:
    rows = person_times(histories("111", "100", "111", "111", missed_waves=1))
    sides = [
        DomainMask("group", name, np.array(mask, np.bool_)) for name, mask in (("a", [1, 1, 0, 0]), ("b", [0, 0, 1, 1]))
    ]
    found = survival_differences(SurveyDesign(np.ones(4)), groups_of(sides), rows)
    assert found.columns == list(COLUMNS)
    first = found.row(0, named=True)
    assert (first["estimate"], first["rest"], first["difference"], first["time"]) == (0.5, 1.0, -0.5, 2)
    # influences of S_a: -(1 - 1/2)/2 and +1/4; of b: 0; variance = 4/3 * 2 * (1/4)^2
    assert first["standard_error"] == pytest.approx(np.sqrt(4 / 3 * 2 / 16))


def test_without_censoring_the_difference_of_survival_is_that_of_shares() -> None:
    left = codes("r2") == 0
    rows = person_waves(np.where(left, 1 + codes("age") % 2, 3), left)
    survival = survival_differences(golden_design(), groups_of([*AGES, *SEXES]), rows)
    shares = share_differences(golden_design(), groups_of([*AGES, *SEXES]), codes("r2"))
    for name in ("estimate", "rest", "difference", "standard_error", "p_value", "ci_low"):
        assert survival[name].to_list() == pytest.approx(shares[name].to_list())


def test_groups_and_rest_share_psus_and_their_covariance_counts() -> None:
    found = share_differences(golden_design(), groups_of(SEXES), codes("r2"))
    one, other = found.row(0, named=True), found.row(1, named=True)
    assert one["difference"] == -other["difference"]
    assert one["standard_error"] == pytest.approx(other["standard_error"])


def test_the_rest_are_those_whose_value_is_known() -> None:
    known = [DomainMask("age", str(age), codes("age") == age) for age in (1, 2)]
    group = groups_of(known)[0]
    assert not (group.rest & (codes("age") == 3)).any()
    assert groups_of([DomainMask("age", "1", np.ones(N, np.bool_))]) == []


def test_p_values_are_corrected_for_all_tests_and_a_mirrored_test_counts_once() -> None:
    found = pl.DataFrame(
        {
            "measure": ["survival"] * 5,
            "domain": ["age", "age", "age", "sex", "sex"],
            "p_value": [0.01, 0.5, 0.2, 0.02, 0.02],
        }
    )
    corrected = family_corrected(found)
    assert corrected["n_tests"].unique().to_list() == [4]
    assert corrected["p_value_corrected"].to_list() == pytest.approx([0.04, 0.5, 0.4, 0.06, 0.06])


def test_what_cannot_be_tested_counts_as_no_test() -> None:
    found = pl.DataFrame({"measure": ["survival"] * 3, "domain": ["age"] * 3, "p_value": [0.01, None, 0.2]})
    corrected = family_corrected(found)
    assert corrected["n_tests"].unique().to_list() == [2]
    assert corrected["p_value_corrected"].to_list() == [0.02, None, 0.2]
