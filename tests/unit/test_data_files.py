"""Data files of analysts: what is read from each format, and what is written back."""

import os
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest

from pipeline.data_files import (
    NewColumns,
    read_table,
    read_targets,
    refuse_unwritable,
    write_rows_to,
    write_with_columns,
)
from pipeline.errors import DeliveryError, UsageError

PROJECT = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("PANEL_REAL_DATA") or PROJECT.parent / "shared" / "data")


def real_file(*parts: str) -> Path:
    path = REAL_DATA.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{'/'.join(parts)} is not here: set PANEL_REAL_DATA to the folder that holds it")
    return path


def spss_file(folder: Path) -> Path:
    """Write four answers to a labelled item, of which 8 and 9 are declared missing."""
    path = folder / "survey.sav"
    frame = pl.DataFrame(
        {"trust": [1.0, 2.0, 8.0, None], "name": ["a", "b", "c", "d"], "age": [20.0, 30.0, 40.0, 50.0]}
    )
    pyreadstat.write_sav(
        frame,
        path,
        variable_value_labels={"trust": {1: "Agree", 2: "Disagree", 3: "Neither", 8: "Don't know"}},
        missing_ranges={"trust": [{"lo": 8, "hi": 9}]},
        column_labels={"trust": "Trust in the council"},
    )
    return path


def ones(names: tuple[str, ...] = ("weight",)) -> NewColumns:
    return NewColumns(names, lambda rows: np.repeat(np.arange(rows.start, rows.stop)[None] * 1.0, len(names), axis=0))


def csv_file(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_cells_of_a_csv_stay_the_text_they_are(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, "area,age\n007,20\n010,\n"))
    assert table.frame["area"].to_list() == ["007", "010"]
    assert table.text("age").to_list() == ["20", None]


