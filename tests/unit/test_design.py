"""The design object: compact strata and PSUs, nested, counted, and refused when they do not fit together."""

import numpy as np
import pytest

from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import EstimationError

ONES = np.ones(6)
STRATA = np.array([7, 7, 7, 9, 9, 9])
PSU = np.array([1, 1, 2, 1, 2, 3])


def test_psus_of_equal_label_in_two_strata_are_two_psus() -> None:
    structure = SurveyDesign(ONES, STRATA, PSU).structure
    assert structure.n_psus == 5
    assert structure.psu.tolist() == [0, 0, 1, 2, 3, 4]
    assert structure.stratum_of_psu.tolist() == [0, 0, 1, 1, 1]
    assert structure.psus_in_stratum.tolist() == [2, 3]
    assert structure.degrees_of_freedom == 3


def test_without_psu_every_row_is_one_and_without_strata_there_is_one_stratum() -> None:
    structure = SurveyDesign(ONES).structure
    assert (structure.n_strata, structure.n_psus) == (1, 6)


def test_codes_far_apart_are_made_compact_in_their_order() -> None:
    structure = SurveyDesign(ONES, STRATA * 10**12, PSU).structure
    assert structure.stratum.tolist() == [0, 0, 0, 1, 1, 1]


def test_psus_may_come_in_any_order_of_rows() -> None:
    order = np.array([5, 0, 3, 1, 4, 2])
    structure = SurveyDesign(ONES, STRATA[order], PSU[order]).structure
    assert structure.psu.tolist() == [4, 0, 2, 0, 3, 1]


def test_fpc_is_the_number_of_psus_in_the_stratum_of_the_population() -> None:
    structure = SurveyDesign(ONES, STRATA, PSU, np.array([4.0, 4, 4, 30, 30, 30])).structure
    assert structure.sampling_fraction.tolist() == [0.5, 0.1]


def test_a_stratum_with_one_psu_is_lonely_unless_it_is_taken_whole() -> None:
    psu = np.array([1, 1, 1, 1, 2, 3])
    assert SurveyDesign(ONES, STRATA, psu).structure.lonely_strata.tolist() == [0]
    whole = SurveyDesign(ONES, STRATA, psu, np.array([1.0, 1, 1, 9, 9, 9]))
    assert whole.structure.lonely_strata.size == 0


def test_an_empty_design_has_no_psus() -> None:
    assert SurveyDesign(np.zeros(0)).structure.n_psus == 0


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"strata": STRATA[:5]}, "strata has 5 rows, the weight 6"),
        ({"psu": PSU[:5]}, "psu has 5 rows"),
        ({"lonely_psu": "remove"}, "'remove' is not known"),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts: dict[str, object], message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        SurveyDesign(ONES, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("broken", [-1.0, np.nan, np.inf])
def test_missing_and_negative_weights_are_refused_with_a_count(broken: float) -> None:
    with pytest.raises(EstimationError, match="1 weights are missing or negative"):
        SurveyDesign(np.array([1.0, broken]))


def test_linear_calibration_may_leave_negative_weights() -> None:
    weight = np.array([1.0, -0.5])
    assert SurveyDesign(weight, calibration=Calibration(np.ones(2))).n == 2


def test_fpc_that_differs_within_a_stratum_is_refused() -> None:
    with pytest.raises(EstimationError, match="fpc differs within a stratum"):
        _ = SurveyDesign(ONES, STRATA, PSU, np.array([4.0, 5, 4, 30, 30, 30])).structure


def test_fpc_below_the_psus_drawn_is_refused() -> None:
    with pytest.raises(EstimationError, match="not a fraction"):
        _ = SurveyDesign(ONES, STRATA, PSU, np.full(6, 0.5)).structure
