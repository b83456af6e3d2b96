"""Marts that only show a table: each shows every column of each row as it is, in the order that it states."""

from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from pipeline.warehouse.connection import SQL_FOLDER
from pipeline.warehouse.models import tables_read
from tests.sql.conftest import Store

SHOWN = (
    "attrition_alerts", "attrition_curves", "attrition_hazards", "attrition_model", "attrition_patterns", "changes",
    "conditioning", "estimates", "families", "gross_changes", "margins", "member_patterns",
    "newsletter_words", "recruitment", "refresh_outlook", "releases", "representativity", "response_measures",
    "response_by_answer", "response_patterns",
    "response_rates", "retention", "revisions", "runs", "statements", "surveys", "transition_margins", "transitions",
    "translations", "trend_tests", "trends", "weight_ids", "weighting_log", "weighting_margins",
)  # fmt: skip
ROWS = (1, 2)
OTHER_NUMBER = 3  # added for each column, so that no two columns of a row hold the same


def value(kind: str, number: int) -> Any:
    """Return a value of a column's type that grows with the number."""
    if kind.endswith("[]"):
        return [value(kind.removesuffix("[]"), number)]
    if kind == "BOOLEAN":
        return number % 2 == 0
    if kind == "DATE":
        return date(2024, 1, 1) + timedelta(days=number)
    if kind == "TIMESTAMP":
        return datetime(2024, 1, 1) + timedelta(hours=number)
    return f"text {number:04d}" if kind == "VARCHAR" else number


def described(store: Store, table: str) -> dict[str, str]:
    """Return the type of each column of a table."""
    return dict(row[:2] for row in store.connection.execute(f"describe {table}").fetchall())


@pytest.mark.parametrize("mart", SHOWN)
def test_every_row_is_shown_whole_and_in_order(store: Store, mart: str) -> None:
    with duckdb.connect() as nowhere:
        (source,) = tables_read(nowhere, (SQL_FOLDER / "marts" / f"{mart}.sql").read_text(encoding="utf-8"))
    kinds = described(store, source)
    given = {
        row: {name: value(kind, row + OTHER_NUMBER * place) for place, (name, kind) in enumerate(kinds.items())}
        for row in ROWS
    }
    for row in reversed(ROWS):
        marks = ", ".join("?" for _ in kinds)
        names = ", ".join(f'"{name}"' for name in kinds)
        store.connection.execute(
            f"insert into {source} ({names}) values ({marks})", list(given[row].values())
        ).fetchall()
    store.make(f"marts.{mart}")
    shown = list(described(store, f"marts.{mart}"))
    assert store.connection.execute(f"select * from marts.{mart}").fetchall() == [
        tuple(given[row][name] for name in shown) for row in ROWS
    ]


def test_effects_of_quality_stand_in_the_order_of_the_waves(store: Store) -> None:
    for number, wave in ((2, "before"), (10, "after")):
        store.given("definitions.waves", {"wave": wave, "wave_number": number})
        row = {"wave": wave, "weight_id": "x", "item": "q", "statistic": "share", "category": "yes"}
        store.given("analysis.quality_effect", {**row, "difference": number / 100, "n_removed": number})
    keys = dict.fromkeys(("weight_id", "item", "statistic", "category"), "x")
    store.given("analysis.quality_effect", {"wave": "no longer declared", **keys})
    store.make("marts.quality_effect")
    columns = "wave, item, statistic, category, difference, n_removed"
    assert store.connection.execute(f"select {columns} from marts.quality_effect").fetchall() == [
        ("before", "q", "share", "yes", 0.02, 2),
        ("after", "q", "share", "yes", 0.1, 10),
    ]


def test_a_check_of_a_part_keeps_the_name_of_the_part_alone(store: Store) -> None:
    for rule, part in (("a", "paper/0a1b"), ("b", "web"), ("c", "")):
        store.given("log.checks", {"run_id": "r", "rule": rule, "part": part, "n_failed": 1})
    assert store.rows("marts.checks", "rule", "part", "n_failed") == [
        ("a", "paper", 1),
        ("b", "web", 1),
        ("c", "", 1),
    ]


def test_a_supplied_weight_is_the_first_number_in_the_column_that_a_weight_names(store: Store) -> None:
    store.given("definitions.weight_ids", {"weight_id": "theirs", "supplied": "producer_weight"})
    for column, name in (("W", "producer_weight"), ("V", "other_weight")):
        store.given("definitions.source_columns", {"source": "w1", "name": name, "column_name": column})
    for row_number, (member, cells) in enumerate(
        (("a", {"W": "none", "V": "9"}), ("a", {"W": "1.5"}), ("a", {"W": "7"}), ("b", {"V": "9"})), start=1
    ):
        store.given_cells("w1", member, row_number, **cells)
    store.given_cells("roster", "c", 1, W="3")
    assert store.rows("core.wave_weights", "wave", "panel_member_id", "name", "value") == [
        ("w1", "a", "producer_weight", 1.5)
    ]
