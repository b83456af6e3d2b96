"""A delivered file finds its survey and wave by its name."""

from pathlib import Path

import pytest

from pipeline.definitions import Survey
from pipeline.deliveries import Owner, match
from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from tests.survey_folder import write_survey


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    return read_survey(write_survey(tmp_path_factory.mktemp("surveys")))


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("members.csv", ("small", "roster")),
        ("small_w01.csv", ("small", "w01")),
        ("small_w01_final.csv", ("small", "w01")),
        ("small_w02.csv", ("small", "w02")),
        ("small_w03.csv", None),
        ("old/small_w02.csv", None),
        ("SMALL_W02.csv", None),
        ("small_w02.csv.gz", None),
    ],
)
def test_a_file_belongs_to_the_source_that_names_it(
    survey: Survey, file_name: str, expected: tuple[str, str] | None
) -> None:
    owner = match(file_name, [survey])
    assert (owner and (owner.survey, owner.source)) == expected


def test_a_pattern_does_not_reach_into_folders(tmp_path: Path) -> None:
    survey = read_survey(write_survey(tmp_path, change=("waves/w01.yml", "small_w01*.csv", "waves/*.csv")))
    assert match("waves/first.csv", [survey]) == Owner("small", "w01")
    assert match("waves/old/first.csv", [survey]) is None
    assert match("first.csv", [survey]) is None


def test_a_name_in_full_wins_over_a_pattern(tmp_path: Path) -> None:
    survey = read_survey(write_survey(tmp_path, change=("waves/w01.yml", "small_w01*.csv", "small_*.csv")))
    assert match("small_w02.csv", [survey]) == Owner("small", "w02")
    assert match("small_w03.csv", [survey]) == Owner("small", "w01")


def test_a_file_that_two_surveys_name_is_refused(tmp_path: Path, survey: Survey) -> None:
    other = read_survey(write_survey(tmp_path, change=("survey.yml", 'survey: "small"', 'survey: "other"')))
    with pytest.raises(DefinitionError, match=r"members\.csv: named by other roster, small roster, expected one"):
        match("members.csv", [survey, other])


def test_no_survey_names_nothing() -> None:
    assert match("members.csv", []) is None
