"""Mailings in survey.yml: what they may say, slips in them, and whose delivery a file of them is."""

from pathlib import Path

import pytest

from pipeline.deliveries import Owner, match, named, part_now, part_of
from pipeline.errors import DefinitionError
from pipeline.rules import rules_for_mailings, rules_for_wave
from pipeline.survey_files import read_survey
from tests.survey_folder import write_survey
from tests.unit.test_written_definitions import written

MAILINGS = """\
mailings:
  file: "mailings/*.csv"
  columns: {panel_member_id: ID, invited_to: CAMPAIGN, invited_at: SENT, outcome: STATUS}
  optional_columns: {opened_at: OPENED}
  invited_at_format: "%d.%m.%Y %H:%M"
  waves: {"Spring 2025": w02}
  undeliverable: ["bounced", "returned"]
  row_tolerance: 0.02
retention:"""


def changed(tmp_path: Path, text: str = MAILINGS) -> Path:
    return write_survey(tmp_path, change=("survey.yml", "retention:", text))


def test_mailings_name_columns_waves_and_outcomes_and_are_written_again(tmp_path: Path) -> None:
    folder = changed(tmp_path / "given")
    survey = read_survey(folder)
    assert survey.mailings is not None
    assert survey.mailings.waves == {"w01": "w01", "w02": "w02", "Spring 2025": "w02"}
    assert (survey.mailings.undeliverable, survey.mailings.row_tolerance) == (("bounced", "returned"), 0.02)
    assert survey.mailings.source.completed_at_format == "%d.%m.%Y %H:%M"
    assert written(survey, tmp_path / "written", like=folder) == survey


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("invited_to: CAMPAIGN, ", "", "no 'invited_to' under columns"),
        ("panel_member_id: ID, ", "", "no 'panel_member_id' under columns"),
        ("outcome: STATUS", "status: STATUS", "'status', expected what a column of mailings may mean"),
        (", outcome: STATUS", "", "'undeliverable' without an 'outcome'"),
        ('"Spring 2025": w02', '"Spring 2025": w9', "'w9', expected a wave"),
        ("row_tolerance: 0.02", "row_tolerance: 2", "expected a share from 0 to 1"),
        ("undeliverable:", "undelivered:", "undelivered"),
    ],
)
def test_slips_are_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read_survey(changed(tmp_path, MAILINGS.replace(old, new)))
    assert told in str(caught.value)


def test_each_file_of_mailings_adds_to_the_others_and_corrects_one_of_its_name(tmp_path: Path) -> None:
    survey = read_survey(changed(tmp_path))
    first = match("mailings/march.csv", [survey])
    assert first == Owner("small", "mailings", "/march.csv")
    assert first != match("mailings/april.csv", [survey])
    assert (part_of("/march.csv"), named("mailings", "/march.csv")) == ("", "mailings (march.csv)")
    assert part_now(survey, "mailings", "mailings/march.csv", "/march.csv") == "/march.csv"
    assert match("march.csv", [survey]) is None


def test_rules_of_mailings_and_of_the_waves_beside_them(tmp_path: Path) -> None:
    survey = read_survey(changed(tmp_path))
    codes = [rule.code for rule in rules_for_mailings(survey)]
    assert codes == [
        "row-count", *["required-column"] * 4, "id-present", "member-known", "wave-known", "date-format",
        "invited-first",
    ]  # fmt: skip
    of_wave = {rule.code for rule in rules_for_wave(survey, survey.wave("w01"))}
    assert {"member-invited", "invited-first"} <= of_wave
    plain = read_survey(write_survey(tmp_path / "plain"))
    assert rules_for_mailings(plain) == ()
    assert "invited-first" not in {rule.code for rule in rules_for_wave(plain, plain.wave("w01"))}
