"""`panel change`: golden values, row shapes, refusals and exit codes."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.estimation.change import COLUMNS as CHANGE_COLUMNS
from pipeline.weighting.nonresponse import propensity_weight, response_propensity
from tests.flows.statistics_builders import DESIGN, Panel, near
from tests.golden.data import age_and_sex_levels, column, golden_people


@pytest.fixture
def waves(folder: Path) -> Path:
    """Return a folder with the golden people's two waves: y1 and y2 as y, w, and the propensity weight of G18."""
    is_respondent = column("r2") == 1
    weight = propensity_weight(
        column("w"), is_respondent, response_propensity(column("w"), is_respondent, age_and_sex_levels())
    )
    people = golden_people().with_columns(adjusted=weight)
    people.with_columns(y=pl.col("y1")).write_csv("w1.csv")
    people.with_columns(y=pl.col("y2")).write_csv("w2.csv")
    people.with_columns(y=pl.col("y2")).filter(r2=1).with_columns(w=pl.col("adjusted")).write_csv("w2r.csv")
    return folder


def change(panel: Panel, second: str, *arguments: str) -> dict[str, Any]:
    return panel.row(
        "change", "w1.csv", second, "--id", "id", "--item", "y", "--stat", "mean", *DESIGN, *arguments, domain="all"
    )  # fmt: skip


def test_g16_change_with_full_overlap(panel: Panel, waves: Path) -> None:
    row = change(panel, "w2.csv")
    assert (row["change"], row["standard_error"], row["correlation"]) == near(
        (-0.0416088766, 0.0403241075, 0.202446132)
    )
    assert (row["overlap_n"], row["kind"]) == (120, "net")
    assert row["estimate_to"] - row["estimate_from"] == near(row["change"])


def test_g23_change_with_partial_overlap(panel: Panel, waves: Path) -> None:
    row = change(panel, "w2r.csv")
    assert (row["change"], row["standard_error"], row["correlation"]) == near(
        (-0.0494905061, 0.0432707227, 0.349496014)
    )
    assert row["overlap_n"] == 88


def test_g24_change_within_persons(panel: Panel, waves: Path) -> None:
    row = change(panel, "w2r.csv", "--kind", "within_person")
    assert (row["change"], row["standard_error"]) == near((-0.0587151669, 0.0412225202))
    assert row["kind"] == "within_person"


def test_changes_have_the_columns_of_changes_with_their_kind(panel: Panel, waves: Path) -> None:
    rows = panel.rows("change", "w1.csv", "w2r.csv", "--id", "id", "--item", "y", "--by", "age", *DESIGN)
    assert list(rows[0]) == ["kind", *CHANGE_COLUMNS]
    assert [(row["domain_value"], row["category"]) for row in rows[:4]] == [
        ("all", "0"),
        ("all", "1"),
        ("1", "0"),
        ("1", "1"),
    ]
    assert rows[1]["p_value"] is not None


def test_the_order_of_the_rows_and_names_of_the_psus_do_not_matter(panel: Panel, waves: Path) -> None:
    expected = change(panel, "w2r.csv")
    for name in ("w1.csv", "w2r.csv"):
        people = pl.read_csv(name).with_columns(psu=pl.lit("psu ") + pl.col("psu").cast(pl.String))
        people.with_columns(id=pl.lit("member ") + pl.col("id").cast(pl.String)).sample(
            fraction=1, shuffle=True, seed=1
        ).write_csv(name)
    shuffled = change(panel, "w2r.csv")
    assert {key: value for key, value in shuffled.items() if isinstance(value, float)} == near(
        {key: value for key, value in expected.items() if isinstance(value, float)}
    )


def test_the_table_of_changes_says_what_is_estimated(panel: Panel, waves: Path) -> None:
    assert panel("change", "w1.csv", "w2.csv", "--id", "id", "--item", "y", *DESIGN) == 0
    assert panel.out.startswith("w1.csv to w2.csv. Net change in the population")
    assert panel("change", "w1.csv", "w2.csv", "--id", "id", "--item", "y", "--kind", "within_person", *DESIGN) == 0
    assert "Change within persons" in panel.out


def test_persons_twice_or_without_id_exit_3(panel: Panel, waves: Path) -> None:
    people = pl.read_csv("w1.csv")
    pl.concat([people, people.head(2)]).write_csv("w1.csv")
    assert panel("change", "w1.csv", "w2.csv", "--id", "id", "--item", "y") == 3
    assert "'id' repeats in 2 rows" in panel.err
