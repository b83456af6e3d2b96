"""SPSS, Stata, SAS and Parquet deliveries: codes as text, with labels, missing codes, sets and dates."""

import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from pipeline.data_files import read_table, write_with_columns
from pipeline.data_files.writing import NewColumns
from pipeline.errors import DeliveryError
from pipeline.wave_files import Delivery, read_delivery
from pipeline.wave_files.delivery import MultipleResponse, Variable

PROJECT = Path(__file__).resolve().parents[2]
REAL_DATA = Path(os.environ.get("PANEL_REAL_DATA") or PROJECT.parent / "shared" / "data")
SAMPLE_ROWS = [
    ("a", "1.1", "2018-05-06", "2018-05-06T10:10:10", "1", "1", "10:10:10"),
    ("b", "1.2", "1880-05-06", "1880-05-06T10:10:10", "2", "2", "23:10:10"),
    ("c", "-1000.3", "1960-01-01", "1960-01-01T00:00:00", "1", "3", "00:00:00"),
    ("d", "-1.4", "1583-01-01", "1583-01-01T00:00:00", "2", "1", "16:10:10"),
    ("e", "1000.3", None, None, "1", "1", None),
]


def real_file(*parts: str) -> Path:
    path = REAL_DATA.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{'/'.join(parts)} is not here: set PANEL_REAL_DATA to the folder that holds it")
    return path


def sample(name: str) -> Delivery:
    return read_delivery(real_file("survey_formats", "spss_stata", name))


def variable(delivery: Delivery, name: str) -> Variable:
    return next(one for one in delivery.variables if one.name.lower() == name)


@pytest.mark.parametrize(
    ("name", "format_name"),
    [
        ("sample.sav", "spss"),
        ("sample.zsav", "spss"),
        ("sample.por", "spss_portable"),
        ("sample.dta", "stata"),
        ("sample.xpt", "sas_transport"),
    ],
)
def test_every_format_of_statistics_gives_the_same_text(name: str, format_name: str) -> None:
    delivery = sample(name)
    assert delivery.format == format_name
    assert delivery.frame.drop("row_number").rows() == SAMPLE_ROWS
    if name != "sample.xpt":  # which keeps no labels
        assert variable(delivery, "mylabl") == Variable(
            delivery.frame.columns[5], "labeled", {"1": "Male", "2": "Female"}, (), "category"
        )
    assert variable(delivery, "mydate").kind == "date"


def test_missing_codes_and_ranges_stay_and_are_declared() -> None:
    delivery = sample("sample_missing.sav")
    assert delivery.frame["mynum"].to_list()[-2:] == ["-1", "2500"]
    assert variable(delivery, "mynum").missing == ("-1", "2500")  # 2000 to 3000 and -1
    assert variable(delivery, "myord").missing == ("-3", "-2", "-1")
    assert variable(delivery, "mylabl").values["-1"] == "undetermined"


def test_multiple_response_sets_survive() -> None:
    assert sample("multiple_response_simple_alltypes.sav").multiple_responses == (
        MultipleResponse("categorical_array", "", ("ca_subvar_1", "ca_subvar_2", "ca_subvar_3")),
        MultipleResponse("mymrset", "My multiple response set", ("bool1", "bool2", "bool3"), "1"),
    )


def test_text_codes_keep_their_labels_and_a_quarter_is_its_first_day() -> None:
    delivery = sample("multiple_response_simple_alltypes.sav")
    assert variable(delivery, "ca_subvar_1").values == {"a": "a", "b": "b", "c": "c", "d": "d"}
    assert variable(delivery, "x").missing == ("7", "8", "99")
    assert delivery.frame["quarter"].to_list()[-1] == "2015-01-01"
    assert delivery.frame["str"].to_list()[-2:] == [None, "MORE JUNK"]


def test_names_in_hebrew_are_read() -> None:
    delivery = sample("hebrews.sav")
    assert delivery.frame.columns == ["row_number", "ותק_ב"]
    assert delivery.frame.height == 99


def test_tagged_missing_values_of_stata_are_told_apart() -> None:
    delivery = sample("missing_test.dta")
    assert delivery.frame.drop("row_number").row(0) == (".a", ".b", ".c", ".x", ".y", ".z", None, None, "1")
    assert variable(delivery, "var1") == Variable("var1", "", {".a": "missing"}, (".a",), "number")


