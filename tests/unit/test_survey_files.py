"""What is written under surveys/ is what the rest of the pipeline sees."""

import re
from datetime import date
from pathlib import Path

import pytest

from pipeline.analysis_plans import ChangePlan, RetentionPlan, TestFamily, TransitionPlan
from pipeline.definitions import (
    AnswerOption,
    Band,
    Design,
    Eligibility,
    ItemColumn,
    ItemLink,
    NewsletterWords,
    Population,
    Recruitment,
    Route,
    RowFilter,
    Survey,
)
from pipeline.errors import DefinitionError
from pipeline.quality_limits import Grid, ResponseQuality, SeverityChange, WaveComparison
from pipeline.survey_files import read_survey, read_surveys
from pipeline.weighting_steps import CalibrationStep
from tests.survey_folder import write_survey

SURVEYS = Path(__file__).resolve().parents[2] / "surveys"


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return read_survey(write_survey(tmp_path_factory.mktemp("surveys")))


def test_a_survey_says_whom_it_speaks_for(survey: Survey) -> None:
    expected = Population("residents", "persons", "16 and over", 1000.0, "census", date(2021, 3, 21))
    assert survey.population == expected
    assert (survey.survey, survey.title, survey.blank) == ("small", "A small panel", "skipped")
    assert (survey.member_ids, survey.disclosure_profile, survey.inference) == (
        "pseudonym",
        "public",
        "probability",
    )


def test_codes_are_text_whether_quoted_or_not(survey: Survey) -> None:
    assert survey.items["trust"].options == (
        AnswerOption("1", "Disagree"),
        AnswerOption("2", "Neither"),
        AnswerOption("3", "Agree"),
        AnswerOption("-8", "Don't know", "dont_know"),
        AnswerOption("-9", "Refused", "refused"),
    )


def test_a_label_in_a_list_is_its_own_code(survey: Survey) -> None:
    assert survey.items["amount"].answers == (AnswerOption("a little", "a little"), AnswerOption("a lot", "a lot"))


def test_what_is_between_the_two_sides_of_a_scale_is_its_middle(tmp_path: Path) -> None:
    sides = ("items.yml", '3: "Agree"}', '3: "Agree"}\n    sides: {low: [1], high: [3]}')
    options = read_survey(write_survey(tmp_path, change=sides)).items["trust"].options
    assert [option.side for option in options] == ["low", "middle", "high", None, None]


def test_an_item_carries_its_headline_and_tags(survey: Survey) -> None:
    trust = survey.items["trust"]
    assert (trust.wording, trust.label) == ("The council can be trusted.", "Trust in the council")
    assert (trust.headline, trust.topic, trust.research_questions) == ({"agree": ("3",)}, "trust", ("purpose",))


def test_open_text_is_never_published(survey: Survey) -> None:
    assert survey.items["remark"].kind == "text"
    assert not survey.items["remark"].is_published
    assert survey.items["hours"].is_published


def test_a_number_in_words_is_recoded_in_every_wave(survey: Survey) -> None:
    assert survey.items["hours"].values == {"Ten or more": "10"}
    assert survey.items["hours"].options == (AnswerOption("-8", "Don't know", "dont_know"),)
    for wave in survey.waves:
        assert ItemColumn("hours", wave.items[2].column, {"Ten or more": "10"}) == wave.items[2]


def test_a_recode_belongs_to_its_wave_alone(survey: Survey) -> None:
    assert survey.wave("w01").items[1] == ItemColumn("amount", "Q2", {"little": "a little"})
    assert survey.wave("w02").items[1] == ItemColumn("amount", "amount")


def test_two_items_that_read_one_column_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"waves/w01.yml, line \d+.*column 'Q1' for hours and for trust"):
        read_survey(write_survey(tmp_path, change=("waves/w01.yml", "hours: Q3", "hours: Q1")))


def test_links_say_how_wordings_compare(survey: Survey) -> None:
    assert survey.item_links == (ItemLink("amount", "trust", "not_comparable", "another question"),)


def test_a_wave_says_when_and_where_it_is_delivered(survey: Survey) -> None:
    wave = survey.wave("w01")
    assert (wave.wave_number, wave.fieldwork_start, wave.fieldwork_end) == (1, date(2025, 1, 6), date(2025, 1, 20))
    assert (wave.source.file, wave.source.columns["completed_at"]) == ("small_w01*.csv", "DONE")
    assert wave.source.complete_when == RowFilter("STATUS", ("complete",))
    assert wave.source.test_rows == RowFilter("STATUS", ("test",))
    assert (wave.row_tolerance, wave.items_may_be_absent, wave.is_closed) == (0.1, False, False)


