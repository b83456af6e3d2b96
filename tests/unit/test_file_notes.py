"""What is read of a file otherwise than one might expect is told: in the dry run, and as rows of the checks."""

from datetime import datetime

from pipeline.rules import FILE_NOTE
from pipeline.validation import ValidationReport, check_rows


def test_a_note_on_the_file_is_a_row_of_the_checks() -> None:
    report = ValidationReport("s", "w1", "w1.csv", (), 12, 0.0, 0.1)
    found = check_rows([report], "run", datetime(2025, 1, 1), ["2 columns have decimal commas"])
    assert found.select("rule", "severity", "success", "n_checked", "n_failed", "message").rows() == [
        (FILE_NOTE, "info", True, 12, 0, "2 columns have decimal commas")
    ]
