"""A wave's definition may name the codebook of its deliveries."""

from pathlib import Path

import pytest

from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from tests.survey_folder import write_survey

BEFORE = '  completed_at_format: "%d/%m/%Y"\n'


def folder(root: Path, written: str) -> Path:
    survey = write_survey(root, change=("waves/w01.yml", BEFORE, f'{BEFORE}  codebook: "{written}"\n'))
    (survey / "codebooks").mkdir()
    (survey / "codebooks" / "w01.sss").write_text("<sss/>", encoding="utf-8")
    return survey


def test_a_codebook_is_found_in_the_surveys_folder(tmp_path: Path) -> None:
    survey = folder(tmp_path, "codebooks/w01.sss")
    assert Path(read_survey(survey).wave("w01").source.codebook or "") == survey / "codebooks" / "w01.sss"
    assert read_survey(survey).wave("w02").source.codebook is None


@pytest.mark.parametrize("written", ["codebooks/w02.sss", "../elsewhere.sss", "codebooks"])
def test_a_codebook_that_is_not_there_is_named_with_file_and_line(tmp_path: Path, written: str) -> None:
    (tmp_path / "elsewhere.sss").write_text("<sss/>", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_survey(folder(tmp_path, written))
    assert f"small/waves/w01.yml, line 8, 'source.codebook': found '{written}'" in str(caught.value)