def test_a_closed_wave_needs_no_dates_and_all_items_may_be_absent(survey: Survey) -> None:
    wave = survey.wave("w02")
    assert (wave.is_closed, wave.fieldwork_start, wave.items_may_be_absent) == (True, None, True)
    assert [placed.item for placed in wave.items] == ["trust", "amount", "hours", "remark"]
    assert wave.source.constants == {"WAVE": "2"}


def test_waves_come_in_order_of_their_numbers(tmp_path: Path) -> None:
    folder = write_survey(tmp_path, change=("waves/w01.yml", 'wave: "w01"', 'wave: "w01"\nwave_number: 9'))
    assert [wave.wave for wave in read_survey(folder).waves] == ["w02", "w01"]


def test_profile_values_read_in_our_words_and_null_is_not_known(survey: Survey) -> None:
    age, sex = survey.profile
    assert (age.is_number, age.values, age.source) == (True, {"90 or over": "90"}, "roster")
    assert (sex.categories, sex.values["?"], sex.label) == (("Female", "Male"), "", "sex")


def test_domains_are_bands_or_categories(survey: Survey) -> None:
    age_group, sex = survey.domains
    assert age_group.bands == (Band("16-49", 16.0, 49.0), Band("50+", 50.0, None))
    assert (age_group.values, sex.values) == (("16-49", "50+"), ("Female", "Male"))
    assert (age_group.is_published, sex.is_published) == (True, False)


def test_design_and_eligibility_name_columns(survey: Survey) -> None:
    assert survey.design == Design(("STRATUM",), "AREA", "average")
    assert survey.eligibility == Eligibility({"w02": "LEFT_2"}, "moved", ("died",))


def test_a_margin_is_scaled_to_the_population(survey: Survey) -> None:
    margin = survey.margins["age_group"]
    assert margin.published_totals == {"16-49": 600.5, "50+": 400.0}
    assert sum(margin.totals.values()) == pytest.approx(1000.0, abs=1e-9)
    assert margin.totals["16-49"] == pytest.approx(600.5 / 1000.5 * 1000)
    assert margin.approximation is None


def test_a_margin_of_another_universe_enters_as_shares(survey: Survey) -> None:
    margin = survey.margins["age_group*sex"]
    assert margin.totals == pytest.approx({"16-49*Female": 300, "16-49*Male": 300, "50+*Female": 200, "50+*Male": 200})
    assert (margin.approximation, margin.unit, margin.universe) == ("shares", "households", "all ages")


def test_a_margin_of_no_domain_is_kept_for_the_record(tmp_path: Path) -> None:
    rows = "tenure,rented,700,persons,16 and over,census table 3,2021-03-21,\n"
    rows += rows.replace("rented,700", "owned,300")
    folder = write_survey(tmp_path)
    with (folder / "margins" / "2021.csv").open("a", encoding="utf-8") as file:
        file.write(rows)
    assert read_survey(folder).margins["tenure"].totals == {"rented": 700.0, "owned": 300.0}


def test_weights_say_where_they_start_and_what_they_meet(survey: Survey) -> None:
    each, both = survey.weights
    assert (each.waves, each.selection_probabilities) == ((), {"1": "PROB_1", "2": "PROB_2"})
    assert each.calibration == CalibrationStep(
        "raking", ("age_group", "age_group*sex"), missing={"age_group": "largest"}
    )
    assert (both.starting_wave, both.starting_weight, both.keeps_ineligible) == ("w01", "wave_weight", True)
    assert both.calibration == CalibrationStep("raking", ("sex",), "starting_wave", tolerance=1e-6)


def test_the_analysis_plan_is_read_whole(survey: Survey) -> None:
    assert survey.changes == (ChangePlan("net", ("wave_weight",)),)
    assert survey.transitions == (TransitionPlan(("trust",), ("both_waves",), (("w01", "w02"),)),)
    assert survey.families == (TestFamily("headlines", ("trust",), ("all",), "holm", 0.05, True),)
    assert survey.retention == RetentionPlan("w01", "wave_weight", 2)


def test_a_family_may_name_the_changes_it_tests(tmp_path: Path) -> None:
    old, new = "headline: true}", "headline: true, kinds: [net], weights: [wave_weight], pairs: [[w01, w02]]}"
    family = read_survey(write_survey(tmp_path, change=("survey.yml", old, new))).families[0]
    assert (family.kinds, family.weights, family.pairs) == (("net",), ("wave_weight",), (("w01", "w02"),))


def test_a_plan_may_say_how_old_members_are_how_they_were_recruited_and_why_they_leave(tmp_path: Path) -> None:
    plan = (
        "recruitment: {c1: {invited: 9000, joined: 3000, profiled: 2900}, c2: {invited: 100, joined: 50}}\n"
        "retention: {age: age, "
    )
    survey = read_survey(write_survey(tmp_path, change=("survey.yml", "retention: {", plan)))
    assert survey.retention == RetentionPlan("w01", "wave_weight", 2, "age")
    assert survey.recruitment == {"c1": Recruitment(9000, 3000, 2900), "c2": Recruitment(100, 50, 50)}


