"""The parts of a wave's delivery in waves/*.yml: what a part inherits, changes and leaves out, and slips in them."""

from pathlib import Path

import pytest

from pipeline.definitions import Survey
from pipeline.deliveries import Owner, match, missing_parts, part_now
from pipeline.errors import DefinitionError
from pipeline.rules import rules_for_part
from pipeline.survey_files import read_survey
from tests.survey_folder import write_survey

WHOLE = """\
  file: "small_w01*.csv"
  columns: {panel_member_id: ID, completed_at: DONE}
"""
PARTS = """\
  columns: {panel_member_id: ID}
  both_answered: [paper, web, late]
  parts:
    web: {file: "small_w01_web.csv", mode: "web", columns: {completed_at: DONE}}
    paper:
      file: "small_w01_paper.csv"
      mode: "paper"
      columns: {panel_member_id: NUMBER}
      complete_when: {column: SENT, in: ["1"]}
      encoding: cp1252
      items: {trust: {column: F1, recode: {"1": "3", "3": "1"}}, amount: F2, remark: null}
    late: {file: "late/*.csv", mode: "paper", adds: true}
"""
FILE = "waves/w01.yml"


def written(tmp_path: Path, parts: str = PARTS) -> Survey:
    return read_survey(write_survey(tmp_path, change=(FILE, WHOLE, parts)))


def test_a_part_has_what_its_wave_says_and_what_it_says_otherwise(tmp_path: Path) -> None:
    wave = written(tmp_path).wave("w01")
    web, paper = wave.in_part("web"), wave.in_part("paper")
    assert web.source.columns == {"panel_member_id": "ID", "completed_at": "DONE"}
    assert paper.source.columns == {"panel_member_id": "NUMBER"}
    assert (web.source.encoding, paper.source.encoding) == (None, "cp1252")
    assert web.source.complete_when is not None
    assert web.source.complete_when.column == "STATUS"
    assert paper.source.complete_when is not None
    assert paper.source.complete_when.column == "SENT"
    assert (paper.mode, wave.both_answered) == ("paper", ("paper", "web", "late"))


def test_a_part_places_items_elsewhere_with_codes_of_its_own_or_does_not_ask_them(tmp_path: Path) -> None:
    wave = written(tmp_path).wave("w01")
    assert [one.item for one in wave.in_part("web").items] == ["trust", "amount", "hours", "remark"]
    placed = {one.item: one for one in wave.in_part("paper").items}
    assert {item: one.column for item, one in placed.items()} == {"trust": "F1", "amount": "F2", "hours": "Q3"}
    assert placed["trust"].recode == {"1": "3", "3": "1"}
    assert placed["amount"].recode == {"little": "a little"}, "the wave's, as the part declares none"


def test_a_wave_in_one_piece_is_one_part_without_a_name(tmp_path: Path) -> None:
    (part,) = written(tmp_path).wave("w02").delivered_parts
    assert (part.part, part.source.file) == ("", "small_w02.csv")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("[paper, web, late]", "[paper, web]", "2 of 3 parts in 'both_answered', expected each part once"),
        ("[paper, web, late]", "[papers, web, late]", "found 'papers', expected a part of the wave"),
        ('web: {file: "small_w01_web.csv", ', "web: {", "found no 'file', expected file: text"),
        ("amount: F2", "amonut: F2", "found 'amonut', expected an item of the wave"),
        ("small_w01_paper.csv", "small_w01_web.csv", "'small_w01_web.csv' for w01 web and w01 paper"),
        ("columns: {panel_member_id: ID}\n", 'file: "x.csv"\n', "'file' beside 'parts', expected a file in each part"),
        ("adds: true", "ads: true", "unknown key 'ads'"),
    ],
)
def test_a_slip_names_file_and_fix(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(DefinitionError) as error:
        written(tmp_path, PARTS.replace(old, new))
    assert "small/waves/w01.yml" in str(error.value) or "survey.yml" in str(error.value)
    assert fault in str(error.value)


def test_each_file_of_a_part_that_adds_is_one_of_its_own(tmp_path: Path) -> None:
    survey = written(tmp_path)
    assert match("small_w01_web.csv", [survey]) == Owner("small", "w01", "web")
    assert match("late/b.csv", [survey]) == Owner("small", "w01", "late/b.csv")


def test_a_stored_delivery_is_the_part_that_its_name_fits_or_the_one_it_was(tmp_path: Path) -> None:
    survey = written(tmp_path)
    assert part_now(survey, "w01", "small_w01_paper.csv", "") == "paper", "the wave came in one piece before"
    assert part_now(survey, "w01", "old name.csv", "web") == "web"
    assert part_now(survey, "w01", "small_w01.csv", "") is None, "nobody says which part it is"
    assert part_now(survey, "w02", "renamed.csv", "") == ""


def test_only_parts_that_supersede_are_waited_for(tmp_path: Path) -> None:
    wave = written(tmp_path).wave("w01")
    assert missing_parts(wave, ["web", "late/b.csv"]) == ("paper",)
    assert missing_parts(wave, ["web", "paper"]) == ()


def test_margins_are_judged_over_the_whole_wave_and_one_part_each_only_without_an_order(tmp_path: Path) -> None:
    survey = written(tmp_path)
    wave = survey.wave("w01")
    codes = {rule.code for rule in rules_for_part(survey.in_part("w01", "web"), wave.in_part("web"), wave.parts[0])}
    assert not codes & {"margin-category", "one-part"}
    unordered = written(tmp_path / "again", PARTS.replace("  both_answered: [paper, web, late]\n", "")).wave("w01")
    rules = rules_for_part(survey.in_part("w01", "web"), unordered.in_part("web"), unordered.parts[0])
    assert [rule.part for rule in rules if rule.code == "one-part"] == ["web"]
