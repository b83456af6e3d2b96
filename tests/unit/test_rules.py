"""Rules follow from the definitions: which ones there are, how severe they are, and what they allow."""

from dataclasses import replace
from datetime import date

import pytest

from pipeline.definitions import ItemColumn, ProfileVariable, Route
from pipeline.quality_limits import SeverityChange
from pipeline.rules import (
    CRITICAL,
    INFO,
    ROSTER,
    RULE_KINDS,
    WARNING,
    Rule,
    choice_words,
    is_known_column,
    required_columns,
    rules_for_roster,
    rules_for_wave,
)
from pipeline.weighting_steps import CalibrationStep, WeightRecipe
from tests.builders_validation import margin, one_survey, one_wave


def rules(code: str, *, survey=None, wave=None) -> list[Rule]:
    survey = survey or one_survey(wave)
    return [rule for rule in rules_for_wave(survey, survey.wave("w03")) if rule.code == code]


def test_every_rule_has_a_declared_kind():
    survey = one_survey()
    derived = (*rules_for_wave(survey, survey.wave("w03")), *rules_for_roster(survey))
    assert {rule.code for rule in derived} <= set(RULE_KINDS)
    assert {rule.severity for rule in derived} <= {CRITICAL, WARNING, INFO}


def test_only_faults_of_single_rows_are_row_level():
    row_level = {code for code, kind in RULE_KINDS.items() if kind.is_row_level}
    refusing = {code for code in row_level if RULE_KINDS[code].severity == CRITICAL}
    assert refusing == {
        "item-codes",
        "id-present",
        "id-unique",
        "member-known",
        "one-part",
        "constant-column",
        "wave-known",
    }
    of_the_file = set(RULE_KINDS) - row_level
    assert of_the_file == {
        "row-count", "row-count-change", "required-column", "extra-column", "item-column", "margin-category",
        "list-order", "list-complete", "category-share-change", "test-row", "other-sample",
    }  # fmt: skip


def test_a_survey_may_weigh_a_rule_otherwise():
    survey = one_survey(severities={"extra-column": SeverityChange(INFO, "the platform adds columns")})
    assert rules("extra-column", survey=survey)[0].severity == INFO
    assert rules("row-count", survey=survey)[0].severity == CRITICAL


def test_a_route_allows_every_way_its_answers_are_delivered():
    routed = ItemColumn("age_now", "AGE", asked_if=(Route("trust_local_council", ("4", "5")),))
    asking = one_wave().items[0]
    (rule,) = rules("routing", wave=one_wave(items=(asking, routed)))
    assert rule.conditions == (("Q7", ("4", "5", "Agree", "Strongly agree", "yes")),)
    assert rule.expected == "'trust_local_council' is 4 or 5"
    assert (rule.severity, rule.refuses_rows) == (WARNING, False)


def test_invitations_are_checked_only_where_the_member_list_tells_of_them():
    assert rules("member-invited") == []
    survey = one_survey()
    told = replace(survey.roster, columns={**survey.roster.columns, "left_on": "LEFT"})
    (rule,) = rules("member-invited", survey=replace(survey, roster=told))
    assert (rule.first_day, rule.last_day) == (date(2025, 3, 3), date(2025, 3, 24))


def test_the_columns_with_a_meaning_are_required_once_each():
    assert required_columns(one_wave().source) == ("RESP_ID", "SUBMIT_TS", "WAVE", "DONE", "STATUS")
    assert [rule.column for rule in rules("required-column")] == list(required_columns(one_wave().source))


def test_a_profile_variable_of_the_wave_makes_its_column_required():
    region = ProfileVariable("region", "Region", "w03", "REGION", categories=("North",))
    survey = one_survey()
    survey = replace(survey, profile=(*survey.profile, region))
    assert "REGION" in [rule.column for rule in rules("required-column", survey=survey)]
    assert [rule.column for rule in rules("profile-category", survey=survey)] == ["REGION"]


def test_declared_and_ignored_and_drifting_columns_are_known():
    (rule,) = rules("extra-column")
    for column in ("RESP_ID", "Q7", "OPEN", "Q_anything", "SEX"):
        assert is_known_column(column, rule.allowed), column
    assert not is_known_column("QX", rule.allowed)


def test_optional_columns_are_known_but_not_required():
    wave = one_wave()
    wave = replace(wave, source=replace(wave.source, optional_columns={"completed_year": "YEAR"}))
    assert is_known_column("YEAR", rules("extra-column", wave=wave)[0].allowed)
    assert "YEAR" not in [rule.column for rule in rules("required-column", wave=wave)]