def test_members_grow_older_by_years_of_birth_only_from_a_day_on_which_bands_of_them_are_ages(tmp_path: Path) -> None:
    folder = write_survey(tmp_path, change=("survey.yml", "retention: {", "retention: {age: age, "))
    definition = folder / "survey.yml"
    of_births = definition.read_text().replace("number: true,", "number: true, is: birth_year, known_on: 2025-12-31,")
    definition.write_text(of_births)
    assert read_survey(folder).retention == RetentionPlan("w01", "wave_weight", 2, "age")
    definition.write_text(of_births.replace("known_on: 2025-12-31", "check_drift: true"))
    with pytest.raises(DefinitionError, match="'retention': found 'age', a birth_year without known_on"):
        read_survey(folder)


def test_more_people_joining_than_were_invited_is_a_fault(tmp_path: Path) -> None:
    counts = "recruitment: {c1: {invited: 10, joined: 30}}\nretention:"
    with pytest.raises(DefinitionError, match="10 invited, 30 joined"):
        read_survey(write_survey(tmp_path, change=("survey.yml", "retention:", counts)))


def test_a_short_survey_has_no_plan_and_every_member_is_a_psu(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    kept = (folder / "survey.yml").read_text(encoding="utf-8").split("\nprofile:")[0].replace("blank: skipped\n", "")
    (folder / "survey.yml").write_text(kept, encoding="utf-8")
    items = (folder / "items.yml").read_text(encoding="utf-8").replace("    research_questions: [purpose]\n", "")
    (folder / "items.yml").write_text(items, encoding="utf-8")
    (folder / "margins" / "2021.csv").unlink()
    survey = read_survey(folder)
    assert (survey.design, survey.eligibility, survey.retention) == (Design(), Eligibility(), None)
    assert (survey.weights, survey.margins, survey.blank) == ((), {}, "not_distinguished")


def test_every_survey_of_a_folder_is_read_in_order_of_name(tmp_path: Path) -> None:
    write_survey(tmp_path, name="second")
    write_survey(tmp_path, name="first", change=("survey.yml", 'survey: "small"', 'survey: "first"'))
    (tmp_path / "notes").mkdir()
    assert [survey.survey for survey in read_surveys(tmp_path)] == ["first", "small"]


def test_the_surveys_that_come_with_the_project_are_read() -> None:
    assert {survey.survey for survey in read_surveys(SURVEYS)} >= {"citizens_panel", "gss_panel", "ri_covid"}


def test_of_whom_an_item_is_asked_is_read_from_the_bank_and_a_wave_may_say_otherwise(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    items, wave = folder / "items.yml", folder / "waves" / "w01.yml"
    routed = "    kind: number\n    asked_if: {item: trust, in: [2, 3]}\n    ballot: {column: BALLOT, in: [a]}\n"
    items.write_text(items.read_text().replace("    kind: number\n", routed))
    own = "  hours: {column: Q3, asked_if: [{item: trust, in: [3]}, {item: amount, in: [a lot]}]}"
    wave.write_text(wave.read_text().replace("  hours: Q3", own))
    survey = read_survey(folder)
    placed = [{one.item: one for one in wave.items}["hours"] for wave in survey.waves]
    assert placed[0].asked_if == (Route("trust", ("3",)), Route("amount", ("a lot",)))
    assert placed[1].asked_if == (Route("trust", ("2", "3")),)
    assert placed[0].ballot == placed[1].ballot == RowFilter("BALLOT", ("a",))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("kind: number", "kind: number\n    asked_if: {item: trusted, in: [3]}", "Did you mean 'trust'?"),
        ("kind: number", "kind: number\n    asked_if: {item: trust, in: [7]}", "expected a code of trust"),
        ("kind: number", "kind: number\n    asked_if: {item: trust}", "no 'in'"),
    ],
)
def test_a_route_that_leads_nowhere_is_a_fault(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(told)):
        read_survey(write_survey(tmp_path, change=("items.yml", old, new)))


def test_a_survey_may_weigh_rules_otherwise_with_a_reason(tmp_path: Path) -> None:
    rules = 'rules: {extra-column: {severity: info, reason: "the platform adds some"}}\nretention:'
    comparison = "against_previous_wave: {fewest_rows: 0.8}\n"
    survey = read_survey(write_survey(tmp_path, change=("survey.yml", "retention:", comparison + rules)))
    assert survey.severities == {"extra-column": SeverityChange("info", "the platform adds some")}
    assert survey.comparison == WaveComparison(fewest_rows=0.8)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("extra-column: {severity: info}", "no 'reason'"),
        ("extra-colum: {severity: info, reason: r}", "Did you mean 'extra-column'?"),
        ("id-unique: {severity: info, reason: r}", "expected a rule whose severity may differ"),
        ("extra-column: {severity: grave, reason: r}", "a severity (critical, warning, info)"),
    ],
)
def test_a_rule_weighed_otherwise_without_sense_is_a_fault(tmp_path: Path, change: str, told: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(told)):
        read_survey(write_survey(tmp_path, change=("survey.yml", "retention:", f"rules: {{{change}}}\nretention:")))


