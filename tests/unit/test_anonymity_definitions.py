"""How far members' rows are coarsened, as survey.yml declares it."""

from pathlib import Path

import pytest

from pipeline.anonymity_plan import KAnonymity
from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from pipeline.survey_files.writing_survey import survey_text
from tests.survey_folder import write_survey

SURVEY, PLACE = "survey.yml", "design: {strata: [STRATUM]"


def declared(folder: Path, text: str) -> KAnonymity | None:
    return read_survey(write_survey(folder, change=(SURVEY, PLACE, f"k_anonymity: {text}\n{PLACE}"))).k_anonymity


def test_key_variables_their_groups_and_k_are_declared(tmp_path: Path) -> None:
    text = '{k: 3, keys: [age_group], collapse: {age_group: {"16 and over": ["16-49", "50+"]}}, most_not_shown: 0.1}'
    groups = {"age_group": {"16 and over": ("16-49", "50+")}}
    assert declared(tmp_path, text) == KAnonymity(3, ("age_group",), groups, 0.1)


def test_of_a_public_profile_every_published_domain_is_a_key_variable(tmp_path: Path) -> None:
    assert read_survey(write_survey(tmp_path)).k_anonymity == KAnonymity(5, ("age_group",))


def test_of_an_open_profile_everything_is_shown_unless_declared(tmp_path: Path) -> None:
    profile = ("disclosure_profile: public", "disclosure_profile: open")
    assert read_survey(write_survey(tmp_path, change=(SURVEY, *profile))).k_anonymity is None


def test_a_declaration_is_written_as_it_is_read(tmp_path: Path) -> None:
    text = '{k: 4, keys: [age_group], collapse: {age_group: {"All": ["16-49", "50+"]}}, most_not_shown: 0.3}'
    folder = write_survey(tmp_path, change=(SURVEY, PLACE, f"k_anonymity: {text}\n{PLACE}"))
    survey = read_survey(folder)
    (folder / SURVEY).write_text(survey_text(survey), encoding="utf-8")
    assert read_survey(folder).k_anonymity == survey.k_anonymity


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{k: 1}", "found k 1, expected 2 or more"),
        ("{k: few}", "expected a whole number from 1"),
        ("{keys: [sex]}", "found 'sex', expected a published domain (age_group)"),
        ("{keys: [age_group, age_group]}", "found key 'age_group' more than once"),
        ("{most_not_shown: 2}", "found most_not_shown 2, expected a share from 0 to 1"),
        ('{collapse: {sex: {"Both": ["Female"]}}}', "found 'sex', expected a key variable (age_group)"),
        ('{collapse: {age_group: {"Old": ["50+"]}}}', "found no group with '16-49', expected every category in one"),
        (
            '{collapse: {age_group: {"All": ["16-49", "50+", "65+"]}}}',
            "found '65+', expected a category of 'age_group'",
        ),
        ('{collapse: {age_group: {"A": ["16-49", "50+"], "B": ["50+"]}}}', "found category '50+' 2 times"),
        ('{collapse: {age_group: {"A": ["16-49", "50+"], "B": []}}}', "found no category in 'B'"),
        ('{collapse: {age_group: {"not shown": ["16-49", "50+"]}}}', "found a group named 'not shown'"),
        ("{K: 5}", "found unknown key 'K'"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        declared(tmp_path, text)
    assert message in str(refused.value)
    assert "survey.yml, line" in str(refused.value)


def test_bands_that_are_not_neighbours_cannot_be_shown_together(tmp_path: Path) -> None:
    bands = ('"50+": [50, null]}}', '"50-64": [50, 64], "65+": [65, null]}}')
    groups = 'k_anonymity: {collapse: {age_group: {"Ends": ["16-49", "65+"], "50-64": ["50-64"]}}}\n'
    folder = write_survey(tmp_path, change=(SURVEY, *bands))
    path = folder / SURVEY
    path.write_text(path.read_text().replace(PLACE, groups + PLACE))
    with pytest.raises(DefinitionError, match="bands in 'Ends' that are not neighbours"):
        read_survey(folder)
