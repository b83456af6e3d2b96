"""A member of whom a delivery says otherwise than is known: found by row and variable, with what may differ."""

from dataclasses import replace

import polars as pl
import pytest

from pipeline import known_profile as told
from pipeline.definitions import Source, Survey, ToldAs
from pipeline.quality_limits import ResponseQuality
from tests.builders_validation import good_rows, known_profile, one_survey, one_wave, report

AGES = ["20", "43", "67", "81"] * 5  # known: 20, 40, 70, 80
SEXES = ["M", "F", "M", "M", "M"] * 4  # known: Female, Female, Male, Male, Male


def a_survey(**identity: float) -> Survey:
    age, sex = one_survey().profile
    profile = (replace(age, check_drift=True), sex)
    return one_survey(profile=profile, response_quality=ResponseQuality(identity=identity))


def test_rows_and_variables_that_differ_are_told():
    found = report(good_rows(SEX=SEXES), survey=a_survey(sex=0)).drifted
    assert found.rows() == [(row, "sex") for row in (1, 6, 11, 16)]


def test_a_number_may_differ_by_as_much_as_is_declared():
    rows = good_rows(AGE_AT_START=AGES)
    assert report(rows, survey=a_survey(age=2)).drifted["row_number"].to_list() == sorted(
        [*range(2, 20, 4), *range(3, 20, 4)]
    )
    assert report(rows, survey=a_survey(age=3)).drifted.is_empty()
    assert report(rows, survey=a_survey()).drifted.height == 15


def with_age(measure: str, **elsewhere: ToldAs) -> Survey:
    """Return a survey whose list holds an age or a year of birth, told again in wave 3."""
    age, sex = one_survey().profile
    compared = replace(age, check_drift=True, measure=measure, elsewhere=elsewhere)
    return one_survey(profile=(compared, sex))


def differing(survey: Survey, known: str, year: int, **columns: str) -> int:
    """Return how many of one row's variables differ; the wave is of 2025."""
    rows = good_rows(**{name: [value] * 20 for name, value in columns.items()})
    profile = known_profile(age=[known] * 20).with_columns(known_year=pl.lit(year, pl.Int32))
    return report(rows, survey=survey, profile=profile).drifted.filter(pl.col("row_number") == 1).height


@pytest.mark.parametrize(("born", "is_other"), [("1982", 1), ("1983", 0), ("1984", 0), ("1985", 0), ("1986", 1)])
def test_an_age_known_before_is_held_against_a_year_of_birth(born: str, is_other: int):
    """Forty in 2024: born in 1983 or 1984; off by one is allowed."""
    survey = with_age("age", w03=ToldAs("BORN", "birth_year"))
    assert differing(survey, "40", 2024, BORN=born) == is_other


@pytest.mark.parametrize(("age", "is_other"), [("38", 1), ("39", 0), ("40", 0), ("41", 0), ("42", 1)])
def test_a_year_of_birth_is_held_against_an_age_told_in_2025(age: str, is_other: int):
    survey = with_age("birth_year", w03=ToldAs("AGE_TODAY", "age"))
    assert differing(survey, "1985", 2020, AGE_TODAY=age) == is_other


def test_ages_of_two_waves_may_differ_by_the_years_between_them():
    survey = with_age("age", w03=ToldAs("AGE_TODAY"))
    assert differing(survey, "40", 2021, AGE_TODAY="44") == 0
    assert differing(survey, "40", 2021, AGE_TODAY="40") == 1


def test_years_of_birth_must_be_the_same_and_a_top_code_is_not_compared():
    assert differing(with_age("birth_year", w03=ToldAs("BORN")), "1985", 2020, BORN="1986") == 1
    survey = with_age("age", w03=ToldAs("BORN", "birth_year"))
    assert differing(survey, "89", 2024, BORN="1925") == 0  # "89 or older" in the list
    assert differing(with_age("age", w03=ToldAs("AGE_TODAY")), "70", 2024, AGE_TODAY="89 or older") == 0


def test_an_age_without_a_year_is_not_compared():
    survey = with_age("age", w03=ToldAs("BORN", "birth_year"))
    rows = good_rows(BORN=["1900"] * 20)
    assert report(rows, survey=survey, profile=known_profile(age=["40"] * 20)).drifted.is_empty()


def test_the_year_of_a_row_is_that_of_its_interview_else_of_the_fieldwork():
    survey = one_survey()
    assert told.years_of(survey, "w03", good_rows()).to_list() == [2025] * 20
    late = good_rows(SUBMIT_TS=["2026-01-02 10:00:00", None, *["x"] * 18])
    assert told.years_of(survey, "w03", late).to_list() == [2026, *[2025] * 19]
    source = replace(one_wave().source, completed_at_format="%d/%m/%Y")
    dated = one_survey(one_wave(source=source))
    assert told.years_of(dated, "w03", good_rows(SUBMIT_TS=["01/02/2024"] * 20)).to_list() == [2024] * 20
    listed = one_survey(roster=Source("m.csv", {"panel_member_id": "ID", "joined_on": "JOINED"}))
    assert told.years_of(listed, "roster", pl.DataFrame({"JOINED": ["2019-05-01", None]})).to_list() == [2019, None]
