"""Population tables as statistical offices publish them become margins that a member list can meet."""

import os
from pathlib import Path

import polars as pl
import pytest

from flows.draft import words
from pipeline.adoption.merging import merged_ages, merged_groups
from pipeline.adoption.published_totals import published_rows
from pipeline.errors import DefinitionError
from pipeline.wave_files import read_delivery
from tests.nights import CHECKOUT

WORDS = words()
UK = Path(os.environ.get("PANEL_REAL_DATA") or CHECKOUT.parent / "shared" / "data") / "uk_margins"
ASIAN = "Asian, Asian British or Asian Welsh"
AGES = pl.DataFrame(
    {
        "code": ["E1", "E1", "E2", "E2"], "name": ["Here", "Here", "There", "There"],
        "Age group (2 categories)": ["16 to 49", "50 and over", "16 to 49", "50 and over"], "n": ["10", "20", "3", "4"],
    }
)  # fmt: skip
ETHNIC = [
    {"margin": "ethnicity", "category": category, "persons": str(persons)}
    for category, persons in (
        ("White: British", 70), ("White: Irish", 5), ("Asian, Asian British: Indian", 6),
        ("Asian, Asian British: Chinese", 4), ("Other ethnic group", 2),
    )
]  # fmt: skip


def test_one_area_of_a_table_of_many_is_taken_by_name_or_code():
    expected = [
        {"margin": "age_group", "category": "16 to 49", "persons": "3"},
        {"margin": "age_group", "category": "50 and over", "persons": "4"},
    ]
    for area in ("There", "e2"):
        assert published_rows(AGES, "ages.csv", WORDS, area) == expected


@pytest.mark.parametrize(
    ("area", "told"),
    [(None, "totals of 2 areas ('name': Here, There …)"), ("Nowhere", "no area 'Nowhere' in 'code', 'name'")],
)
def test_several_areas_or_an_unknown_one_are_refused_in_words(area: str | None, told: str):
    with pytest.raises(DefinitionError) as caught:
        published_rows(AGES, "ages.csv", WORDS, area)
    assert told in str(caught.value)


def test_a_table_that_is_neither_is_refused_with_the_shape_to_save_it_in():
    with pytest.raises(DefinitionError, match="found the columns place, temperature, expected margin,category,persons"):
        published_rows(pl.DataFrame({"place": ["a"], "temperature": ["cold"]}), "t.csv", WORDS, None)


def test_what_does_not_apply_is_nobody():
    table = pl.DataFrame({"Highest level of qualification": ["Does not apply", "None"], "Observation": ["9", "5"]})
    assert [row["category"] for row in published_rows(table, "q.csv", WORDS, None)] == ["None"]


def test_a_column_for_each_sex_is_a_margin():
    table = pl.DataFrame({"code": ["E1"], "total_females": ["51"], "total_males": ["49"], "older_males": ["9"]})
    assert [(row["category"], row["persons"]) for row in published_rows(table, "s.csv", WORDS, None)] == [
        ("Female", "51"), ("Male", "49"),
    ]  # fmt: skip


def test_a_list_that_tells_groups_merges_the_categories_of_each():
    rows, ours, told = merged_groups(ETHNIC, ["White British", "White Irish", "Asian or Asian British", "Other"], WORDS)
    assert [(row["category"], row["persons"]) for row in rows] == [
        ("White: British", "70"), ("White: Irish", "5"), ("Asian, Asian British", "10"), ("Other ethnic group", "2"),
    ]  # fmt: skip
    assert ours == {
        "White British": "White: British", "White Irish": "White: Irish",
        "Asian or Asian British": "Asian, Asian British", "Other": "Other ethnic group",
    }  # fmt: skip
    assert told == ["the 2 categories of 'Asian, Asian British' are one: the list does not tell them all"]


def test_a_group_with_an_empty_category_is_merged_and_one_nobody_is_in_is_not_touched():
    rows, ours, _ = merged_groups(ETHNIC, ["White British"], WORDS)
    assert [row["category"] for row in rows] == [
        "White", "Asian, Asian British: Indian", "Asian, Asian British: Chinese", "Other ethnic group",
    ]  # fmt: skip
    assert ours == {"White British": "White"}


def test_an_age_group_without_members_joins_its_neighbour():
    bands = {"16-24": (16, 24), "25-34": (25, 34), "35-64": (35, 64), "65-84": (65, 84), "85+": (85, None)}
    table = [{"category": name, "persons": "10"} for name in bands]
    ages, rows, told = merged_ages(bands, {"25-34": 3, "35-64": 5, "65-84": 2}, table)
    assert ages == {"16-34": (16, 34), "35-64": (35, 64), "65+": (65, None)}
    assert [row["persons"] for row in rows] == ["20", "10", "20"]
    assert told[0] == "the age groups 16-24, 25-34 are one: not each has a member in the list"


@pytest.mark.skipif(not UK.is_dir(), reason="uk_margins is not here: set PANEL_REAL_DATA")
@pytest.mark.parametrize(
    ("name", "margin", "first", "n"),
    [
        ("census21_ew_ltla22_age_6_bands.csv", "age_group", ("Aged 15 years and under", "17653"), 6),
        ("census21_ew_ltla22_disability.csv", "disability", ("Disabled under the Equality Act", "21143"), 2),
        ("census21_ew_ltla22_household_tenure.csv", "tenure", ("Lives rent free", "69"), 0),
        ("census21_ew_ltla21_ethnic_group.csv.gz", "ethnicity", (f"{ASIAN}: Bangladeshi", "278"), 19),
        ("census21_ew_ltla21_sex_by_3_age_bands.csv", "sex", ("Female", "47656"), 2),
    ],
)  # fmt: skip
def test_the_census_tables_give_hartlepool(name: str, margin: str, first: tuple[str, str], n: int):
    rows = published_rows(read_delivery(UK / name).frame.cast(pl.String), name, WORDS, "E06000001")
    assert {row["margin"] for row in rows} == {margin}
    assert (rows[0]["category"], rows[0]["persons"]) == first
    assert len(rows) == (n or len(rows))
