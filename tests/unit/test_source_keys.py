"""What a definition may say of a delivered file where its content does not tell, and how a slip is reported."""

from pathlib import Path

import pytest

from pipeline.errors import DefinitionError
from pipeline.survey_files import read_survey
from tests.survey_folder import write_survey

LINE = '  file: "small_w02.csv"\n'


def test_a_source_says_format_encoding_sheet_header_row_and_decimal_comma(tmp_path: Path) -> None:
    said = "  format: excel\n  encoding: mac_roman\n  sheet: Data\n  header_row: 3\n  decimal_comma: true\n"
    source = read_survey(write_survey(tmp_path, change=("waves/w02.yml", LINE, LINE + said))).wave("w02").source
    assert (source.format, source.encoding, source.sheet) == ("excel", "mac-roman", "Data")
    assert (source.header_row, source.decimal_comma) == (3, True)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("format: exel", "waves/w02.yml, line 6, 'source.format': found 'exel', expected a format of deliveries"),
        ("encoding: utf9", "line 6, 'source.encoding': found 'utf9', expected an encoding"),
        ("header_row: 0", "line 6, 'source.header_row': found '0', expected a whole number from 1"),
        ("decimal_comma: yes", "line 6, 'source.decimal_comma': found 'yes', expected true or false"),
    ],
)
def test_a_slip_names_file_line_and_fix(tmp_path: Path, said: str, fault: str) -> None:
    folder = write_survey(tmp_path, change=("waves/w02.yml", LINE, f"{LINE}  {said}\n"))
    with pytest.raises(DefinitionError) as error:
        read_survey(folder)
    assert fault in str(error.value)
