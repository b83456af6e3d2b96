"""The definitions of the General Social Survey panel take any cohort of its layout."""

import os
import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.definitions import NOT_DISTINGUISHED, Survey
from pipeline.deliveries import Owner, match
from pipeline.survey_files import read_survey
from pipeline.wave_files import read_delivery

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "surveys" / "gss_panel"
REAL_DATA = Path(os.environ.get("PANEL_REAL_DATA") or PROJECT.parent / "shared" / "data")
COUNTS = {"age", "tvhours", "hompop", "childs", "educ", "wwwhr", "size"}
NOT_ITEMS = {"firstid", "wave", "year", "mode", "dateintv", "ballot", "form"}
ATTITUDES = ("consci", "confed", "conmedic", "conlegis", "conpress", "confinan", "trust", "fair", "helpful", "natheal")


@pytest.fixture(scope="module")
def survey() -> Survey:
    return read_survey(FOLDER)


def delivered(source: str) -> pl.DataFrame:
    path = REAL_DATA / "gss_panel_2006" / source
    if not path.exists():
        pytest.skip("the General Social Survey panel's files are not here: set PANEL_REAL_DATA to their folder")
    return read_delivery(path).frame


def test_counts_are_numbers_and_everything_else_has_a_code_frame(survey: Survey) -> None:
    assert {name for name, item in survey.items.items() if item.kind == "number"} == COUNTS
    assert {item.kind for name, item in survey.items.items() if name not in COUNTS} == {"category"}
    assert set(ATTITUDES) <= set(survey.items)
    assert not NOT_ITEMS & set(survey.items)


def test_top_codes_in_words_are_numbers(survey: Survey) -> None:
    assert survey.items["age"].values == {"89 or Older": "89"}
    assert survey.items["childs"].values == {"Eight or more": "8"}
    assert survey.profile[0].values["89 or Older"] == "89"


def test_what_was_not_answered_is_no_answer(survey: Survey) -> None:
    kinds = {"Iap": "not_asked", "Dk": "dont_know", "Refused": "refused", "Na": NOT_DISTINGUISHED}
    for item in survey.items.values():
        assert {option.code: option.missing for option in item.options if option.missing} == kinds
    assert survey.blank == NOT_DISTINGUISHED


def test_every_wave_asks_every_item_and_may_lack_any(survey: Survey) -> None:
    for number, wave in enumerate(survey.waves, start=1):
        assert (wave.wave, wave.wave_number, wave.is_closed) == (f"w{number}", number, True)
        assert {placed.item for placed in wave.items} == set(survey.items)
        assert wave.items_may_be_absent
        assert wave.source.required_columns == ("firstid", "wave", "age", "sex", "race", "degree", "region")
        assert wave.source.constants == {"wave": str(number)}


def test_files_are_matched_by_the_names_every_cohort_has(survey: Survey) -> None:
    names = ("sample.csv.gz", "waves/wave1.csv.gz", "waves/wave2.csv.gz", "waves/wave3.csv.gz")
    assert [match(name, [survey]) for name in names] == [
        Owner("gss_panel", source) for source in ("roster", "w1", "w2", "w3")
    ]
    assert match("full_long.parquet", [survey]) is None


def test_the_raked_weight_starts_from_everyone_at_wave_1(survey: Survey) -> None:
    recipe = survey.weight("raked_w3")
    assert (recipe.starting_wave, recipe.starting_weight, recipe.keeps_ineligible) == ("w1", "wtssall", True)
    step = recipe.calibration
    assert step is not None
    assert step.margins == ("age_group_4", "sex", "degree", "race", "region")
    assert (step.controls, step.tolerance) == ("starting_wave", 1e-10)
    assert step.missing == {"age_group_4": "largest", "degree": "largest"}


def test_supplied_weights_hold_in_the_waves_they_were_made_for(survey: Survey) -> None:
    assert {recipe.weight_id: (recipe.supplied, recipe.waves) for recipe in survey.weights if recipe.supplied} == {
        "wtssall": ("wtssall_w1", ("w1",)),
        "wtpan12": ("wtpan12", ("w1", "w2")),
        "wtpannr12": ("wtpannr12", ("w1", "w2")),
        "wtpan123": ("wtpan123", ("w1", "w2", "w3")),
        "wtpannr123": ("wtpannr123", ("w1", "w2", "w3")),
    }


def test_published_domains_are_fixed_at_wave_1(survey: Survey) -> None:
    domains = {domain.domain: domain for domain in survey.domains}
    assert domains["age_group"].values == ("18-29", "30-39", "40-49", "50-59", "60-69", "70-79", "80+")
    assert domains["age_group_4"].values == ("18-34", "35-49", "50-64", "65+")
    assert {name for name, domain in domains.items() if not domain.is_published} == {"region"}
    assert {variable.source for variable in survey.profile} == {"w1"}


def test_bands_of_age_leave_no_adult_out(survey: Survey) -> None:
    for domain in survey.domains[:2]:
        lows = [band.low for band in domain.bands]
        assert lows[0] == 18
        assert [band.high for band in domain.bands] == [low - 1 for low in lows[1:] if low is not None] + [None]


def test_headlines_are_tested_within_persons(survey: Survey) -> None:
    family = survey.families[0]
    assert family.is_headline
    assert all(survey.items[item].headline for item in family.items)
    assert (family.kinds, family.weights, family.pairs) == (("within_person",), ("wtpannr123",), (("w1", "w3"),))


def test_nothing_is_fitted_to_a_cohort() -> None:
    for path in [FOLDER / "survey.yml", *sorted((FOLDER / "waves").glob("*.yml"))]:
        assert not re.search(r"\b20\d\d\b", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_label_of_the_real_files_is_in_its_code_frame(survey: Survey, number: int) -> None:
    frame = delivered(f"waves/wave{number}.csv.gz")
    for placed in survey.waves[number - 1].items:
        if placed.column in frame.columns:
            item = survey.items[placed.item]
            codes = {option.code for option in item.options} | set(placed.recode)
            strange = set(frame[placed.column].drop_nulls()) - codes
            if item.kind == "number":
                strange = {value for value in strange if not value.isdigit()}
            assert not strange, placed.item


@pytest.mark.parametrize("number", [1, 2, 3])
def test_every_column_of_the_real_files_is_known(survey: Survey, number: int) -> None:
    wave = survey.waves[number - 1]
    known = {placed.column for placed in wave.items} | set(wave.source.columns.values())
    known |= {*wave.source.required_columns, *wave.source.ignored_columns}
    assert set(delivered(f"waves/wave{number}.csv.gz").columns) - known == {"row_number"}


def test_every_column_of_the_real_member_list_is_known(survey: Survey) -> None:
    columns = set(delivered("sample.csv.gz").columns) - {"row_number"}
    assert columns == {*survey.roster.required_columns, *survey.roster.ignored_columns}


def test_profile_values_of_the_real_files_are_declared(survey: Survey) -> None:
    frame = delivered("waves/wave1.csv.gz")
    for variable in survey.profile:
        if variable.categories:
            assert set(frame[variable.column].drop_nulls()) <= {*variable.categories, *variable.values}


def test_leading_zeros_of_real_ids_stay(survey: Survey) -> None:
    ids = delivered("sample.csv.gz")["firstid"]
    assert set(ids.str.len_chars()) == {4}
    assert ids.str.starts_with("0").any()
