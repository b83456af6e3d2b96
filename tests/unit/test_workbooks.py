"""Workbooks: the table among titles and notes, cells as text, errors by row and column; bombs are refused unopened."""

import datetime as dt
import os
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, Said, read_delivery

PROJECT = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("PANEL_REAL_DATA") or PROJECT.parent / "shared" / "data")


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a workbook with a cover, a table among titles and notes, an old table and a hidden sheet."""
    path = tmp_path_factory.mktemp("books") / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        clock = book.add_format({"num_format": "hh:mm:ss"})
        book.add_worksheet("Cover").write(0, 0, "Wave 1")
        sheet = book.add_worksheet("Answers")
        sheet.write(2, 1, "Answers of wave 1")
        sheet.write_row(4, 1, ["id", "q1", "day", "when", "clock", "sum", "", "late"])
        sheet.write_string(5, 1, "007")
        sheet.write(5, 2, 1.0)
        sheet.write_datetime(5, 3, dt.datetime(2025, 3, 4), day)
        sheet.write_datetime(5, 4, dt.datetime(2025, 3, 4, 10, 5, 6), moment)
        sheet.write(5, 5, 0.5, clock)
        sheet.write_formula(5, 6, "=1+1", value=2)
        sheet.write_formula(5, 8, "=NA()", value="#N/A")
        sheet.write_row(7, 1, [8, 2.5])
        sheet.write(9, 1, "Source: the platform")
        other = book.add_worksheet("Other")
        other.write_row(0, 0, ["id", "x"])
        other.write_row(1, 0, ["1", "2"])
        hidden = book.add_worksheet("Hidden")
        hidden.write_row(0, 0, ["id", "q1", "day"])
        hidden.write_row(1, 0, ["1", "2", "3"])
        hidden.hide()
    return path


def read(path: Path, said: Said | None = None) -> Delivery:
    return read_delivery(path, expected_columns=("id", "q1", "day"), said=said)


def test_the_table_is_found_and_its_cells_are_text(messy: Path) -> None:
    delivery = read(messy)
    assert delivery.format == "excel"
    assert delivery.frame.columns == ["row_number", "id", "q1", "day", "when", "clock", "sum", "late"]
    assert delivery.frame.rows() == [
        (1, "007", "1", "2025-03-04", "2025-03-04T10:05:06", "12:00:00", "2", "#N/A"),
        (2, *[None] * 7),
        (3, "8", "2.5", *[None] * 5),
    ]


def test_what_is_left_out_and_errors_are_told(messy: Path) -> None:
    assert read(messy).notes == (
        "sheet 'Answers' of 3",
        "the column names are in row 5",
        "rows below the table, which are notes, were left out: 1",
        "errors in cells: #N/A in row 6, column late",
    )


def test_a_definition_may_name_sheet_and_header_row(messy: Path) -> None:
    assert read_delivery(messy, said=Said(sheet="Other")).frame.rows() == [(1, "1", "2")]
    assert read_delivery(messy, said=Said(sheet="Hidden", header_row=1)).frame.rows() == [(1, "1", "2", "3")]
    with pytest.raises(DeliveryError, match="there is no sheet 'W1', found Cover, Answers, Other, Hidden"):
        read(messy, Said(sheet="W1"))
    with pytest.raises(DeliveryError, match="row 4 of sheet 'Answers' is empty, expected the column names"):
        read(messy, Said(sheet="Answers", header_row=4))


def test_headings_over_two_rows_are_joined_and_notes_left_out() -> None:
    path = REAL_DATA / "survey_formats" / "messy_excel" / "scotland_census_2022_table_builder.xlsx"
    if not path.is_file():
        pytest.skip("the workbook is not here: set PANEL_REAL_DATA to the folder that holds it")
    frame = read_delivery(path).frame
    assert frame.columns[2:4] == ["Intermediate Zone - Data Zone 2011", "All occupied households"]
    assert frame.height == frame["Intermediate Zone - Data Zone 2011"].n_unique() == 6976  # data zones of Scotland
    assert frame.row(0)[2:] == ("S01006506", "491", "144", "213", "128", "7")
    assert frame.row(-1)[2:] == ("S01013481", "393", "221", "120", "51", "4")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["id", "q1", "q1"], ["1", "2", "3"]], "more than one column is named q1"),
        ([["id", "q1"], ["1", "2", "3"]], "has cells and no name in row 1"),
        ([["id", "q1"]], "no row below them"),
        ([["a", "b"], ["1", "2"]], "none of the columns id, q1, day is in row 1; found a, b"),
        ([], "no visible sheet holds anything"),
    ],
)
def test_a_sheet_that_is_no_table_is_refused(tmp_path: Path, rows: list[list[str]], message: str) -> None:
    with xlsxwriter.Workbook(tmp_path / "w.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    with pytest.raises(DeliveryError, match=message):
        read(tmp_path / "w.xlsx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, messy: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(messy) as good, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as parts:
        for name in good.namelist():
            parts.writestr(name, good.read(name))
        parts.writestr("xl/worksheets/sheet9.xml", b" " * 50_000_000)
    with pytest.raises(DeliveryError, match=r"bomb\.xlsx: .* bytes unpack to 50,"):
        read(bomb)


def test_a_sheet_of_endless_empty_cells_is_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "w.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "q1"])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(DeliveryError, match="sheet1 spans 1,048,576 rows of 16,384 columns with 3 cells in use"):
        read(tmp_path / "w.xlsx")


def test_a_workbook_that_is_cut_off_is_refused(tmp_path: Path, messy: Path) -> None:
    whole = messy.read_bytes()
    for kept in range(40, len(whole), len(whole) // 40):
        (tmp_path / "w.xlsx").write_bytes(whole[:kept])
        with pytest.raises(DeliveryError, match=r"^w\.xlsx: "):
            read(tmp_path / "w.xlsx")
