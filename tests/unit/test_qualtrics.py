"""A Qualtrics export is its answers, under the names of line 1, with the question texts as labels."""

from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, read_delivery
from tests.unit.wave_formats_data import real

NAMES = "ResponseId,StartDate,Q5_1,Q5_2,Q6_1,Q6_2"
TEXTS = (
    'Response ID,Start Date,"Which of\nthese? - Selected Choice - Radio",Which of these? - Selected Choice - Web,'
    "How far? - Council,How far? - Police"
)
IDS = ",".join(
    f'"{{""ImportId"":""{one}""}}"' for one in ("_recordId", "startDate", "QID5_1", "QID5_2", "QID6_1", "QID6_2")
)
IMPORT_ID_OF_START = '"{""ImportId"":""startDate""}"'
ROWS = "R_1,2025-03-03 09:00:00,1,,4,5\nR_2,2025-03-04 09:00:00,1,1,2,\n"


def read(folder: Path, text: str, encoding: str = "utf-8") -> Delivery:
    (folder / "export").write_bytes(text.encode(encoding))
    return read_delivery(folder / "export")


def test_the_header_rows_become_labels_and_rows_are_numbered_below_them(tmp_path: Path) -> None:
    delivery = read(tmp_path, f"{NAMES}\n{TEXTS}\n{IDS}\n{ROWS}")
    assert delivery.frame.select("row_number", "ResponseId").rows() == [(1, "R_1"), (2, "R_2")]
    assert delivery.variables[2].label == "Which of these? - Selected Choice - Radio"
    assert delivery.variables[1].kind == "date"


def test_choices_of_one_question_are_a_set_and_a_matrix_is_not(tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"{NAMES}\n{TEXTS}\n{IDS}\n{ROWS}").multiple_responses
    assert (found.name, found.label) == ("Q5", "Which of these?")
    assert (found.columns, found.counted) == (("Q5_1", "Q5_2"), "1")


def test_choice_texts_are_a_set_whose_columns_hold_the_answer(tmp_path: Path) -> None:
    rows = "R_1,2025-03-03 09:00:00,Radio,,Near,Far\nR_2,2025-03-04 09:00:00,Radio,Web,Far,\n"
    (found,) = read(tmp_path, f"{NAMES}\n{TEXTS}\n{IDS}\n{rows}").multiple_responses
    assert (found.columns, found.counted) == (("Q5_1", "Q5_2"), None)


def test_tabs_in_utf_16_are_read_alike(tmp_path: Path) -> None:
    tabs = f"{NAMES}\n{TEXTS}\n".replace(",", "\t") + IDS.replace(",", "\t") + "\n" + ROWS.replace(",", "\t")
    delivery = read(tmp_path, tabs, "utf-16")
    assert (delivery.encoding, delivery.frame.height, delivery.format) == ("utf-16", 2, "qualtrics")


def test_names_alone_are_an_ordinary_table(tmp_path: Path) -> None:
    delivery = read(tmp_path, f"{NAMES}\n{ROWS}")
    assert (delivery.format, delivery.frame.height, delivery.variables) == ("csv", 2, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{NAMES}\n{IDS}\n{ROWS}", "question texts"),
        (f"{NAMES}\n{TEXTS}\n{IDS}\n", "no answer below"),
        (f"{NAMES}\n{TEXTS}\n{IDS.replace(IMPORT_ID_OF_START, 'start')}\n{ROWS}", "line 3, column 'StartDate'"),
    ],
)
def test_missing_header_rows_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)


def test_real_exports_of_both_kinds_are_read() -> None:
    current, legacy = (read_delivery(real(f"qualtrics/{name}.csv")) for name in ("sample", "sample_legacy"))
    assert (current.frame.height, current.frame["Q1"].to_list()) == (1, ["2"])
    assert (legacy.frame.height, legacy.frame["Q2"].to_list()) == (1, ["Hello World!"])
    assert current.variables[-3].label == legacy.variables[10].label == "This is a multiple choice question."