def test_tags_stand_among_codes_and_far_into_a_file(tmp_path: Path) -> None:
    codes = [1, 2] * 1500 + ["b"]  # beyond the first rows that are read together
    path = tmp_path / "tags.dta"
    pyreadstat.write_dta(
        pd.DataFrame({"q": codes, "n": [0.1] * len(codes)}),
        path,
        missing_user_values={"q": ["a", "b"]},
        variable_value_labels={"q": {1: "Yes", 2: "No", "b": "Refused"}},
    )
    delivery = read_delivery(path)
    assert delivery.frame["q"].value_counts().sort("q").rows() == [(".b", 1), ("1", 1500), ("2", 1500)]
    assert variable(delivery, "q") == Variable("q", "", {"1": "Yes", "2": "No", ".b": "Refused"}, (".b",), "category")
    assert read_table(path).text("q").null_count() == 1


def test_a_missing_code_among_dates_stays_a_code(tmp_path: Path) -> None:
    path = tmp_path / "dates.sav"
    pyreadstat.write_sav(
        pl.DataFrame({"day": [13797216000.0, 99.0, None], "q": [1.0, 2.0, 3.0]}),
        path,
        variable_format={"day": "DATE11"},
        missing_ranges={"day": [99]},
    )
    delivery = read_delivery(path)
    assert delivery.frame["day"].to_list() == ["2020-01-01", "99", None]
    assert (variable(delivery, "day").missing, len(delivery.notes)) == (("99",), 1)
    assert read_table(path).frame["day"].to_list() == [date(2020, 1, 1), None, None]


def test_long_text_gzip_and_open_ranges_are_read(tmp_path: Path) -> None:
    long = "é" * 2000
    pyreadstat.write_sav(
        pl.DataFrame({"why": [long, " "], "q": [97.0, 3.0]}),
        tmp_path / "w.sav",
        missing_ranges={"q": [{"lo": 90, "hi": float("inf")}]},
    )
    (tmp_path / "w.gz").write_bytes(gzip.compress((tmp_path / "w.sav").read_bytes()))
    delivery = read_delivery(tmp_path / "w.gz")
    assert delivery.frame.rows() == [(1, long, "97"), (2, None, "3")]
    assert variable(delivery, "q").missing == ("97",)


@pytest.mark.parametrize("name", ["sample.sav", "sample.zsav", "sample.por", "sample.dta"])
def test_a_file_that_is_cut_off_is_refused_in_words(tmp_path: Path, name: str) -> None:
    whole = real_file("survey_formats", "spss_stata", name).read_bytes()
    for kept in range(300, len(whole) - 1, 97):
        (tmp_path / name).write_bytes(whole[:kept])
        assert rows_or_refusal(tmp_path / name) <= len(SAMPLE_ROWS)


def rows_or_refusal(path: Path) -> int:
    """Return how many rows were read; 0 when the file was refused, in words that name it."""
    try:
        return read_delivery(path).frame.height
    except DeliveryError as error:
        return 0 if str(error).startswith(f"{path.name}: ") else 10**9


@pytest.mark.parametrize(
    ("name", "people", "ids"),
    [
        ("wave1_2020-07_BROW0013_RI.sav", 500, "caseid"),
        ("wave3_2020-11_BROW0015_RI_and_US.sav", 1500, "caseid"),
        ("wave3_2020-11_BROW0015_RI_only_with_wave2_ids.sav", 500, "caseid"),
        ("wave4_2020-12_BROW0016_RI.sav", 500, "caseid"),
        ("wave5_2021-03_BROW0017_RI_and_US.sav", 1500, "caseid_BROW0017"),
    ],
)
def test_the_waves_of_a_real_panel_have_the_people_their_readme_states(name: str, people: int, ids: str) -> None:
    delivery = read_delivery(real_file("ri_covid_panel", name))
    assert delivery.frame.height == delivery.frame[ids].n_unique() == people
    labelled = [one for one in delivery.variables if one.kind == "category"]
    assert len(labelled) > 40
    assert all(not set(one.missing) - {"-8", "8", "9", "97", "98", "99", "997", "998", "999"} for one in labelled)


