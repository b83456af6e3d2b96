"""The weight of an analysis: which the rule picks, and what is said of a wrong one."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.definitions import Survey
from pipeline.errors import DefinitionError, WeightingError
from pipeline.survey_files import read_survey
from pipeline.weight_choice import NET_CHANGE, ONE_WAVE, POOLED, SAME_PEOPLE, Analysis, weight_for
from pipeline.weighting_steps import WeightRecipe
from tests.builders_validation import one_survey
from tests.survey_folder import write_survey


def longitudinal(weight_id: str, *waves: str, starting_wave: str | None = None) -> WeightRecipe:
    return WeightRecipe(weight_id, "longitudinal", waves, "the same people", starting_wave=starting_wave)


EACH = WeightRecipe("each", "cross_sectional", (), "one wave", is_equal_base=True)
ALL = longitudinal("all", "w01", "w02", "w03")
TWO = longitudinal("two", "w03", starting_wave="w01")
LATE = longitudinal("late", "w02", "w03")


def survey(*weights: WeightRecipe) -> Survey:
    return replace(one_survey(), weights=weights)


@pytest.mark.parametrize(
    ("kind", "waves", "right"),
    [
        (ONE_WAVE, ("w02",), "each"),
        (NET_CHANGE, ("w01", "w03"), "each"),
        (POOLED, ("w01", "w02", "w03"), "each"),
        (SAME_PEOPLE, ("w01", "w02"), "all"),
        (SAME_PEOPLE, ("w01", "w03"), "two"),  # of both sets that have the waves, the one that keeps more people
        (SAME_PEOPLE, ("w02", "w03"), "late"),
    ],
)
def test_the_rule_picks_the_weight(kind: str, waves: tuple[str, ...], right: str) -> None:
    assert weight_for(survey(ALL, EACH, TWO, LATE), Analysis(kind, waves)).weight_id == right


def test_a_weight_that_is_right_may_be_asked_for_though_another_is_picked() -> None:
    assert weight_for(survey(EACH, ALL, TWO), Analysis(SAME_PEOPLE, ("w01", "w03")), "all").weight_id == "all"


@pytest.mark.parametrize(
    ("kind", "waves", "asked", "message"),
    [
        (SAME_PEOPLE, ("w01", "w02"), "each", r"weight 'each' is cross-sectional; transitions .* Use 'all'\."),
        (NET_CHANGE, ("w01", "w03"), "all", r"weight 'all' is longitudinal; net change .* Use 'each'\."),
        (POOLED, ("w01", "w02"), "all", r"weight 'all' is longitudinal; pooled waves .* Use 'each'\."),
        (SAME_PEOPLE, ("w01", "w02"), "two", r"weight 'two' is not for w02; .* Use 'all'\."),
    ],
)
def test_a_wrong_weight_is_refused_with_the_right_one(
    kind: str, waves: tuple[str, ...], asked: str, message: str
) -> None:
    with pytest.raises(WeightingError, match=message):
        weight_for(survey(EACH, ALL, TWO), Analysis(kind, waves), asked)


def test_where_no_weight_fits_the_message_says_what_to_declare() -> None:
    message = r"declares no weight for it\. Declare one of kind longitudinal with waves: \[w01, w02\]\."
    with pytest.raises(WeightingError, match=message):
        weight_for(survey(EACH), Analysis(SAME_PEOPLE, ("w01", "w02")))


def test_a_plan_without_weights_takes_those_of_the_rule(tmp_path: Path) -> None:
    change = ("survey.yml", "weights: [both_waves], pairs", "pairs")
    assert read_survey(write_survey(tmp_path, change=change)).transitions[0].weights == ("both_waves",)
    change = ("survey.yml", "{kind: net, weights: [wave_weight], pairs: consecutive_and_first}", "{kind: net}")
    assert read_survey(write_survey(tmp_path, change=change)).changes[0].weights == ("wave_weight",)


def test_a_cross_sectional_weight_for_transitions_is_a_fault_of_the_definition(tmp_path: Path) -> None:
    change = ("survey.yml", "weights: [both_waves], pairs", "weights: [wave_weight], pairs")
    message = r"found weight 'wave_weight', which is cross-sectional, expected a weight for the same people"
    with pytest.raises(DefinitionError, match=message):
        read_survey(write_survey(tmp_path, change=change))
