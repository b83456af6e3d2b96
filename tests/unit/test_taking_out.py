"""A survey.yml without the weights and plans of waves that are not there."""

from pathlib import Path

from pipeline.survey_files import read_survey, without_waves
from tests.survey_folder import SURVEY, write_survey

TEXT = """\
# ours
weights:
  each: {waves: each}
  # of a year
  # and a day
  year:
    waves: [w01,
      w05]
    note: >-
      w05 in words

  # the last
  half: {waves: [w01, w03]}
changes:
  - {kind: net, weights: [each]}
  - kind: within_person
    weights: [year]
# who moves
transitions:
  - {items: [trust], weights: [year], pairs: [[w01, w05]]}
  - {items: [trust], weights: [year], pairs: [[w01, w05]]}

families: {all: {weights: [each]}}
"""
LEFT = """\
# ours
weights:
  each: {waves: each}
  # the last
  half: {waves: [w01, w03]}
changes:
  - {kind: net, weights: [each]}

families: {all: {weights: [each]}}
"""


def test_what_names_an_absent_wave_or_a_weight_that_does_goes_with_its_comments() -> None:
    assert without_waves(TEXT, ["w05"]) == LEFT


def test_nothing_goes_where_every_wave_is_there() -> None:
    assert without_waves(TEXT, ["w06"]) == TEXT


def test_what_is_left_is_read(tmp_path: Path) -> None:
    folder = write_survey(tmp_path)
    (folder / "waves" / "w02.yml").unlink()
    text = without_waves(SURVEY, ["w02"]).replace('columns: {w02: LEFT_2}, contains: "moved", ', "")
    (folder / "survey.yml").write_text(text, encoding="utf-8")
    survey = read_survey(folder)
    assert ([one.weight_id for one in survey.weights], survey.transitions) == (["wave_weight"], ())
