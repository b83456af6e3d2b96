"""Replicates that tell neither a household nor a rare group, and whose variance is right all the same."""

import numpy as np
import pytest

from pipeline.design import SurveyDesign, design_structure
from pipeline.weighting.replicate_factors import ReplicatePlan, replicate_factors
from pipeline.weighting.replicate_groups import (
    averaged_ratios,
    cells_of_at_least,
    combined_psus,
    in_order_of_rows,
    joined_strata,
    secret_seed,
)


def strata_of(*sizes: int) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


@pytest.mark.parametrize(
    ("sizes", "fewest", "joined"),
    [
        ((4, 5, 6), 4, [0, 1, 2]),
        ((1, 5, 6), 2, [0, 0, 2]),
        ((5, 1), 2, [0, 0]),
        ((1, 1, 1), 2, [0, 0, 0]),
        ((3, 3, 9, 2), 5, [0, 0, 2, 2]),
        ((1,), 2, [0]),
    ],
)
def test_strata_with_few_psus_are_joined_with_a_neighbour(
    sizes: tuple[int, ...], fewest: int, joined: list[int]
) -> None:
    stratum = strata_of(*sizes)
    structure = design_structure(stratum.size, stratum, None, None)
    assert joined_strata(structure, fewest).tolist() == joined


@pytest.mark.parametrize(("kind", "n_groups"), [("bootstrap", [3, 2]), ("jkn", [3, 2]), ("brr", [2, 2])])
def test_psus_are_combined_within_strata_into_groups_of_at_least_k(kind: str, n_groups: list[int]) -> None:
    stratum = strata_of(17, 10)
    household = np.arange(27)
    structure = design_structure(27, stratum, household, None)
    group = combined_psus(structure, np.arange(2), 5, kind=kind, seed=1)
    assert np.bincount(group).min() >= 5
    assert [np.unique(group[stratum == one]).size for one in range(2)] == n_groups
    assert not set(group[stratum == 0]) & set(group[stratum == 1])


def test_those_of_one_household_are_in_one_group() -> None:
    structure = design_structure(40, np.zeros(40, np.int64), np.arange(40) // 2, None)
    group = combined_psus(structure, np.zeros(1, np.int64), 5, kind="bootstrap", seed=1)
    assert np.array_equal(group[0::2], group[1::2])


def test_the_seed_of_the_draws_is_not_the_declared_one_and_changes_with_the_households() -> None:
    stratum = np.zeros(8, np.int64)
    one, other = (
        design_structure(8, stratum, np.array(psu), None)
        for psu in ([0, 0, 1, 2, 3, 4, 5, 6], [0, 1, 1, 2, 3, 4, 5, 6])
    )
    assert secret_seed(one, 7) == secret_seed(one, 7)
    assert len({secret_seed(one, 7), secret_seed(other, 7), secret_seed(one, 8), 7}) == 4


@pytest.mark.parametrize("kind", ["bootstrap", "jkn", "jkgroups"])
def test_groups_are_numbered_as_rows_meet_them_and_keep_their_factors(kind: str) -> None:
    stratum = np.array([1, 0, 1, 0, 1, 0])
    factors = replicate_factors(SurveyDesign(np.ones(6), stratum), ReplicatePlan(kind, 8, seed=1))
    renumbered = in_order_of_rows(factors)
    assert np.array_equal(renumbered.factor[renumbered.group_of_row], factors.factor[factors.group_of_row])
    _, first = np.unique(renumbered.group_of_row, return_index=True)
    assert (np.diff(first) > 0).all()


def test_cells_with_few_holders_are_joined_with_the_next_one() -> None:
    assert cells_of_at_least(2, np.array([7, 7, 8, 9, 9, 5])).tolist() == [0, 0, 1, 1, 1, 0]
    assert cells_of_at_least(5, np.array([1, 2])).tolist() == [0, 0]
    assert cells_of_at_least(5, np.array([], np.int64)).tolist() == []


def test_an_averaged_ratio_leaves_every_cell_its_total_in_every_replicate() -> None:
    """Weights 1 and 3, factors 1 and 2, ratios 0.5 and 1.5: (1 * 0.5 + 6 * 1.5) / (1 + 6)."""
    factor, ratio = np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[0.5, 9.0], [1.5, 9.0]])
    places = (np.array([0, 1]), np.array([0, 0]))
    found = averaged_ratios(np.array([1.0, 3.0]), np.array([0, 1]), factor, ratio, places)
    assert found.tolist() == [[9.5 / 7, 1.0]]


def test_combined_psus_give_the_variance_of_the_psus_they_are_made_of() -> None:
    """Of 1,200 households with a mean per household, over many combinations: the same variance, within 2 %."""
    rng = np.random.default_rng(5)
    n_strata, n_psus, k = 6, 200, 5
    stratum = np.repeat(np.arange(n_strata), n_psus)
    y = rng.normal(size=stratum.size) + stratum
    structure = design_structure(stratum.size, stratum, None, None)
    expected = sum(n_psus * y[stratum == one].var(ddof=1) for one in range(n_strata))
    found = []
    for seed in range(60):
        group = combined_psus(structure, np.arange(n_strata), k, kind="jkn", seed=seed)
        factors = replicate_factors(SurveyDesign(np.ones(y.size), stratum, group), ReplicatePlan("jkn"))
        totals = np.bincount(factors.group_of_row, y) @ np.asarray(factors.factor[:])
        found.append(float((factors.coefficient * np.square(totals - y.sum())).sum()))
    assert np.mean(found) == pytest.approx(expected, rel=0.02)
