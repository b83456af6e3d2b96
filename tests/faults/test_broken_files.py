"""A file that cannot be read is refused in plain words: which file, where, found, expected, what to do."""

import gzip
from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.wave_files import read_delivery

COLUMNS = ("id", "q1")
WHOLE = gzip.compress(b"id,q1\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(500)))

FAULTS = [
    ("empty", b"", "the file is empty, expected a header and rows"),
    ("only spaces", b" \n\n \n", "the file is empty"),
    ("only a mark of UTF-8", b"\xef\xbb\xbf", "the file is empty"),
    ("only a header", b"id,q1\n", "there is a header and no row below it"),
    ("only a header and blank rows", b"id,q1\n,\n\n", "there is a header and no row below it"),
    (
        "a delimiter we do not know",
        b"id^q1\n1^2\n",
        "no delimiter fits, line 1 was read as one column, 'id^q1'; expected a comma, semicolon, tab or | between "
        "columns and names such as id, q1",
    ),
    ("one long column", b"id " + b"x" * 99 + b"\n1\n", "'id " + "x" * 57 + "…'"),
    ("answers in line 1, one column", b"0009 Male\n0010 Male\n", "and has none of the expected names"),
    (
        "answers in line 1",
        b"0009,Male\n0010,Male\n",
        "none of the columns id, q1 is in line 1; found 2 cells that are no",
    ),
    ("other names", b"member,answer\n1,2\n", "none of the columns id, q1 is in line 1; found member, answer."),
    ("too few cells", b"id,q1\n1,a\n2\n3,c\n", "row 2 has 1 cells, expected 2 as in the header"),
    ("too many cells", b"id,q1\n1,a\n2,b,c\n", "row 2 has 3 cells, expected 2"),
    ("many ragged rows", b"id,q1\n" + b"1\n" * 6, "row 1 has 1, row 2 has 1, row 3 has 1 cells and 3 more rows"),
    ("a name twice", b"id,q1,q1\n1,2,3\n", "more than one column is named q1, expected each name once"),
    ("cells without a name", b"id,,q1\n1,2,3\n", "column 2 has cells and no name in line 1"),
    ("our own name", b"id,q1,row_number\n1,2,3\n", "a column is named row_number"),
    ("a quote never closed", b'id,q1\n1,"a\n2,b\n', "a quotation mark is out of place or never closed in line 3"),
    ("a quote never closed in a long file", b'id,q1\n1,"a\n' + b"2,b\n" * 50_000, "never closed in line"),
    ("a quote closed too early", b'id,q1\n1,"a"b\n', "a quotation mark is out of place or never closed in line 2"),
    ("a quote out of place in line 1", b'"id"x,q1\n1,2\n', "a quotation mark out of place"),
    ("a NUL", b"id,q1\n1,a\n2,\x00\n", "line 3 holds a control character (code 0), so this is not plain text"),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is not plain text"),
    ("two encodings", "id,q1\n1,é\n".encode() + "2,é\n".encode("cp1252"), "line 3 holds a byte that is not UTF-8"),
    ("random bytes", b"id,q1\n\xff\xc3\xa9\x01\n", "line 2 holds a byte that is not UTF-8, and there are control char"),
    ("a description of columns", b"<?xml version='1.0'?><sss/>", "this is XML, expected a table. If it describes the"),
    ("no known encoding", b"id,q1\n1,\x81\n", "line 2 holds a byte that is neither UTF-8 nor Windows-1252"),
    ("cut-off UTF-16", "id,q1\n1,a\n".encode("utf-16")[:-1], "is not UTF-16, as the file's start says"),
    ("cut-off gzip", WHOLE[:-200], "the compressed file is cut off or damaged"),
    ("damaged gzip", WHOLE[:300] + b"!!!!" + WHOLE[304:], "the compressed file is cut off or damaged"),
    ("an Excel workbook", b"PK\x03\x04xl/workbook.xml", "the workbook is cut off, damaged or locked"),
    ("a damaged SPSS file", b"$FL2@(#) SPSS DATA FILE", "cannot be read: "),
    ("a web page", b"\n<!doctype HTML><html>Log in</html>", "this is a web page"),
]


@pytest.mark.parametrize(("content", "expected"), [one[1:] for one in FAULTS], ids=[one[0] for one in FAULTS])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "w01.csv"
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as error:
        read_delivery(path, expected_columns=COLUMNS)
    assert str(error.value).startswith("w01.csv: ")
    assert expected in str(error.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"0009 Male yes\n", b"0009,Male\n1,2\n", b"0009,Male,Male\n1,2,3\n"])
def test_answers_in_place_of_a_header_are_not_repeated(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w01.csv").write_bytes(content)
    with pytest.raises(DeliveryError) as error:
        read_delivery(tmp_path / "w01.csv", expected_columns=COLUMNS)
    assert "0009" not in str(error.value)
    assert "Male" not in str(error.value)


def test_without_expected_columns_line_1_is_shown(tmp_path: Path) -> None:
    (tmp_path / "w01.csv").write_bytes(b"id^q1\n1^2\n")
    with pytest.raises(DeliveryError, match=r"'id\^q1'; expected a comma, semicolon, tab or \| between columns\."):
        read_delivery(tmp_path / "w01.csv")


def test_messages_use_the_name_the_file_came_with(tmp_path: Path) -> None:
    (tmp_path / "3fa9.csv").write_bytes(b"")
    with pytest.raises(DeliveryError, match=r"^panel_w03\.csv: "):
        read_delivery(tmp_path / "3fa9.csv", file_name="panel_w03.csv")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"w09\.csv: No such file or directory"):
        read_delivery(tmp_path / "w09.csv")
