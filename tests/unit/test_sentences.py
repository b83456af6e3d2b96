"""Findings in sentences: no direction without a verdict, no range that was not estimated, no population not drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EstimationError
from reports.language import ENGLISH
from reports.sentences import change_sentence, group_sentence, share_sentence

SINCE = "wave 1"


def change(
    verdict: str, size: float | None, low: float | None, high: float | None, *, within: bool = False, **about: object
) -> str:
    return change_sentence(
        ENGLISH,
        verdict,
        size,
        low,
        high,
        since=SINCE,
        is_within_person=within,
        **about,  # type: ignore[arg-type]
    )


def test_a_share_is_said_of_the_weighted_panel_with_its_range():
    sentence = share_sentence(ENGLISH, 0.54, 0.49, 0.59, answers="“Agree”", inference="probability")
    assert sentence == (
        "54% of panel members, weighted to the population, answered “Agree”; likely between 49% and 59%."
    )


def test_the_range_of_a_legacy_panel_is_called_indicative():
    sentence = share_sentence(ENGLISH, 0.54, 0.49, 0.59, answers="“Agree”", inference="calibrated_legacy")
    assert sentence.endswith("an indicative range is between 49% and 59%.")


def test_people_who_represent_nobody_else_get_no_range_and_no_population():
    sentence = share_sentence(ENGLISH, 0.54, 0.49, 0.59, answers="“Agree”", inference="not_representative")
    assert sentence == "54% of people who took part answered “Agree”."


def test_a_hidden_share_is_too_few_to_say():
    assert "too few to say" in share_sentence(ENGLISH, None, None, None, answers="“Agree”", inference="probability")


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


def test_about_half_is_said_when_the_interval_allows_it():
    sentence = share_sentence(ENGLISH, 0.51, 0.48, 0.54, answers="“Agree”", inference="probability")
    assert sentence == (
        "About half (51%) of panel members, weighted to the population, answered “Agree”; likely between 48% and 54%."
    )


def test_a_model_and_volunteers_are_named_as_what_they_are():
    model = share_sentence(ENGLISH, 0.42, 0.36, 0.48, answers="“Agree”", inference="model")
    assert model.startswith("By a statistical model, 42% of the population would answer “Agree”; an indicative range")
    pseudo = share_sentence(ENGLISH, 0.42, 0.36, 0.48, answers="“Agree”", inference="pseudo_weighted")
    assert pseudo.startswith("42% of panel members, volunteers among them, weighted to the population, answered")


def test_a_change_without_known_probabilities_has_an_indicative_range():
    told = change("rose", 0.07, 0.03, 0.11, inference="calibrated_legacy")
    assert told == "Rose by 7 points since wave 1 (indicative range 3 to 11 points)."


def test_steady_says_which_change_was_ruled_out():
    assert change("steady", 0.004, -0.01, 0.02, margin=0.03) == (
        "Steady since wave 1: whatever change there was is smaller than 3 points (difference 0 points, range −1 to +2)."
    )


def test_steady_with_a_change_beyond_its_margin_is_refused():
    with pytest.raises(EstimationError, match="contradict"):
        change("steady", 0.04, 0.0, 0.08, margin=0.03)


def groups(verdict: str, low: float | None = 0.41, high: float | None = 0.63, inference: str = "probability") -> str:
    return group_sentence(ENGLISH, verdict, ("16-24", low), ("65+", high), domain="Age group", inference=inference)


def test_groups_that_differ_are_told_with_the_lowest_and_the_highest():
    said = groups("differs between groups")
    assert said == "Differs between groups (Age group): from 41% (16-24) to 63% (65+)."
    assert "by an indicative test" in groups("differs between groups", inference="pseudo_weighted")


def test_groups_that_a_test_does_not_tell_apart_have_no_figures():
    assert groups("no clear difference between groups") == "No clear difference between groups (Age group)."


@pytest.mark.parametrize("verdict", ["not tested", "", "rose"])
def test_untested_groups_are_not_spoken_of(verdict):
    assert groups(verdict) == ""


def test_groups_of_people_who_stand_for_nobody_else_are_not_compared():
    assert groups("differs between groups", inference="not_representative") == ""


def test_hidden_groups_are_too_few_to_say():
    assert groups("too few to say") == "Whether groups differ (Age group): too few to say."
    assert groups("differs between groups", None, None) == groups("too few to say")