def test_the_links_of_a_real_panel_lead_to_its_earlier_waves() -> None:
    last = read_delivery(real_file("ri_covid_panel", "wave5_2021-03_BROW0017_RI_and_US.sav")).frame
    first = read_delivery(real_file("ri_covid_panel", "wave1_2020-07_BROW0013_RI.sav")).frame
    link = next(name for name in last.columns if name.lower() == "caseid_brow0013")
    linked = last[link].drop_nulls()
    assert linked.len() > 100
    assert linked.is_unique().all()
    assert linked.is_in(first["caseid"].implode()).all()


def parquet(folder: Path, table: pa.Table) -> Delivery:
    pq.write_table(table, folder / "w.parquet")
    return read_delivery(folder / "w.parquet")


def test_types_of_parquet_become_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["007", " 8 "],
            "n": [1.0, 2.5],
            "big": [2**62, None],
            "day": [date(2025, 3, 4), None],
            "yes": [True, False],
            "q": pa.DictionaryArray.from_arrays([1, 0], ["low", "high"]),
            "none": pa.nulls(2),
        }
    )
    delivery = parquet(tmp_path, table)
    assert delivery.frame.rows() == [
        (1, "007", "1", "4611686018427387904", "2025-03-04", "true", "high", None),
        (2, "8", "2.5", None, None, "false", "low", None),
    ]
    assert [one.kind for one in delivery.variables] == ["text", "number", "number", "date", "text", "category", "text"]
    assert variable(delivery, "q").values == {"low": "low", "high": "high"}


def test_labels_of_parquet_columns_are_kept(tmp_path: Path) -> None:
    field = pa.field("q", pa.int64(), metadata={"label": "Trust in the council"})
    assert parquet(tmp_path, pa.table([[1, 2]], schema=pa.schema([field]))).variables[0].label == "Trust in the council"


def test_our_own_parquet_keeps_the_code_books_of_an_spss_file(tmp_path: Path) -> None:
    pyreadstat.write_sav(
        pl.DataFrame({"q": [1.0, 8.0]}),
        tmp_path / "w.sav",
        variable_value_labels={"q": {1: "Agree", 8: "Don't know"}},
        missing_ranges={"q": [{"lo": 8, "hi": 9}]},
    )
    new = NewColumns(("weight",), lambda rows: np.ones((1, rows.stop - rows.start)))
    write_with_columns(tmp_path / "w.sav", tmp_path / "w.parquet", new)
    told = variable(read_delivery(tmp_path / "w.parquet"), "q")
    assert told == Variable("q", "", {"1": "Agree", "8": "Don't know"}, ("8",), "category")


def test_nested_columns_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"w\.parquet: answers \(list<.*expected one value in each cell"):
        parquet(tmp_path, pa.table({"id": ["1"], "answers": [[1, 2]]}))


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    parquet(tmp_path, pa.table({"id": ["1"]}))
    (tmp_path / "w.parquet").write_bytes((tmp_path / "w.parquet").read_bytes()[:-9])
    with pytest.raises(DeliveryError, match=r"w\.parquet: cannot be read as Parquet, it is cut off or damaged"):
        read_delivery(tmp_path / "w.parquet")


def test_a_parquet_file_with_any_byte_changed_is_read_or_refused(tmp_path: Path) -> None:
    times = pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 2)
    answers = pa.array(["yes", "dim"]).dictionary_encode()
    parquet(tmp_path, pa.table({"id": ["a", "é"], "q": answers, "day": [date(2026, 1, 1)] * 2, "at": times}))
    content, said = (tmp_path / "w.parquet").read_bytes(), set()
    for place in range(0, len(content), 5):
        for value in (0, 255, content[place] ^ 32):
            (tmp_path / "w.parquet").write_bytes(content[:place] + bytes([value]) + content[place + 1 :])
            try:
                read_delivery(tmp_path / "w.parquet")
            except DeliveryError as error:
                said.add(str(error).split(":")[0])
    assert said == {"w.parquet"}


def test_notes_of_a_parquet_column_in_another_encoding_are_shown_as_they_can_be(tmp_path: Path) -> None:
    field = pa.field("q1", pa.int64(), metadata={"label": "Café".encode("latin-1")})
    assert parquet(tmp_path, pa.table([[1, 2]], schema=pa.schema([field]))).variables[0].label == "Caf\ufffd"


def test_the_real_panel_in_parquet_is_read_whole() -> None:
    delivery = read_delivery(real_file("gss_panel_2006", "full_long.parquet"))
    assert delivery.frame.shape == (6000, 1573)
    assert delivery.frame["firstid"].n_unique() == 2000
