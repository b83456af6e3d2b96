"""Numbers, intervals and dates in words: rounded as people expect."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import words
from reports.language import ENGLISH


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        (0.0, "0%"),
        (0.004, "less than 1%"),
        (0.544, "54%"),
        (0.545, "55%"),
        (0.575, "58%"),  # stored a little below 57.5
        (0.996, "more than 99%"),
        (1.0, "100%"),
    ],
)
def test_shares_are_rounded_to_whole_per_cent_halves_up_and_never_to_a_false_0_or_100(share, printed):
    assert words.percent(ENGLISH, share) == printed


def test_a_range_is_said_in_words():
    assert words.percent_range(ENGLISH, 0.49, 0.59) == "between 49% and 59%"
    assert words.percent_range(ENGLISH, 0.002, 0.03) == "between less than 1% and 3%"


def test_a_range_within_one_per_cent_is_said_once():
    assert words.percent_range(ENGLISH, 0.536, 0.544) == "close to 54%"


@pytest.mark.parametrize(
    ("start", "end", "printed"),
    [
        (date(2025, 3, 3), date(2025, 3, 24), "3 to 24 March 2025"),
        (date(2025, 2, 28), date(2025, 3, 14), "28 February to 14 March 2025"),
        (date(2025, 12, 8), date(2026, 1, 5), "8 December 2025 to 5 January 2026"),
        (date(2025, 3, 3), date(2025, 3, 3), "3 March 2025"),
        (None, date(2025, 3, 3), "3 March 2025"),
        (None, None, "not stated"),
    ],
)
def test_dates_do_not_repeat_a_month_or_year(start, end, printed):
    assert words.dates(ENGLISH, start, end) == printed


def test_a_headline_is_named_by_the_answers_it_adds_up():
    assert words.answered(ENGLISH, ["Agree", "Strongly agree"], "agree") == "“Agree” or “Strongly agree”"


def test_a_headline_of_many_answers_goes_by_its_own_name():
    assert words.answered(ENGLISH, ["a", "b", "c", "d"], "at_least_monthly") == "“at least monthly”"


def test_a_rounded_base_is_called_about():
    assert words.base(ENGLISH, 1840, is_rounded=True) == "about 1,840 people who answered (unweighted)"
    assert words.base(ENGLISH, 1843, is_rounded=False) == "1,843 people who answered (unweighted)"
    assert words.base(ENGLISH, None, is_rounded=True) == "too few to say (unweighted)"


@pytest.mark.parametrize(
    ("low", "high", "name"),
    [
        (0.47, 0.53, "half"),
        (0.45, 0.55, "half"),
        (0.44, 0.50, None),  # 44 % is not about half
        (0.30, 0.35, "third"),
        (0.22, 0.26, None),  # 22 % is about a fifth, 26 % about a quarter
        (0.64, 0.69, "two_thirds"),
        (0.96, 0.99, "nearly_all"),
        (0.01, 0.04, "hardly_any"),
        (0.49, 0.59, None),
    ],
)
def test_a_fraction_is_said_only_where_its_whole_interval_is_about_it(low, high, name):
    assert words.fraction(low, high) == name


@given(st.floats(0, 1), st.floats(0, 1))
def test_no_share_of_an_interval_is_further_than_5_points_from_its_fraction(one, other):
    low, high = sorted((one, other))
    named = {name: share for share, name in words.FRACTIONS.items()} | {"hardly_any": 0.0, "nearly_all": 1.0}
    found = words.fraction(low, high)
    assert found is None or max(abs(named[found] - low), abs(named[found] - high)) <= words.ABOUT + 1e-9
