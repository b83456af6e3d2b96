"""Definitions drafted from real exports are read back without a fault, and the same export passes them."""

from pathlib import Path

import pytest

from flows.draft import draft_definition, words
from pipeline import survey_files, validation, wave_files
from pipeline.adoption.questions import draft
from pipeline.definitions import Survey
from pipeline.rules import rules_for_wave
from pipeline.validation.rows import DeliveryToValidate
from tests.unit.wave_formats_data import FORMATS

DATA = FORMATS.parent
SURVEY = """
survey: drafted
title: "Drafted"
member_ids: as_delivered
disclosure_profile: open
inference: not_representative
population: {name: "People", unit: persons, universe: "everyone"}
roster: {file: "members.csv", columns: {panel_member_id: id}}
"""
FILES = (
    *("ri_covid_panel/wave1_2020-07_BROW0013_RI.sav", "ri_covid_panel/wave3_2020-11_BROW0015_RI_and_US.sav"),
    *("ri_covid_panel/wave4_2020-12_BROW0016_RI.sav", "ri_covid_panel/wave5_2021-03_BROW0017_RI_and_US.sav"),
    *("gss_panel_2006/waves/wave1.csv.gz", "survey_formats/qualtrics/sample.csv"),
    *("survey_formats/spss_stata/sample.sav", "survey_formats/spss_stata/sample_missing.sav"),
    *("survey_formats/spss_stata/multiple_response_simple_alltypes.sav", "survey_formats/limesurvey/first.csv"),
)


def drafted_survey(path: Path, folder: Path) -> Survey:
    draft_definition(path, codebook=None, wave="w01", out=folder)
    (folder / "survey.yml").write_text(SURVEY, encoding="utf-8")
    return survey_files.read_survey(folder)


@pytest.fixture(scope="module")
def drafts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DeliveryToValidate]:
    if not DATA.exists():
        pytest.skip("the real exports are not here: set PANEL_REAL_DATA to the folder that holds them")
    found = {}
    for number, name in enumerate(FILES):
        survey = drafted_survey(DATA / name, tmp_path_factory.mktemp(f"draft{number}") / "drafted")
        frame = wave_files.read_delivery(DATA / name).frame.drop("row_number")
        ids = survey.waves[0].source.columns["panel_member_id"]
        members = frame[ids] if ids in frame.columns else frame.to_series(0)
        found[name] = DeliveryToValidate(
            survey=survey,
            source="w01",
            rules=rules_for_wave(survey, survey.waves[0]),
            file_name=Path(name).name,
            frame=frame,
            members=members,
        )
    return found


def test_a_file_passes_the_definitions_drafted_from_it(drafts: dict[str, DeliveryToValidate]) -> None:
    named = {
        name: one for name, one in drafts.items() if one.survey.waves[0].source.columns["panel_member_id"] in one.frame
    }
    assert len(named) >= len(FILES) - 3  # the samples of SPSS have no id
    reports = validation.validate(list(named.values()))
    broken = {name: list(report.faults) for name, report in zip(named, reports, strict=True) if report.is_held}
    assert broken == {}


def test_user_missing_codes_of_spss_keep_their_kind(drafts: dict[str, DeliveryToValidate]) -> None:
    survey = drafts[FILES[0]].survey
    missing = {option.code: option.missing for option in survey.items["q1"].options if option.missing}
    assert missing == {"8": "skipped", "9": "not_asked"}
    assert survey.items["q1"].wording == "Willing to get tested"
    assert survey.items["q8_1"].scale == survey.items["q8_2"].scale == "agree5"


def test_ids_times_and_weights_of_an_export_are_no_questions() -> None:
    if not DATA.exists():
        pytest.skip("the real exports are not here: set PANEL_REAL_DATA to the folder that holds them")
    found = draft(wave_files.read_delivery(DATA / FILES[0]), words())
    assert (found.id_column, found.completed_at) == ("caseid", "endtime")
    assert found.set_aside["weight"] == "weight"
    assert found.set_aside["starttime"] == "started_at"
