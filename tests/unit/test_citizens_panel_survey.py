"""The citizens_panel instrument: every research question asked, real margins, nothing that only code would know."""

import csv
import os
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from pipeline import definitions, survey_files
from pipeline.panel.trend_models import with_trend_verdicts

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "surveys" / "citizens_panel"

# The questions of the briefing "Data for Public Benefit" (Involve / Carnegie UK Trust, 2019) and of the tracker.
BRIEFING = (
    "purpose_and_action",
    "at_risk_and_stigma",
    "limits_and_expectations",
    "conditions_of_acceptability",
    "transparency_wanted",
    "risk_and_benefit",
    "health_data_without_direct_benefit",
    "individual_prediction",
    "alternative_services",
    "shift_of_resources",
    "data_linking",
    "secondary_uses",
    "consent",
    "features_of_public_benefit",
    "who_may_see",
    "beyond_data",
)
FEATURES = {"service", "wider_public", "individual", "resources", "tangible"}


@pytest.fixture(scope="module")
def survey() -> definitions.Survey:
    return survey_files.read_survey(FOLDER)


@pytest.mark.parametrize("question", BRIEFING)
def test_every_research_question_of_the_briefing_has_an_item(survey, question):
    assert survey.research_questions[question].endswith("?")
    assert any(question in item.research_questions for item in survey.items.values())


def test_every_item_serves_a_research_question(survey):
    assert [item.item for item in survey.items.values() if not item.research_questions] == []


def test_the_instrument_has_25_to_40_items(survey):
    assert 25 <= len(survey.items) <= 40
    assert all(25 <= len(wave.items) <= 40 for wave in survey.waves)


def test_each_feature_of_public_benefit_has_one_item(survey):
    assert Counter(item.feature for item in survey.items.values() if item.feature) == dict.fromkeys(FEATURES, 1)


def test_every_scale_tells_the_four_kinds_of_missing_apart(survey):
    kinds = ["dont_know", "refused", "not_asked", "skipped"]
    for item in survey.items.values():
        if item.kind != "text":
            assert [option.missing for option in item.options if option.missing] == kinds, item.item


def test_the_open_question_is_never_published(survey):
    assert [(item.item, item.is_published) for item in survey.items.values() if item.kind == "text"] == [
        ("data_cannot_tell", False)
    ]


def test_four_headline_items_are_asked_in_the_same_words_at_every_wave(survey):
    family = next(family for family in survey.families if family.is_headline)
    assert len(family.items) == 4
    for wave in survey.waves:
        assert set(family.items) <= {placed.item for placed in wave.items}
    assert all(len(survey.items[item].headline) == 1 for item in family.items)


def test_eight_quarterly_waves_last_three_weeks_each(survey):
    assert [wave.wave for wave in survey.waves] == [f"w{number:02d}" for number in range(1, 9)]
    for wave, following in pairwise(survey.waves):
        assert following.fieldwork_start - wave.fieldwork_start == timedelta(weeks=13)
    assert {wave.fieldwork_end - wave.fieldwork_start for wave in survey.waves} == {timedelta(weeks=3)}


def test_a_wording_change_is_a_new_item_linked_with_a_break(survey):
    (link,) = survey.item_links
    asked = {
        item: [wave.wave_number for wave in survey.waves if item in {placed.item for placed in wave.items}]
        for item in (link.item_from, link.item_to)
    }
    assert link.comparability == "comparable_with_break"
    assert asked == {link.item_from: [1, 2, 3, 4], link.item_to: [5, 6, 7, 8]}


def test_a_reversed_scale_is_a_recode_of_one_wave(survey):
    recoded = [(wave, placed) for wave in survey.waves for placed in wave.items if placed.recode]
    ((wave, placed),) = recoded
    codes = [option.code for option in survey.items[placed.item].answers]
    assert [placed.recode.get(code, code) for code in codes] == codes[::-1]
    assert wave.wave == "w06"