def test_a_quoted_empty_cell_is_missing(tmp_path: Path) -> None:
    assert read_table(csv_file(tmp_path, 'a,b\n"",1\nx,2\n')).text("a").to_list() == [None, "x"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    table = read_table(csv_file(tmp_path, f"a{delimiter}b\n1{delimiter}x\n2{delimiter}y\n"))
    assert table.frame.columns == ["a", "b"]


def test_a_csv_of_one_column_is_read(tmp_path: Path) -> None:
    assert read_table(csv_file(tmp_path, "y\n1\n0\n")).number("y").tolist() == [1.0, 0.0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    table = read_table(csv_file(tmp_path, "ort,n\nKöln,1\nBonn,2\n".encode(encoding)))
    assert table.text("ort").to_list() == ["Köln", "Bonn"]
    assert table.frame.columns == ["ort", "n"]


def test_windows_letters_far_into_the_file_are_read(tmp_path: Path) -> None:
    content = b"ort,n\n" + b"Bonn,1\n" * 20_000 + "Köln,2\n".encode("cp1252")
    assert read_table(csv_file(tmp_path, content)).text("ort")[-1] == "Köln"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.csv", "", "the file is empty"),
        ("data.csv", "a,b\n", "no row below the header"),
        ("data.ods", "x", r"files ending in '.ods' are not read"),
        ("data.parquet", "no parquet", "cannot be read"),
        ("data.sav", "no spss", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        read_table(csv_file(tmp_path, content, name))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"nothing\.csv: there is no such file"):
        read_table(tmp_path / "nothing.csv")


def test_an_unknown_column_is_named_with_its_neighbour(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "age_group,sex\n1,2\n")
    with pytest.raises(UsageError, match=r"no column 'age_grup' \(did you mean 'age_group'\?\)"):
        read_table(path, lambda known: ["age_grup"])


def test_only_the_columns_chosen_are_kept(tmp_path: Path) -> None:
    table = read_table(csv_file(tmp_path, "a,b,c\n1,2,3\n"), lambda known: ["c", "a", "c"])
    assert table.frame.columns == ["c", "a"]
    assert table.file_columns == ("a", "b", "c")


def test_value_labels_become_categories_and_missing_codes_are_none(tmp_path: Path) -> None:
    table = read_table(spss_file(tmp_path))
    assert table.text("trust").to_list() == ["Agree", "Disagree", None, None]
    assert table.categories("trust") == ("Agree", "Disagree", "Neither")


def test_the_mean_of_a_labelled_item_is_that_of_its_codes(tmp_path: Path) -> None:
    assert np.nanmean(read_table(spss_file(tmp_path)).number("trust")) == 1.5


def test_an_spss_file_keeps_labels_and_missing_codes_when_written(tmp_path: Path) -> None:
    write_with_columns(spss_file(tmp_path), tmp_path / "out.sav", ones())
    frame, notes = pyreadstat.read_sav(tmp_path / "out.sav", output_format="polars", user_missing=True)
    assert frame["trust"].to_list() == [1.0, 2.0, 8.0, None]
    assert frame["weight"].to_list() == [0.0, 1.0, 2.0, 3.0]
    assert notes.variable_value_labels["trust"][8.0] == "Don't know"
    assert notes.missing_ranges["trust"] == [{"lo": 8.0, "hi": 9.0}]
    assert notes.column_names_to_labels["trust"] == "Trust in the council"


@pytest.mark.parametrize("ending", [".parquet", ".sav"])
def test_an_spss_file_written_and_read_again_has_the_same_categories(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out{ending}"
    write_with_columns(spss_file(tmp_path), out, ones())
    again = read_table(out)
    assert again.text("trust").to_list() == ["Agree", "Disagree", None, None]
    assert again.categories("trust") == ("Agree", "Disagree", "Neither")
    assert np.nanmean(again.number("trust")) == 1.5


def test_code_books_and_labels_pass_from_parquet_to_parquet_and_spss(tmp_path: Path) -> None:
    write_with_columns(spss_file(tmp_path), tmp_path / "first.parquet", ones())
    write_with_columns(tmp_path / "first.parquet", tmp_path / "second.parquet", ones(names=("trust",)))
    write_with_columns(tmp_path / "second.parquet", tmp_path / "out.sav", ones(names=("other",)))
    again = read_table(tmp_path / "out.sav")
    assert again.text("trust_delivered").to_list() == ["Agree", "Disagree", None, None]
    assert again.column_labels == {"trust_delivered": "Trust in the council"}


def stata_file(folder: Path) -> Path:
    """Write two answers to a labelled item."""
    pyreadstat.write_dta(
        pl.DataFrame({"trust": [1, 2]}),
        folder / "survey.dta",
        variable_value_labels={"trust": {1: "Agree", 2: "Disagree"}},
        column_labels={"trust": "Trust in the council"},
    )
    return folder / "survey.dta"


@pytest.mark.parametrize("ending", [".parquet", ".sav"])
def test_a_stata_file_keeps_labels_of_columns_and_values_when_written(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out{ending}"
    write_with_columns(stata_file(tmp_path), out, ones())
    again = read_table(out)
    assert again.column_labels == {"trust": "Trust in the council"}
    assert again.text("trust").to_list() == ["Agree", "Disagree"]


def test_a_csv_of_an_spss_file_has_labels_and_says_what_it_lost(tmp_path: Path) -> None:
    notes = write_with_columns(spss_file(tmp_path), tmp_path / "out.csv", ones())
    assert read_table(tmp_path / "out.csv").text("trust").to_list() == ["Agree", "Disagree", None, None]
    assert notes == ["codes that the data declares missing are empty cells; --out .sav or .parquet keeps them"]


def test_text_of_a_csv_is_written_as_it_was(tmp_path: Path) -> None:
    write_with_columns(csv_file(tmp_path, "area,n\n007,1.10\n010,\n"), tmp_path / "out.csv", ones())
    assert (tmp_path / "out.csv").read_text() == "area,n,weight\n007,1.10,0.0\n010,,1.0\n"


@pytest.mark.parametrize("ending", [".parquet", ".sav"])
def test_numbers_of_a_csv_are_numbers_elsewhere_unless_that_loses_something(tmp_path: Path, ending: str) -> None:
    data = csv_file(tmp_path, "area,n,x,code\n007,1,0.5,01.5\n010,2,,2\n")
    write_with_columns(data, tmp_path / f"out{ending}", ones())
    frame = read_table(tmp_path / f"out{ending}").frame
    assert frame["area"].to_list() == ["007", "010"]
    assert frame["n"].to_list() == [1, 2]
    assert frame["x"].to_list() == [0.5, None]
    assert frame["code"].to_list() == ["01.5", "2"]


def test_types_of_a_parquet_file_stay(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "day": [date(2026, 1, 1), None],
            "answer": pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"])),
            "yes": [True, None],
            "n": pl.Series([1, 2], dtype=pl.Int8),
        }
    )
    frame.write_parquet(tmp_path / "data.parquet")
    write_with_columns(tmp_path / "data.parquet", tmp_path / "out.parquet", ones())
    assert pl.read_parquet(tmp_path / "out.parquet").drop("weight").equals(frame)
    write_with_columns(tmp_path / "data.parquet", tmp_path / "out.sav", ones())
    assert read_table(tmp_path / "out.sav").text("answer").to_list() == ["b", "a"]


def test_new_columns_of_many_blocks_stay_beside_their_rows(tmp_path: Path) -> None:
    n = 300_000
    pl.DataFrame({"row": np.arange(n)}).write_parquet(tmp_path / "data.parquet")
    write_with_columns(tmp_path / "data.parquet", tmp_path / "out.parquet", ones(names=("weight", "replicate_1")))
    written = pl.read_parquet(tmp_path / "out.parquet")
    assert written["row"].equals(written["replicate_1"].cast(pl.Int64).alias("row"))
    assert written.height == n


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".sav"])
def test_a_column_whose_name_is_needed_stays_under_another(tmp_path: Path, ending: str) -> None:
    data = csv_file(tmp_path, "weight,y\n3,1\n4,0\n")
    notes = write_with_columns(data, tmp_path / f"out{ending}", ones())
    table = read_table(tmp_path / f"out{ending}")
    assert table.number("weight_delivered").tolist() == [3.0, 4.0]
    assert table.number("weight").tolist() == [0.0, 1.0]
    assert notes == ["the data's column 'weight' stays as 'weight_delivered'"]


def test_a_name_that_spss_does_not_take_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="'my item' contains a space"):
        write_with_columns(csv_file(tmp_path, "my item,y\n3,1\n"), tmp_path / "out.sav", ones())
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_what_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    data = csv_file(tmp_path, "y\n1\n")
    with pytest.raises(UsageError, match=r"ends in \.parquet, \.csv, \.sav"):
        refuse_unwritable(tmp_path / "out.ods", data)
    with pytest.raises(UsageError, match="is the file with the data"):
        refuse_unwritable(data, data)
    with pytest.raises(UsageError, match="there is no folder"):
        refuse_unwritable(tmp_path / "nowhere" / "out.csv", data)


