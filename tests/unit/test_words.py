"""Numbers, dates and verdicts in words: rounded as people expect, and no direction without a verdict."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EstimationError
from reports import words

SINCE = "wave 1"


def change(verdict: str, size: float | None, low: float | None, high: float | None, *, within: bool = False) -> str:
    return words.change_sentence(verdict, size, low, high, since=SINCE, is_within_person=within)


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
    assert words.percent(share) == printed


def test_a_range_is_said_in_words():
    assert words.percent_range(0.49, 0.59) == "between 49% and 59%"
    assert words.percent_range(0.002, 0.03) == "between less than 1% and 3%"


def test_a_range_within_one_per_cent_is_said_once():
    assert words.percent_range(0.536, 0.544) == "close to 54%"


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
    assert words.dates(start, end) == printed


def test_a_headline_is_named_by_the_answers_it_adds_up():
    assert words.answered(["Agree", "Strongly agree"], "agree") == "“Agree” or “Strongly agree”"


def test_a_headline_of_many_answers_goes_by_its_own_name():
    assert words.answered(["a", "b", "c", "d"], "at_least_monthly") == "“at least monthly”"


def test_a_share_is_said_of_the_weighted_panel_with_its_range():
    sentence = words.share_sentence(0.54, 0.49, 0.59, answers="“Agree”", inference="probability")
    assert sentence == (
        "54% of panel members, weighted to the population, answered “Agree”; likely between 49% and 59%."
    )


def test_the_range_of_a_legacy_panel_is_called_indicative():
    sentence = words.share_sentence(0.54, 0.49, 0.59, answers="“Agree”", inference="calibrated_legacy")
    assert sentence.endswith("an indicative range is between 49% and 59%.")


def test_people_who_represent_nobody_else_get_no_range_and_no_population():
    sentence = words.share_sentence(0.54, 0.49, 0.59, answers="“Agree”", inference="not_representative")
    assert sentence == "54% of people who took part answered “Agree”."


def test_a_hidden_share_is_too_few_to_say():
    assert "too few to say" in words.share_sentence(None, None, None, answers="“Agree”", inference="probability")


def test_a_tested_change_is_said_with_size_and_range():
    assert change("rose", 0.07, 0.03, 0.11) == "Rose by 7 points since wave 1 (between 3 and 11 points)."
    assert change("fell", -0.07, -0.11, -0.03) == "Fell by 7 points since wave 1 (between 3 and 11 points)."


def test_a_small_tested_change_is_not_rounded_to_nothing():
    assert change("rose", 0.004, 0.001, 0.007) == (
        "Rose by less than 1 point since wave 1 (between less than 1 and 1 point)."
    )


def test_no_clear_change_gives_the_difference_with_its_sign():
    assert change("no clear change", 0.02, -0.01, 0.05) == (
        "No clear change since wave 1 (difference +2 points, range −1 to +5)."
    )


def test_a_change_of_the_same_people_says_so():
    assert change("rose", 0.04, 0.01, 0.07, within=True) == (
        "Among people who answered both waves, it rose by 4 points since wave 1 (between 1 and 7 points)."
    )


@pytest.mark.parametrize("verdict", ["not tested", "", "steady", "increased"])
def test_anything_but_a_verdict_is_not_compared(verdict):
    assert change(verdict, 0.2, 0.1, 0.3) == "Not compared with wave 1."


@pytest.mark.parametrize(("verdict", "size"), [("rose", -0.03), ("fell", 0.03), ("rose", 0.0)])
def test_a_verdict_against_the_sign_of_its_change_is_refused(verdict, size):
    with pytest.raises(EstimationError, match="contradict"):
        change(verdict, size, -0.05, 0.05)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(["no clear change", "not tested"]))
def test_no_direction_is_named_without_a_verdict_whatever_the_numbers(size, low, high, verdict):
    sentence = change(verdict, size, low, high).lower()
    assert not any(word in sentence for word in ("rose", "fell", "increase", "decrease", "higher", "lower"))


def test_a_rounded_base_is_called_about():
    assert words.base(1840, is_rounded=True) == "about 1,840 people who answered (unweighted)"
    assert words.base(1843, is_rounded=False) == "1,843 people who answered (unweighted)"
    assert words.base(None, is_rounded=True) == "too few to say (unweighted)"
