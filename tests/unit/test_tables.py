"""Analysts' tables: numbers as numbers, hidden groups hidden, letters where groups differ, nothing a formula."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import fastexcel
import numpy as np
import polars as pl
import pytest

from reports import published
from reports.column_letters import with_letters
from reports.table_rows import TIDY, Group
from reports.tables import render_tables
from tests.published_builder import SURVEY, PublishedFile, published_file

GROUPS = {"16-34": 40, "35-64": 300, "65+": 120, "not known": 60}


def panel(label: str = "Linking data") -> PublishedFile:
    """Return a wave with one item asked of all and by age, one group of it too small to show."""
    file = published_file()
    file.tables["surveys"][0] |= {"title": "Our panel", "disclosure_profile": "public", "inference": "probability"}
    file.tables["items"][0]["label"] = label
    for release in file.tables["releases"]:
        release["released_at"] = datetime(2025, 5, 2)
    (total,) = file.rows("estimates", item="linking", wave="w04")
    share = {"statistic": "share", "unweighted_estimate": 0.6, "sum_of_weights": 50000.4, "effective_n": 900.2}
    groups = [
        {**total, **share, "category": answer, "domain": "age_group", "domain_value": value, "unweighted_n": n}
        for value, n in GROUPS.items()
        for answer in ("Support", "Strongly support")
    ]
    everyone = [{**total, **share, "category": answer} for answer in ("Strongly support", "Support")]
    file.tables["estimates"] = [*everyone, *groups]
    return file


def cells(files: dict[str, bytes], sheet: str) -> list[tuple[Any, ...]]:
    return fastexcel.read_excel(files["tables.xlsx"]).load_sheet(sheet, header_row=None).to_polars().rows()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return render_tables(panel().read(), SURVEY, "w04")


def test_the_contents_lead_to_every_table(files: dict[str, bytes]) -> None:
    assert cells(files, "Contents")[-1][:2] == ("01", "Linking data. Do you support or oppose linking?")
    with zipfile.ZipFile(io.BytesIO(files["tables.xlsx"])) as book:
        assert "location=\"'01'!A1\"" in book.read("xl/worksheets/sheet1.xml").decode()


def test_a_table_has_bases_answers_in_scale_order_and_a_letter_for_each_group(files: dict[str, bytes]) -> None:
    _, _, _, _, headings, unweighted, weighted, effective, first, second = cells(files, "01")
    assert headings == ("Answer", "Everyone", "Age group: 16-34 [A]", "Age group: 35-64 [B]", "Age group: 65+ [C]",
                        "Age group: not known [D]")  # fmt: skip
    assert unweighted[:2] == ("Unweighted base", "1840")
    assert (weighted[1], effective[1]) == ("50000", "900")
    assert (first[0], second[0]) == ("Support", "Strongly support")


def declared(file: PublishedFile, *values: str) -> PublishedFile:
    """Declare the age groups in this order."""
    file.tables["domains"] = [
        {"survey": SURVEY, "domain": "age_group", "domain_order": 1, "label": "Age", "domain_value": value,
         "value_order": order}
        for order, value in enumerate(values, 1)
    ]  # fmt: skip
    return file


def test_groups_stand_in_their_declared_order_not_in_that_of_the_alphabet() -> None:
    file = declared(panel(), "not known", "65+", "16-34", "35-64")
    _, _, _, _, headings, *_ = cells(render_tables(file.read(), SURVEY, "w04"), "01")
    groups = [heading.removeprefix("Age: ") for heading in headings[2:]]
    assert groups == ["not known [A]", "65+ [B]", "16-34 [C]", "35-64 [D]"]
    read = declared(published_file(), "65+", "50-64", "35-49", "25-34", "16-24").read()
    retained = published.retention_by(read, SURVEY, "w04", "age_group")
    assert retained["domain_value"].to_list() == ["65+", "50-64", "35-49", "25-34", "16-24", "all"]


def test_a_thin_group_and_the_next_smallest_are_hidden(files: dict[str, bytes]) -> None:
    *_, support, _ = cells(files, "01")
    assert support[2:] == ("[c]", "0.61", "0.61", "[c]")
    tidy = pl.read_csv(files["tables.csv"])
    hidden = tidy.filter(pl.col("note") == "[c]")
    assert hidden["domain_value"].unique().sort().to_list() == ["16-34", "not known"]
    assert hidden["estimate"].null_count() == hidden["weighted_n"].null_count() == 4


def test_numbers_are_numbers_and_panes_are_frozen(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(files["tables.xlsx"])) as book:
        sheet = book.read("xl/worksheets/sheet3.xml").decode()
        assert "<v>0.61</v>" in sheet
        assert 'state="frozen"' in sheet
        assert "<mergeCell" not in sheet
        assert "<tablePart" in sheet


def test_a_label_is_never_a_formula() -> None:
    attack = '=HYPERLINK("http://x","y")'
    files = render_tables(panel(attack).read(), SURVEY, "w04")
    with zipfile.ZipFile(io.BytesIO(files["tables.xlsx"])) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert "<f>" not in book.read(name).decode()
    assert set(pl.read_csv(files["tables.csv"])["label"]) == {"'" + attack}
    assert attack in cells(files, "01")[0][0]


def test_tidy_files_hold_the_same_rows(files: dict[str, bytes]) -> None:
    table = pl.read_parquet(io.BytesIO(files["tables.parquet"]))
    assert table.columns == list(TIDY)
    assert table.height == pl.read_csv(files["tables.csv"]).height == 10


def test_the_same_file_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    assert render_tables(panel().read(), SURVEY, "w04") == files


Answers = dict[str, tuple[int, float]]  # group: people, share that says yes


def made(groups: Answers, *, n_replicates: int = 200) -> tuple[pl.DataFrame, list[Group], Callable[..., pl.DataFrame]]:
    """Return tables' rows, columns and a published file of people drawn one by one, with bootstrap weights."""
    rng = np.random.default_rng(1)
    people = [
        {"panel_member_id": f"{group}{number}", "domain_value": group, "label": "Yes" if number < n * share else "No"}
        for group, (n, share) in groups.items()
        for number in range(n)
    ]
    n = len(people)
    draws = np.array([np.bincount(rng.integers(0, n, n - 1), minlength=n) for _ in range(n_replicates)]).T
    frame = pl.DataFrame(people).with_columns(
        survey=pl.lit("s"), wave=pl.lit("w1"), weight_id=pl.lit("x"), weight=pl.lit(1.0), item=pl.lit("q"),
        replicate_group=pl.int_range(n), replicate_set=pl.lit("r"), missing_kind=pl.lit(None, pl.String),
        number=pl.lit(None, pl.Float64), domain=pl.lit("age_group"),
        replicate_weights=pl.Series((draws * n / (n - 1)).tolist(), dtype=pl.List(pl.Float64)),
    )  # fmt: skip
    tables = {
        "replicate_weights": frame,
        "weights": frame,
        "answers": frame,
        "member_profile": frame,
        "replicate_sets": pl.DataFrame(
            {"replicate_set": ["r"], "kind": ["bootstrap"], "coefficients": [[1 / n_replicates] * n_replicates],
             "degrees_of_freedom": [n - 1]}
        ),
        "answer_options": pl.DataFrame(
            {"survey": ["s"] * 2, "item": ["q"] * 2, "code": ["1", "2"], "label": ["Yes", "No"], "option_order": [1, 2],
             "missing_kind": [None, None], "headlines": [None, None]},
            schema_overrides={"missing_kind": pl.String, "headlines": pl.String},
        ),
    }  # fmt: skip
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register("frame", table)
        connection.execute(f"create table {name} as select * from frame")
        connection.unregister("frame")
    rows = pl.DataFrame(
        [
            {"item": "q", "statistic": "share", "category": answer, "domain": "age_group", "domain_value": group,
             "estimate": share, "higher_than": ""}
            for group, (_, share) in groups.items()
            for answer in ("Yes", "No")
        ]
    )  # fmt: skip
    columns = [Group("age_group", group, letter) for group, letter in zip(groups, "ABC", strict=False)]
    return rows, columns, lambda sql, parameters: connection.sql(sql, params=parameters).pl()