def test_an_excel_file_holds_full_precision_and_empty_cells(tmp_path: Path) -> None:
    from zipfile import ZipFile

    write_rows_to(tmp_path / "out.xlsx", pl.DataFrame({"item": ["y"], "estimate": [1 / 3], "ci_low": [None]}))
    sheet = ZipFile(tmp_path / "out.xlsx").read("xl/worksheets/sheet1.xml").decode()
    assert "<v>0.3333333333333333</v>" in sheet
    assert 'r="C2"' not in sheet


def test_targets_are_text(tmp_path: Path) -> None:
    rows = read_targets(csv_file(tmp_path, "margin,category,persons\nage,01,10\n"))
    assert rows["category"].to_list() == ["01"]


def test_declared_missing_values_of_a_real_spss_file_are_no_categories() -> None:
    table = read_table(real_file("survey_formats", "spss_stata", "sample_missing.sav"))
    assert table.categories("mylabl") == ("Male", "Female")
    assert table.text("myord").null_count() == 2
    assert np.isnan(table.number("mynum")).sum() == 2  # -1, and 2500 within 2000 to 3000


def test_labels_of_a_real_stata_file_are_categories() -> None:
    table = read_table(real_file("survey_formats", "spss_stata", "sample.dta"))
    assert table.categories("myord") == ("low", "medium", "high")
    assert table.text("mylabl").to_list() == ["Male", "Female", "Male", "Female", "Male"]


def test_tagged_missing_values_of_a_real_stata_file_are_missing() -> None:
    table = read_table(real_file("survey_formats", "spss_stata", "missing_test.dta"))
    assert table.text("var1").null_count() == table.n
    assert table.number("var9").tolist() == [1.0]


def test_letters_of_any_script_are_read() -> None:
    assert read_table(real_file("survey_formats", "spss_stata", "hebrews.sav")).file_columns == ("ותק_ב",)
