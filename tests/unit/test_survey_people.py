"""What surveys/ says of people: whom invitations name, how old members are and when, by which ids they go."""

import re
from pathlib import Path

import pytest

from pipeline.definitions import Invitations
from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from tests.survey_folder import write_survey


def test_invitations_name_waves_columns_and_values(tmp_path: Path) -> None:
    declared = 'invitations: {columns: {w02: INV_2}, in: ["yes"]}\nretention:'
    survey = read_survey(write_survey(tmp_path / "good", change=("survey.yml", "retention:", declared)))
    assert survey.invitations == Invitations({"w02": "INV_2"}, ("yes",))
    wrong = ("survey.yml", "retention:", "invitations: {columns: {w9: INV_2}}\nretention:")
    with pytest.raises(DefinitionError, match="no 'in', expected in: the values that mean invited") as caught:
        read_survey(write_survey(tmp_path / "wrong", change=wrong))
    assert "'w9', expected a wave (w01, w02)" in str(caught.value)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        ("number: true, is: age", "'is' or 'elsewhere', expected check_drift: true beside them"),
        ("number: true, check_drift: true, is: years", "what a number says of a person's age (age, birth_year)"),
        ("number: true, check_drift: true, elsewhere: {w1: {column: BORN}}", "'w1', expected a wave (w01, w02)"),
        (
            "number: true, check_drift: true, elsewhere: {w01: {column: BORN, is: birth_year}}",
            "expected is: age, or is: birth_year, of the variable too",
        ),
    ],
)
def test_what_waves_tell_of_an_age_is_declared_with_sense(tmp_path: Path, age: str, told: str) -> None:
    change = ("survey.yml", "number: true", age)
    with pytest.raises(DefinitionError, match=re.escape(told)):
        read_survey(write_survey(tmp_path, change=change))


AGE_GROUP = '  age_group: {variable: age, bands: {"16-49": [16, 49], "50+": [50, null]}}\n'
AGE_NOW = AGE_GROUP.replace("age_group:", "age_now:").replace("}}\n", "}, published: false, at: wave}\n")
RETENTION, OF_AGE = "missed_waves: 2}", "missed_waves: 2, age: age}"
DATED = ("waves/w02.yml", "fieldwork: closed", "fieldwork: {start: 2025-03-03, end: 2025-03-20}")


def with_age_now(folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a survey with a domain of the age at a wave, changed in survey.yml."""
    file, old, new = DATED
    made = write_survey(folder, change=(file, old, new))
    text = (made / "survey.yml").read_text().replace(AGE_GROUP, AGE_GROUP + AGE_NOW).replace(RETENTION, OF_AGE)
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (made / "survey.yml").write_text(text)
    return made


def test_a_domain_may_be_of_the_age_at_the_wave(tmp_path: Path) -> None:
    told, now, _ = read_survey(with_age_now(tmp_path)).domains
    assert (told.is_at_wave, now.is_at_wave, now.is_published) == (False, True, False)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (", published: false, at: wave", ", at: wave", "at: wave of a published domain, expected one for weighting"),
        (OF_AGE, RETENTION, "at: wave of 'age', expected bands of the variable that retention names as age"),
        ("sex: {variable: sex,", "sex: {variable: sex, at: wave,", "at: wave of 'sex', expected bands of the variable"),
        (", joined_on: JOINED", "", "at: wave without a date of joining, expected the day that the age is of"),
        ("at: wave", "at: joining", "'joining', expected when a member's age is taken (wave)"),
    ],
)
def test_an_age_at_the_wave_that_cannot_be_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(DefinitionError, match=re.escape(told)) as caught:
        read_survey(with_age_now(tmp_path, (old, new)))
    assert re.search(r"survey.yml, line \d+, 'domains\.\w+\.at'", str(caught.value))


def test_an_age_at_a_wave_needs_the_day_of_every_wave(tmp_path: Path) -> None:
    folder = with_age_now(tmp_path)
    wave = folder / "waves" / "w02.yml"
    wave.write_text(wave.read_text().replace(DATED[2], DATED[1]))
    with pytest.raises(DefinitionError, match="at: wave, and w02 without a start, expected waves with dates"):
        read_survey(folder)


def test_what_stays_in_a_person_must_be_checked_for_drift(tmp_path: Path) -> None:
    change = ("survey.yml", "retention:", "response_quality: {identity: {nothing: 0}}\nretention:")
    with pytest.raises(DefinitionError, match="a profile variable with check_drift: true"):
        read_survey(write_survey(tmp_path, change=change))


def test_a_grid_over_two_scales_is_a_fault(tmp_path: Path) -> None:
    change = ("items.yml", "links:", "grids: {plain: [trust, amount]}\nlinks:")
    with pytest.raises(DefinitionError, match="items of one scale"):
        read_survey(write_survey(tmp_path, change=change))


IDS = (
    "survey.yml",
    'roster:\n  file: "members.csv"\n  columns: {panel_member_id: ID, joined_on: JOINED, cohort: COHORT}\n',
)


def test_a_panel_may_have_no_member_list_and_then_no_retention(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="found retention without a member list, expected a roster"):
        read_survey(write_survey(tmp_path, change=(*IDS, "roster: from_waves\n")))


def test_a_crosswalk_names_the_id_column_of_each_wave(tmp_path: Path) -> None:
    crosswalk = 'ids: of_each_wave\ncrosswalk: {file: "links*.csv", ids: {roster: MEMBER, w01: ID_1, w02: ID_2}}\n'
    survey = read_survey(write_survey(tmp_path, change=(*IDS, IDS[1] + crosswalk)))
    assert survey.crosswalk is not None
    assert survey.crosswalk.ids == {"roster": "MEMBER", "w01": "ID_1", "w02": "ID_2"}
    assert survey.known_from == {"roster", "crosswalk"}


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ("ids: of_each_wave\ncrosswalk: {file: l.csv, ids: {w01: A, w09: B}}\n", "'w09', expected a wave, or roster"),
        ("ids: of_each_wave\ncrosswalk: {file: l.csv, ids: {w01: A}}\n", "found 1 id columns, expected two or more"),
        ("crosswalk: {file: l.csv, ids: {w01: A, w02: B}}\n", "found a crosswalk, expected 'ids: of_each_wave'"),
        ("ids: of_every_wave\n", "'of_every_wave'"),
    ],
)
def test_a_slip_in_a_crosswalk_is_named(tmp_path: Path, declared: str, fault: str) -> None:
    with pytest.raises(DefinitionError, match=fault):
        read_survey(write_survey(tmp_path, change=(*IDS, IDS[1] + declared)))


def test_links_in_a_wave_need_ids_of_each_wave(tmp_path: Path) -> None:
    change = ("waves/w02.yml", "  constants:", "  linked_ids: {w01: OLD_ID}\n  constants:")
    with pytest.raises(DefinitionError, match="found linked_ids, expected 'ids: of_each_wave'"):
        read_survey(write_survey(tmp_path, change=change))
