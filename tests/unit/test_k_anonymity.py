"""Profiles in which nobody is one of few: worked by hand on a dozen members, then on many panels at random."""

from collections import Counter

import numpy as np
import pytest

from pipeline.anonymity_plan import NOT_SHOWN, KAnonymity
from pipeline.definitions import Band, Domain
from pipeline.k_anonymity import HIDDEN, UNKNOWN, ShownProfile, shown_in_full, shown_profile

AGE = Domain("age", "Age", "age", ("16-34", "35-64", "65+"), (Band("16-34", 16, 34), Band("35-64", 35, 64)))
SEX = Domain("sex", "Sex", "sex", ("Female", "Male"))
AREA = Domain("area", "Area", "area", ("North", "South", "East"))


def profile(asked: KAnonymity, domains: list[Domain], *members: tuple[int, ...]) -> ShownProfile:
    return shown_profile(asked, domains, np.array(members, np.int64))


def rows(shown: ShownProfile) -> list[tuple[str | None, ...]]:
    return list(zip(*(shown.labels(place) for place in range(len(shown.keys))), strict=True))


def test_combinations_of_enough_members_stay_as_they_are() -> None:
    shown = profile(KAnonymity(2, ("sex",)), [SEX], (0,), (0,), (1,), (1,))
    assert rows(shown) == [("Female",), ("Female",), ("Male",), ("Male",)]
    assert sorted(shown.counts) == [2, 2]


def test_declared_groups_are_shown_in_place_of_their_categories() -> None:
    asked = KAnonymity(2, ("area",), {"area": {"Coast": ("North", "East"), "South": ("South",)}})
    shown = profile(asked, [AREA], (0,), (2,), (1,), (1,))
    assert rows(shown) == [("Coast",), ("Coast",), ("South",), ("South",)]
    assert shown.keys[0].n_merged == 2


def test_bands_are_merged_with_a_neighbour_and_named_after_both() -> None:
    """Three of 16-34, one of 35-64, three of 65+: the one in the middle must go with a neighbour."""
    shown = profile(KAnonymity(3, ("age",), most_not_shown=0.0), [AGE], *[(0,)] * 3, (1,), *[(2,)] * 3)
    assert sorted(Counter(rows(shown)).items()) == [(("16-34 or 35-64",), 4), (("65+",), 3)]


def test_what_loses_least_is_merged_first() -> None:
    """Every area has one member of each sex: merging the sexes loses a bit of each, merging areas loses less."""
    members = [(sex, area) for area in range(3) for sex in range(2) for _ in range(2)]
    shown = profile(KAnonymity(4, ("sex", "area"), most_not_shown=0.0), [SEX, AREA], *members)
    assert shown.keys[0].groups == ((0,), (1,))
    assert shown.counts.min() >= 4


def test_a_rare_value_is_not_shown_of_the_least_important_variable_and_of_as_many_others_as_make_k() -> None:
    """Five women in the North and one in the South: her area is hidden, and that of two who can be spared."""
    asked = KAnonymity(3, ("sex", "area"), most_not_shown=0.5)
    shown = profile(asked, [SEX, AREA], *[(0, 0)] * 5, (0, 1), *[(1, 1)] * 3)
    assert Counter(rows(shown)) == {("Female", "North"): 3, ("Female", NOT_SHOWN): 3, ("Male", "South"): 3}
    assert rows(shown)[5] == ("Female", NOT_SHOWN)
    assert int((shown.shown == HIDDEN).sum()) == 3


def test_where_nobody_can_be_spared_the_next_variable_is_hidden_too() -> None:
    asked = KAnonymity(3, ("sex", "area"), most_not_shown=1.0)
    shown = profile(asked, [SEX, AREA], (0, 0), *[(1, 1)] * 3)
    assert rows(shown) == [(NOT_SHOWN, NOT_SHOWN), *[("Male", "South")] * 3]


def test_what_is_not_known_of_a_member_counts_as_a_value() -> None:
    asked = KAnonymity(2, ("sex",), most_not_shown=1.0)
    shown = profile(asked, [SEX], (UNKNOWN,), (UNKNOWN,), (0,), (0,), (1,))
    assert rows(shown) == [(None,), (None,), ("Female",), ("Female",), (NOT_SHOWN,)]


@pytest.mark.parametrize("seed", range(30))
def test_no_combination_of_any_panel_is_that_of_fewer_than_k(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 400)), int(rng.integers(2, 12))
    domains = [AGE, SEX, AREA]
    codes = np.stack([rng.choice(3, n, p=[0.7, 0.25, 0.05]) % len(one.values) for one in domains], axis=1)
    codes[rng.random(codes.shape) < 0.03] = UNKNOWN
    asked = KAnonymity(k, ("age", "sex", "area"), most_not_shown=float(rng.choice([0.0, 0.05, 1.0])))
    shown = shown_profile(asked, domains, codes)
    counted = Counter(map(tuple, shown.shown.tolist()))
    counted.pop((HIDDEN,) * 3, None)
    assert all(number >= k for number in counted.values())
    assert sorted(counted.values()) == sorted(shown.counts.tolist())
    for place, key in enumerate(shown.keys):  # nothing is told that is not so
        is_told = (shown.shown[:, place] >= 0) & (codes[:, place] >= 0)
        assert all(codes[row, place] in key.groups[shown.shown[row, place]] for row in np.flatnonzero(is_told))
        assert (shown.shown[codes[:, place] == UNKNOWN, place] < 0).all()


def test_a_survey_that_asks_for_nothing_shows_everything() -> None:
    shown = shown_in_full([SEX], np.array([[0], [UNKNOWN]]))
    assert rows(shown) == [("Female",), (None,)]


def test_a_panel_without_members_has_no_combinations() -> None:
    shown = shown_profile(KAnonymity(5, ("sex",)), [SEX], np.empty((0, 1), np.int64))
    assert shown.counts.size == 0