def letters(groups: Answers, **hidden: float | None) -> dict[tuple[str, str], str]:
    rows, columns, read = made(groups)
    if hidden:
        rows = rows.with_columns(estimate=pl.when(pl.col("domain_value") != "a").then("estimate"))
    found = with_letters(rows, columns, read, "s", "w1", "x")
    return {
        (group, answer): text for group, answer, text in found.select("domain_value", "category", "higher_than").rows()
    }


def test_a_group_clearly_above_others_names_them() -> None:
    found = letters({"a": (200, 0.8), "b": (200, 0.4), "c": (200, 0.43)})
    assert found["a", "Yes"] == "B C"
    assert found["b", "No"] == found["c", "No"] == "A"
    assert found["b", "Yes"] == found["c", "Yes"] == found["a", "No"] == ""


def test_a_hidden_group_is_not_compared() -> None:
    found = letters({"a": (200, 0.8), "b": (200, 0.4), "c": (200, 0.43)}, a=None)
    assert set(found.values()) == {""}


def test_groups_of_one_opinion_get_no_letter() -> None:
    assert set(letters({"a": (200, 0.5), "b": (200, 0.52), "c": (200, 0.47)}).values()) == {""}


def test_without_replicate_weights_there_are_no_letters() -> None:
    rows, columns, _ = made({"a": (20, 0.8), "b": (20, 0.4)}, n_replicates=2)
    empty = duckdb.connect()
    assert with_letters(rows, columns, lambda sql, p: empty.sql(sql, params=p).pl(), "s", "w1", "x").equals(rows)
