"""A member of whom a delivery says otherwise than is known: found by row and variable, with what may differ."""

from dataclasses import replace

from pipeline.definitions import ResponseQuality, Survey
from tests.builders_validation import good_rows, one_survey, report

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
