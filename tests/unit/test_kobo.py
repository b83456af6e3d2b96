"""A KoBo or ODK export is read under its questions' names; its XLSForm gives labels and choices."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, read_delivery
from pipeline.wave_files.codebook_files import read_codebook
from tests.unit.wave_formats_data import real

SURVEY = [
    ("type", "name", "label::English (en)", "label::Cymraeg (cy)"),
    ("begin group", "home", "Home", "Cartref"),
    ("select_one yes_no or_other", "owner", "Do you own it?", "Chi biau?"),
    ("select_multiple heat", "heating", "How is it heated?", "Sut?"),
    ("end group", "", "", ""),
    ("integer", "age", "Age", "Oed"),
    ("date", "born", "Born", "Ganwyd"),
    ("begin repeat", "child", "Child", "Plentyn"),
    ("end repeat", "", "", ""),
]
CHOICES = [
    ("list_name", "name", "label::English (en)", "label::Cymraeg (cy)"),
    ("yes_no", "yes", "Yes", "Ie"),
    ("yes_no", "no", "No", "Na"),
    ("heat", "gas", "Gas", "Nwy"),
    ("heat", "oil", "Oil", "Olew"),
]
DATA = (
    "home/owner,home/heating,age,born,_id,_uuid,_submission_time\n"
    "yes,gas oil,50,1975-01-02,1,u1,2025-03-03T10:00:00\nno,,,,2,u2,2025-03-03T10:00:00\n"
)


def form(folder: Path, survey: list[tuple[str, ...]] = SURVEY, language: str = "") -> Path:
    path = folder / "form"
    with xlsxwriter.Workbook(path) as book:
        settings = [("form_title", "default_language"), ("T", language)]
        for name, rows in {"survey": survey, "choices": CHOICES, "settings": settings}.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def read(folder: Path, data: str = DATA, codebook: Path | None = None, expected: tuple[str, ...] = ()) -> Delivery:
    (folder / "export.csv").write_text(data, encoding="utf-8")
    return read_delivery(folder / "export.csv", codebook=codebook, expected_columns=expected)


def test_groups_are_taken_off_the_names_unless_the_definitions_have_them(tmp_path: Path) -> None:
    assert read(tmp_path).frame.columns[1:4] == ["owner", "heating", "age"]
    assert "home/owner" in read(tmp_path, expected=("home/owner",)).frame.columns


def test_one_name_in_two_groups_keeps_its_groups(tmp_path: Path) -> None:
    assert read(tmp_path, "a/q,b/q,_id,_uuid\n1,2,3,u\n").frame.columns[1:3] == ["a/q", "b/q"]


def test_split_choices_are_a_set(tmp_path: Path) -> None:
    delivery = read(tmp_path, "g/q,g/q/a,g/q/b,_id,_uuid\na,1,0,3,u\n")
    assert delivery.frame.columns[1:4] == ["q", "q/a", "q/b"]
    assert delivery.multiple_responses[0].columns == ("q/a", "q/b")


def test_the_form_gives_labels_choices_and_sets(tmp_path: Path) -> None:
    delivery = read(tmp_path, codebook=form(tmp_path))
    told = {one.name: one for one in delivery.variables}
    assert (told["owner"].label, told["owner"].values) == (
        "Do you own it?",
        {"yes": "Yes", "no": "No", "other": "Other"},
    )
    assert (told["age"].kind, told["born"].kind) == ("number", "date")
    assert delivery.frame.select("heating/gas", "heating/oil").rows() == [("1", "1"), (None, None)]
    (found,) = delivery.multiple_responses
    assert (found.name, found.label, found.counted) == ("heating", "How is it heated?", "1")
    assert "child repeats: its answers are in a table of their own in the export" in delivery.notes


def test_the_forms_own_language_is_read(tmp_path: Path) -> None:
    told = {one.name: one for one in read(tmp_path, codebook=form(tmp_path, language="Cymraeg (cy)")).variables}
    assert (told["owner"].label, told["owner"].values["no"]) == ("Chi biau?", "Na")


def test_labels_in_the_data_become_codes(tmp_path: Path) -> None:
    frame = read(tmp_path, DATA.replace("\nyes", "\nYes").replace("\nno", "\nNo"), codebook=form(tmp_path)).frame
    assert frame["owner"].to_list() == ["yes", "no"]


def test_headings_of_labels_are_read_under_their_codes(tmp_path: Path) -> None:
    data = (
        "Home/Do you own it?,Home/How is it heated?,Home/How is it heated?/Gas,Home/How is it heated?/Oil,_id,_uuid\n"
        "Yes,Gas,1,0,7,u1\n"
    )
    delivery = read(tmp_path, data, codebook=form(tmp_path), expected=("owner",))
    assert delivery.frame.columns[1:5] == ["owner", "heating", "heating/gas", "heating/oil"]
    assert delivery.frame.select("owner", "heating/gas", "heating/oil").rows() == [("yes", "1", "0")]
    assert [one.columns for one in delivery.multiple_responses] == [("heating/gas", "heating/oil")]


def test_a_list_that_the_form_lacks_is_named(tmp_path: Path) -> None:
    wrong = [*SURVEY, ("select_one lost", "q", "Q", "Q")]
    with pytest.raises(DeliveryError, match="question 'q' takes its answers from the list 'lost'"):
        read(tmp_path, codebook=form(tmp_path, wrong))


@pytest.mark.parametrize("content", [b"PK\x03\x04 damaged", b'{"content": ', b"{}"])
def test_a_damaged_form_is_refused(content: bytes) -> None:
    with pytest.raises(DeliveryError, match="form: "):
        read_codebook(content, "form")


@pytest.mark.parametrize("ending", ["xls", "xlsx"])
def test_real_forms_are_read(ending: str) -> None:
    path = real(f"kobo_xlsform/xlsforms__library-locking-example.{ending}")
    country, city = read_codebook(path.read_bytes(), path.name).variables
    assert (country.name, country.values) == ("country", {"canada": "Canada", "usa": "United States of America"})
    assert (city.label, len(city.values)) == ("Select your city", 4)


@pytest.mark.parametrize("name", ["customer_satisfaction", "grouped_translated"])
def test_real_submissions_are_read_with_their_form(tmp_path: Path, name: str) -> None:
    path = real(f"kobo_xlsform/{name}__v1.json")
    rows = json.loads(path.read_text(encoding="utf-8"))["submissions"]
    columns = sorted({column for row in rows for column in row if column != "_validation_status"})
    with (tmp_path / "export.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    if name == "customer_satisfaction":
        delivery = read_delivery(tmp_path / "export.csv", codebook=path)
        assert delivery.frame["customer_enjoyment"].to_list() == ["yes", "no", "no"]
        return
    delivery = read_delivery(tmp_path / "export.csv", codebook=path)
    question = "What_kind_of_symmetry_do_you_have"
    assert delivery.frame.select(pl.col(f"{question}/bilateral", f"{question}/radial")).rows() == [
        ("1", "1"), ("1", "0"), (None, None),
    ]  # fmt: skip
    told = {one.name: one for one in delivery.variables}
    assert told["Do_you_have_body_flu_intracellular_space"].values["no___unsure"] == "No / Unsure"
