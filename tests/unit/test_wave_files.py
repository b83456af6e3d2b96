"""A delivered file arrives as it was sent: all text, rows numbered, blanks null."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.wave_files import Delivery, read_delivery

COLUMNS = ("id", "q1")


def read(folder: Path, content: str | bytes, *, name: str = "w01.csv", expected: tuple[str, ...] = COLUMNS) -> Delivery:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_delivery(path, expected_columns=expected)


def test_leading_zeros_stay_and_blanks_are_null(tmp_path: Path) -> None:
    frame = read(tmp_path, "id,q1,q2\n0009,1,\n0010, ,2\n").frame
    assert frame.rows() == [(1, "0009", "1", None), (2, "0010", None, "2")]
    assert frame.schema == {"row_number": pl.Int32, "id": pl.String, "q1": pl.String, "q2": pl.String}


def test_columns_keep_their_order_and_lose_outer_spaces(tmp_path: Path) -> None:
    frame = read(tmp_path, " q1 ,id\n yes ,a b \n").frame
    assert frame.columns == ["row_number", "q1", "id"]
    assert frame.rows() == [(1, "yes", "a b")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    delivery = read(tmp_path, f"id{delimiter}q1\n1{delimiter}a\n")
    assert delivery.delimiter == delimiter
    assert delivery.frame.rows() == [(1, "1", "a")]


def test_expected_columns_decide_between_delimiters(tmp_path: Path) -> None:
    delivery = read(tmp_path, 'id;q1;"why, in short"\n1;a;"x, y, z"\n')
    assert (delivery.delimiter, delivery.frame.rows()) == (";", [(1, "1", "a", "x, y, z")])


def test_without_expected_columns_rows_of_one_length_decide(tmp_path: Path) -> None:
    delivery = read(tmp_path, "a;b,c\n1;2\n3;4,5,6\n7;8\n", expected=())
    assert delivery.delimiter == ";"


def test_the_delimiter_that_excel_declares_is_used(tmp_path: Path) -> None:
    delivery = read(tmp_path, "sep=;\nid;q1\n1;a,b\n")
    assert (delivery.delimiter, delivery.frame.rows()) == (";", [(1, "1", "a,b")])


def test_a_single_column_is_read_when_it_is_the_one_expected(tmp_path: Path) -> None:
    assert read(tmp_path, "id\n1\n2\n", expected=("id",)).frame.rows() == [(1, "1"), (2, "2")]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_encoding_is_found(tmp_path: Path, encoding: str, found: str) -> None:
    delivery = read(tmp_path, "id,q1\n1,café\n".encode(encoding))
    assert (delivery.encoding, delivery.frame.rows()) == (found, [(1, "1", "café")])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(tmp_path: Path, line_end: str) -> None:
    assert read(tmp_path, f"id,q1{line_end}1,a{line_end}2,b").frame.height == 2


def test_quoted_cells_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    frame = read(tmp_path, 'id,q1\r\n"1","a, ""b""\r\nc"\r\n2,5" pipe\r\n').frame
    assert frame.rows() == [(1, "1", 'a, "b"\nc'), (2, "2", '5" pipe')]


def test_blank_rows_at_the_end_are_dropped_with_a_count(tmp_path: Path) -> None:
    delivery = read(tmp_path, "id,q1\n1,a\n,\n\n , \n")
    assert (delivery.frame.height, delivery.n_blank_rows_dropped) == (1, 3)


def test_blank_rows_in_between_keep_their_number(tmp_path: Path) -> None:
    frame = read(tmp_path, "id,q1\n\n1,a\n,\n2,b\n").frame
    assert frame.rows() == [(1, None, None), (2, "1", "a"), (3, None, None), (4, "2", "b")]


def test_blank_lines_above_the_header_do_not_count(tmp_path: Path) -> None:
    assert read(tmp_path, "\n \t\nid,q1\n1,a\n").frame.rows() == [(1, "1", "a")]


def test_blank_cells_beyond_the_header_are_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, "id,q1\n1,a,,\n2,b\n").frame.rows() == [(1, "1", "a"), (2, "2", "b")]
    assert read(tmp_path, "id,q1,\n1,a,\n").frame.columns == ["row_number", "id", "q1"]


@pytest.mark.parametrize("name", ["w01.csv.gz", "w01.csv"])
def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, gzip.compress(b"id,q1\n1,a\n"), name=name).frame.height == 1


def test_both_ways_of_reading_agree(tmp_path: Path) -> None:
    """Polars reads files without quotes, Python's csv those with: the same cells come out."""
    rng = np.random.default_rng(1)
    words = np.array(["", "0", "007", "yes", "é", " x ", "-8", "NA", "null", "1e5", "#x"])
    rows = rng.choice(words, size=(300, 5)).tolist()
    plain = "id,q1,c,d,e\n" + "\n".join(",".join(row) for row in rows) + "\nend,1,2,3,4\n"
    quoted = "id,q1,c,d,e\n" + "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows) + "\nend,1,2,3,4\n"
    assert read(tmp_path, plain).frame.equals(read(tmp_path, quoted).frame)


def test_a_file_of_many_rows_keeps_their_numbers(tmp_path: Path) -> None:
    n_rows = 120_000
    delivery = read(tmp_path, "id,q1\n" + "".join(f'{i},"a"\n' for i in range(n_rows)))
    assert delivery.frame["row_number"].to_list() == list(range(1, n_rows + 1))
    assert delivery.frame["id"][-1] == str(n_rows - 1)