def test_item_codes_allow_codes_labels_missing_codes_and_what_is_recoded():
    (rule,) = rules("item-codes")
    assert {"1", "5", "Agree", "-8", "Don't know", "yes"} <= set(rule.allowed)
    assert "7" not in rule.allowed
    assert rule.expected == "1–5 or a missing code (-8, -9)"
    assert (rule.item, rule.column, rule.detail) == ("trust_local_council", "Q7", "agree5")


def test_a_number_has_no_codes_and_a_text_has_no_rule_but_its_column():
    assert [rule.item for rule in rules("item-codes")] == ["trust_local_council"]
    assert [rule.item for rule in rules("number-format")] == ["age_now"]
    assert [rule.item for rule in rules("item-column")] == ["trust_local_council", "age_now", "comment"]


def test_words_that_stand_for_a_number_of_the_profile_pass_in_the_same_column():
    wave = one_wave(items=(ItemColumn("age_now", "AGE_AT_START"),))
    assert rules("number-format", wave=wave)[0].allowed == ("89 or older",)


def test_items_that_may_be_absent_need_no_column():
    assert rules("item-column", wave=one_wave(items_may_be_absent=True)) == []
    assert len(rules("item-codes", wave=one_wave(items_may_be_absent=True))) == 1


def test_fieldwork_dates_bound_the_completion_dates():
    (rule,) = rules("completed-in-fieldwork")
    assert (rule.first_day, rule.last_day) == (date(2025, 3, 3), date(2025, 3, 24))
    undated = one_wave(fieldwork_start=None, fieldwork_end=None)
    assert rules("completed-in-fieldwork", wave=undated) == []
    assert len(rules("date-format", wave=undated)) == 1


def test_a_margin_of_the_waves_own_weights_has_a_rule():
    assert [rule.name for rule in rules("margin-category")] == ["age_group", "sex*age_group"]
    assert rules("margin-category")[0].allowed == ("16-64", "65-74", "75+")


def test_whether_anybody_of_an_age_at_the_wave_answered_is_left_to_the_weighting():
    domains = [replace(one, is_at_wave=one.domain == "age_group", is_published=False) for one in one_survey().domains]
    assert rules("margin-category", survey=one_survey(domains=tuple(domains))) == []


def test_the_margins_of_a_wave_replace_those_of_the_recipe():
    survey = one_survey(one_wave(margins=("sex",)))
    survey = replace(survey, margins={**survey.margins, "sex": margin("sex", ("Female", "Male"))})
    assert [rule.name for rule in rules("margin-category", survey=survey)] == ["sex"]


@pytest.mark.parametrize(
    "recipe",
    [
        WeightRecipe("a", "longitudinal", ("w01", "w03"), "", calibration=CalibrationStep("raking", ("sex",))),
        WeightRecipe(
            "b", "cross_sectional", ("w03",), "", starting_wave="w01",
            calibration=CalibrationStep("raking", ("sex",), controls="starting_wave"),
        ),
        WeightRecipe("c", "cross_sectional", ("w03",), "", supplied="WT"),
    ],
    ids=["more waves than this one", "controls of a starting wave", "supplied"],
)  # fmt: skip
def test_weights_that_one_delivery_cannot_judge_have_no_margin_rule(recipe):
    assert rules("margin-category", survey=one_survey(weights=(recipe,))) == []


def test_drift_is_checked_against_another_source_and_only_where_declared():
    (rule,) = rules("profile-drift")
    assert (rule.name, rule.column, rule.detail) == ("sex", "SEX", ROSTER)


def test_the_member_list_needs_the_columns_of_profile_weights_and_design():
    survey = one_survey()
    survey = replace(survey, design=replace(survey.design, strata=("STRATUM",), psu="HOUSE"))
    required = [rule.column for rule in rules_for_roster(survey) if rule.code == "required-column"]
    assert required == ["ID", "AGE_AT_START", "SEX", "PROB", "STRATUM", "HOUSE"]


def test_the_rules_of_a_wave_are_the_same_every_time():
    survey = one_survey()
    assert rules_for_wave(survey, survey.wave("w03")) == rules_for_wave(survey, survey.wave("w03"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("1", "2", "3", "4", "5"), "1–5"),
        (("1", "2"), "1 or 2"),
        (("1", "2", "4"), "1, 2 or 4"),
        (("a Great Deal", "Only some"), "'a Great Deal' or 'Only some'"),
        (("only",), "'only'"),
        ((), ""),
    ],
)
def test_expected_values_in_words(values, words):
    assert choice_words(values) == words


def test_a_long_list_of_expected_values_is_cut():
    assert choice_words(tuple(str(code) for code in range(0, 40, 2)), at_most=2) == "0, 2 or one of 18 more"