def test_a_wave_becomes_another_by_replacing_its_name(survey):
    for path in sorted((FOLDER / "waves").glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        others = {wave.wave for wave in survey.waves} - {path.stem}
        assert not [other for other in others if other in text], path.name
        assert sum(line.startswith("fieldwork: {start: ") for line in text.splitlines()) == 1


def test_margins_of_other_units_or_universes_enter_as_shares(survey):
    kinds = {name: margin.approximation for name, margin in survey.margins.items() if "region*" not in name}
    assert kinds == {
        "age_group": None,
        "sex*age_band_2": "shares",
        "region": None,
        "qualification": None,
        "ethnicity": "shares",
        "tenure": "shares",
    }
    for margin in survey.margins.values():
        assert sum(margin.totals.values()) == pytest.approx(survey.population.persons)


def test_the_weight_rakes_to_every_margin_of_the_country(survey):
    recipe = survey.weight("cross_sectional")
    assert set(recipe.calibration.margins) == {name for name in survey.margins if "region*" not in name}
    assert recipe.selection_probabilities == {"c1": "SEL_PROB_C1", "c2": "SEL_PROB_C2"}


def test_margins_by_region_add_up_to_those_of_the_country(survey):
    for name, margin in survey.margins.items():
        if not name.startswith("region*"):
            continue
        country = survey.margins[name.removeprefix("region*")]
        for category, persons in country.published_totals.items():
            parts = [value for key, value in margin.published_totals.items() if key.split("*", 1)[1] == category]
            assert sum(parts) == persons, (name, category)


@pytest.fixture(scope="module")
def published_tables() -> Path:
    root = Path(os.environ.get("PANEL_REAL_DATA", PROJECT.parent / "shared" / "data")) / "uk_margins"
    if not root.is_dir():
        pytest.skip("the published tables are not on this machine")
    return root


def test_margins_are_the_figures_of_the_published_tables(survey, published_tables):
    root = published_tables
    ages = sums(root / "region_by_age_6_bands_census21.csv", "age_group", "n")
    assert list(survey.margins["age_group"].published_totals.values()) == [
        ages[band]
        for band in (
            "Aged 16 to 24 years",
            "Aged 25 to 34 years",
            "Aged 35 to 49 years",
            "Aged 50 to 64 years",
            "Aged 65 years and over",
        )
    ]
    column = "All usual residents aged 16 years and over"
    residents = sums(root / "census21_ew_region_qualification_ts067.csv", "geography", column)
    residents["East of England"] = residents.pop("East")
    assert survey.margins["region"].published_totals == dict(residents)
    assert survey.population.persons == sum(residents.values())


def test_the_sexes_share_each_age_band_as_the_other_tables_say(survey, published_tables):
    table = published_tables / "region_by_sex_3_age_bands_census21.csv"
    ages = sums(published_tables / "region_by_age_6_bands_census21.csv", "age_group", "n")
    under_16 = ages["Aged 15 years and under"]
    younger = {sex: sums(table, "region", f"younger_{sex.lower()}s").total() for sex in ("Female", "Male")}
    working = {sex: sums(table, "region", f"working_age_{sex.lower()}s").total() for sex in younger}
    older = {
        sex: sums(table, "region", f"total_{sex.lower()}s").total()
        - working[sex]
        - under_16 * younger[sex] / sum(younger.values())
        for sex in younger
    }
    totals = survey.margins["sex*age_band_2"].published_totals
    for band, published in (("16-64", working), ("65+", older)):
        in_band = sum(totals[f"{sex}*{band}"] for sex in published)
        for sex in published:
            share = published[sex] / sum(published.values())
            assert totals[f"{sex}*{band}"] == pytest.approx(in_band * share, abs=1)


def test_margins_that_overlap_say_the_same_of_65_and_over(survey):
    by_sex = survey.margins["sex*age_band_2"].totals
    assert by_sex["Female*65+"] + by_sex["Male*65+"] == pytest.approx(survey.margins["age_group"].totals["65+"])


def sums(path: Path, key: str, value: str) -> Counter[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        totals: Counter[str] = Counter()
        for row in csv.DictReader(lines):
            totals[row[key]] += int(row[value])
    return totals


def test_trends_of_headlines_are_corrected_where_net_changes_are(survey):
    keys = {"statistic": "headline", "domain": "all", "weight_id": "cross_sectional", "test": "gee", "estimate": 0.1}
    items = [item.item for item in survey.items.values() if item.headline and item.is_published]
    tests = pl.DataFrame([keys | {"item": item, "p_value": 0.01} for item in items])
    families = dict(with_trend_verdicts(tests, survey.families).select("item", "family").iter_rows())
    assert Counter(families.values()) == {"headlines": 4, "exploratory": 32}
