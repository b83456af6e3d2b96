"""The variance kernel, by hand and against R survey 4.1.1 (methodology D)."""

import numpy as np
import pytest

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation import variance
from tests.golden.data import column, lonely_people
from tests.unit.estimation.builders import golden_design

CLOSE = {"rel": 5e-9}  # the nine digits printed


def lonely_mean(policy: str, *, drop_psu: int | None = None) -> tuple[float, float]:
    """Return the mean of the ten-row example and its standard error."""
    people = lonely_people()
    if drop_psu is not None:
        people = people.filter(people["psu"] != drop_psu)
    weight, y = people["w"].to_numpy(), people["y"].to_numpy()
    design = SurveyDesign(weight, people["stratum"].to_numpy(), people["psu"].to_numpy(), lonely_psu=policy)
    mean = weight @ y / weight.sum()
    z = (weight * (y - mean) / weight.sum())[:, None]
    return mean, float(np.sqrt(variance.total_variance(design, z)[0]))


def test_two_psus_of_one_stratum_vary_by_their_squared_difference() -> None:
    # totals 1 + 2 = 3 and 5; mean 4; 2/(2-1) * ((3-4)^2 + (5-4)^2) = 4
    design = SurveyDesign(np.ones(3), strata=np.zeros(3, np.int64), psu=np.array([7, 7, 9]))
    assert variance.total_variance(design, np.array([[1.0], [2.0], [5.0]])) == pytest.approx([4.0])


def test_strata_add_up_and_psus_are_nested_in_them() -> None:
    design = SurveyDesign(np.ones(4), strata=np.array([1, 1, 2, 2]), psu=np.array([1, 2, 1, 2]))
    z = np.array([[0.0], [2.0], [0.0], [4.0]])  # 2 * (1 + 1) + 2 * (4 + 4)
    assert variance.total_variance(design, z) == pytest.approx([20.0])


def test_a_stratum_taken_whole_has_no_sampling_variance() -> None:
    design = SurveyDesign(np.ones(2), strata=np.zeros(2, np.int64), fpc=np.full(2, 2.0))
    assert variance.total_variance(design, np.array([[1.0], [3.0]])) == pytest.approx([0.0])


def test_the_variances_are_the_diagonal_of_the_covariance() -> None:
    z = np.column_stack([column("y1"), column("lik"), column("w")])
    design = golden_design(with_fpc=True)
    covariance = variance.total_covariance(design, z)
    assert np.diag(covariance) == pytest.approx(variance.total_variance(design, z))
    assert covariance == pytest.approx(covariance.T)


def test_ten_rows_with_two_psus_or_more_in_every_stratum() -> None:
    mean, standard_error = lonely_mean("fail")
    assert mean == pytest.approx(0.619565217, **CLOSE)
    assert standard_error == pytest.approx(0.190432723, **CLOSE)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("certainty", 0.184098131), ("adjust", 0.217458136), ("average", 0.260354073)],
)
def test_a_lonely_psu_follows_the_declared_policy(policy: str, expected: float) -> None:
    mean, standard_error = lonely_mean(policy, drop_psu=1)
    assert mean == pytest.approx(0.652777778, **CLOSE)
    assert standard_error == pytest.approx(expected, **CLOSE)


def test_a_lonely_psu_fails_by_default_and_its_stratum_is_named() -> None:
    with pytest.raises(EstimationError, match=r"1 of 2 strata have a single PSU \(stratum 1\)"):
        lonely_mean("fail", drop_psu=1)


def test_adjust_centres_a_lonely_psu_at_the_mean_of_all_psu_totals() -> None:
    design = SurveyDesign(np.ones(3), strata=np.array([1, 2, 2]), psu=np.array([1, 2, 3]), lonely_psu="adjust")
    # grand mean 4: (9 - 4)^2, and 2 * ((1 - 1.5)^2 + (2 - 1.5)^2) = 1
    assert variance.total_variance(design, np.array([[9.0], [1.0], [2.0]])) == pytest.approx([26.0])


def test_a_lonely_psu_that_is_its_whole_stratum_is_no_problem() -> None:
    design = SurveyDesign(np.ones(3), strata=np.array([1, 2, 2]), psu=np.array([1, 2, 3]), fpc=np.array([1.0, 90, 90]))
    assert variance.total_variance(design, np.ones((3, 1)))[0] == pytest.approx(0.0)


def test_average_needs_a_stratum_with_two_psus() -> None:
    design = SurveyDesign(np.ones(2), strata=np.array([1, 2]), psu=np.array([1, 2]), lonely_psu="average")
    with pytest.raises(EstimationError, match="all 2 strata have a single PSU"):
        variance.total_variance(design, np.ones((2, 1)))


def test_without_strata_and_psus_every_row_is_a_psu() -> None:
    y = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    z = ((y - y.mean()) / y.size)[:, None]
    assert variance.total_variance(SurveyDesign(np.ones(5)), z)[0] == pytest.approx(0.6 * 0.4 / 4)


def test_two_waves_must_treat_lonely_psus_alike() -> None:
    with pytest.raises(EstimationError, match="treat lonely PSUs differently"):
        variance.stack_designs(golden_design(), golden_design(lonely_psu="adjust"))


def test_two_waves_must_both_have_psus_or_none() -> None:
    with pytest.raises(EstimationError, match="one wave has strata and the other has none"):
        variance.stack_designs(golden_design(), SurveyDesign(np.ones(3)))