def test_grids_and_thresholds_of_response_quality_are_declared(tmp_path: Path) -> None:
    declared = "response_quality: {speeding: 0.2, without: [duplicated_text]}\nretention:"
    folder = write_survey(tmp_path, change=("survey.yml", "retention:", declared))
    items = folder / "items.yml"
    more = '  trust_2: {wording: "And the NHS?", scale: agree3}\n'
    grids = "grids: {plain: [trust, trust_2], mixed: {items: [trust, trust_2], reversed: [trust_2]}}\n"
    items.write_text(items.read_text().replace("links:", more + grids + "links:"))
    survey = read_survey(folder)
    assert survey.response_quality == ResponseQuality(speeding=0.2, duplicated_text=None)
    assert survey.grids == {"plain": Grid(("trust", "trust_2")), "mixed": Grid(("trust", "trust_2"), ("trust_2",))}
    assert [grid.is_mixed for grid in survey.grids.values()] == [False, True]


def test_the_rule_that_removes_respondents_is_declared(tmp_path: Path) -> None:
    declared = "response_quality: {remove_when: {strong_flags: 3}}\nretention:"
    survey = read_survey(write_survey(tmp_path, change=("survey.yml", "retention:", declared)))
    assert survey.response_quality == ResponseQuality(remove_at=3)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{strong_flags: 1}", "found strong_flags: 1, expected 2 or more. One flag alone is too little"),
        ("{flags: 2}", "unknown key 'flags', expected a known key (strong_flags)"),
        ("{strong_flags: two}", "a whole number from 1"),
    ],
)
def test_a_rule_that_removes_too_easily_is_a_fault(tmp_path: Path, rule: str, told: str) -> None:
    declared = f"response_quality: {{remove_when: {rule}}}\nretention:"
    with pytest.raises(DefinitionError, match=re.escape(told)):
        read_survey(write_survey(tmp_path, change=("survey.yml", "retention:", declared)))


def test_what_the_author_states_is_read_by_element(tmp_path: Path) -> None:
    change = ("survey.yml", "blank: skipped", 'blank: skipped\nstatement: {contact: "Us", sponsor: "Anytown Council"}')
    assert read_survey(write_survey(tmp_path, change=change)).statement == {
        "sponsor": "Anytown Council",
        "contact": "Us",
    }


def test_a_statement_on_something_else_is_a_fault(tmp_path: Path) -> None:
    change = ("survey.yml", "blank: skipped", 'blank: skipped\nstatement: {sponsors: "Anytown Council"}')
    with pytest.raises(DefinitionError, match="unknown key 'sponsors'") as told:
        read_survey(write_survey(tmp_path, change=change))
    assert "sponsor" in str(told.value)


def test_the_words_around_a_newsletter_are_read_by_wave(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    (folder / "newsletters").mkdir()
    words = 'intro: "Hello."\nyou_said_we_did: [{you_said: "Tell us.", we_did: "We do."}]\n'
    (folder / "newsletters" / "w02.yml").write_text(words, encoding="utf-8")
    assert read_survey(folder).newsletters == {"w02": NewsletterWords("Hello.", (("Tell us.", "We do."),))}


def test_words_for_no_wave_are_a_fault(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    (folder / "newsletters").mkdir()
    (folder / "newsletters" / "w2.yml").write_text('intro: "Hello."\nclaim: "It rose."\n', encoding="utf-8")
    with pytest.raises(DefinitionError, match="words for 'w2'") as told:
        read_survey(folder)
    assert "unknown key 'claim'" in str(told.value)


def test_a_family_may_declare_a_margin_of_steadiness_and_groups_to_compare(tmp_path: Path) -> None:
    change = ("survey.yml", "headline: true}", "headline: true, equivalence: 0.03, groups: [age_group]}")
    (family,) = read_survey(write_survey(tmp_path, change=change)).families
    assert (family.equivalence, family.groups) == (0.03, ("age_group",))


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("equivalence: 3", "found equivalence 3.0, expected a change of a share between 0 and 1"),
        ("groups: [tenure]", "found 'tenure', expected a domain"),
    ],
)
def test_a_margin_is_a_share_and_groups_are_domains(tmp_path: Path, declared: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(said)):
        read_survey(write_survey(tmp_path, change=("survey.yml", "headline: true}", f"headline: true, {declared}}}")))
