"""CSV as platforms and spreadsheets write it: decimal commas, old encodings, thousands of columns."""

import time
from pathlib import Path

import pytest

from pipeline.wave_files import Delivery, Said, read_delivery
from pipeline.wave_files.text_encoding import CONTROL, count_of, may_hold_controls


def read(folder: Path, content: str | bytes, said: Said | None = None) -> Delivery:
    path = folder / "w.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_delivery(path, expected_columns=("id",), said=said)


def test_letters_garbled_before_the_file_was_written_are_told(tmp_path: Path) -> None:
    path = tmp_path / "w01.csv"
    path.write_text("id,q1\n1,Itâ€™s a cafÃ©\n2,SÃO PAULO\n", encoding="utf-8")
    (note,) = read_delivery(path, expected_columns=("id", "q1")).notes
    assert "garbled before the file was written, such as “Ã©” for “é”: 2 times" in note


def test_decimal_commas_of_a_semicolon_file_become_points(tmp_path: Path) -> None:
    delivery = read(tmp_path, "id;hours;pay;why\n1;3,5;1.234,50;a,b\n2;-8;2.000;1,5\n3;;;\n")
    assert delivery.frame.rows() == [
        (1, "1", "3.5", "1234.50", "a,b"),
        (2, "2", "-8", "2000", "1,5"),
        (3, "3", *[None] * 3),
    ]
    assert delivery.notes[0].startswith("2 columns have decimal commas, read as numbers: hours, pay;")


def test_pairs_of_answers_are_no_decimals_where_the_definition_says_words(tmp_path: Path) -> None:
    content = "id;choices;hours\n1;1,3;2,5\n2;2;4\n3;1,2;1\n"
    found = read(tmp_path, content, Said(words=frozenset({"choices"}))).frame
    assert found["choices"].to_list() == ["1,3", "2", "1,2"]
    assert found["hours"].to_list() == ["2.5", "4", "1"]


@pytest.mark.parametrize(
    ("content", "declared", "hours"),
    [
        ("id;hours\n1;3,5\n", False, "3,5"),
        ('id,hours\n1,"3,5"\n', None, "3,5"),
        ('id,hours\n1,"3,5"\n', True, "3.5"),
    ],
)
def test_a_definition_decides_over_decimal_commas(
    tmp_path: Path, content: str, declared: bool | None, hours: str
) -> None:
    assert read(tmp_path, content, Said(decimal_comma=declared)).frame["hours"].to_list() == [hours]


def test_an_encoding_that_bytes_cannot_tell_is_declared(tmp_path: Path) -> None:
    content = "id;q1\n1;Zürich\n".encode("mac_roman")
    assert read(tmp_path, content, Said(encoding="mac_roman")).frame["q1"].to_list() == ["Zürich"]


def test_five_thousand_columns_are_read_in_seconds(tmp_path: Path) -> None:
    names = ",".join(["id", *(f"q{number}" for number in range(4999))])
    row = ",".join(["1"] * 5000)
    content = names + "\n" + (row + "\n") * 2000
    started = time.monotonic()
    assert read(tmp_path, content).frame.shape == (2000, 5001)
    assert time.monotonic() - started < 30  # 3 s alone; the tests may share two cores


@pytest.mark.parametrize("place", [0, 300_000, 599_999])
def test_every_control_character_is_found_wherever_it_stands(place: int) -> None:
    text = b"a" * 600_000
    found = [may_hold_controls(text[:place] + bytes([one]) + text[place + 1 :], "utf-8") for one in range(256)]
    assert found == [CONTROL.match(chr(one)) is not None for one in range(256)]


def test_delimiters_are_counted_over_the_whole_of_a_large_file() -> None:
    assert count_of(ord(";"), b"1;22;3\n" * 100_000) == 200_000
