"""Definitions become rows, rewritten whole."""

from datetime import date
from typing import Any

import duckdb

from pipeline import definitions, warehouse
from tests.unit.warehouse.builders import small_survey


def test_definitions_become_rows(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.store_definitions(connection, [small_survey()])

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return warehouse.read(connection, sql).rows()

    retention = "survey, population_persons, retention_weight_id, missed_waves, methods_note"
    assert rows(f"select {retention} from definitions.surveys") == [("small", 100.0, "each", 2, "A note.")]
    assert rows("select wave, wave_number, fieldwork_end, is_closed from definitions.waves order by all") == [
        ("w1", 1, date(2025, 1, 20), False),
        ("w2", 2, date(2025, 2, 20), False),
    ]
    assert rows("select item, item_order, research_questions, is_published from definitions.items order by 2") == [
        ("trust", 1, "linking,consent", True),
        ("hours", 2, "", True),
        ("open", 3, "", True),
        ("secret", 4, "", False),
    ]
    assert rows("select option_order, code, missing_kind from definitions.answer_options where item = 'trust'") == [
        (1, "1", None),
        (2, "2", None),
        (3, "-8", "dont_know"),
    ]
    assert rows("select item, headline, code from definitions.headlines") == [("trust", "agree", "1")]
    assert rows("select wave, delivered_value, code from definitions.item_recodes") == [("w2", "1", "2")]
    asked = [("trust", 1), ("hours", 2), ("open", 3), ("secret", 4)]
    placed = "select item, place from definitions.item_columns where wave = ? order by place"
    for wave in ("w1", "w2"):
        assert warehouse.read(connection, placed, [wave]).rows() == asked
    assert rows("select item_from, item_to, comparability, note from definitions.item_links") == [
        ("trust", "secret", "not_comparable", "reworded")
    ]
    assert rows("select name, column_name, format from definitions.source_columns where source = 'w1' order by 1") == [
        ("complete_when", "OUTCOME", None),
        ("completed_at", "DONE", "%d/%m/%Y %H:%M"),
        ("panel_member_id", "ID", None),
    ]
    assert rows("select wave, value from definitions.complete_values order by all") == [
        (wave, value) for wave in ("w1", "w2") for value in ("110", "111")
    ]
    assert rows("select domain, domain_value, value_order, low, high from definitions.domain_values order by 1, 3") == [
        ("age_group", "16-49", 1, 16.0, 49.0),
        ("age_group", "50+", 2, 50.0, None),
        ("sex", "F", 1, None, None),
        ("sex", "M", 2, None, None),
    ]
    assert rows("select domain, is_banded, is_published, domain_order from definitions.domains order by 4") == [
        ("age_group", True, True, 1),
        ("sex", False, False, 2),
    ]
    assert rows("select role, column_order, column_name from definitions.design_columns order by all") == [
        ("psu", 1, "HOUSE"),
        ("stratum", 1, "AREA"),
        ("stratum", 2, "COHORT"),
    ]
    assert rows("select wave, column_name, contains from definitions.eligibility_columns") == [
        ("w2", "STAT", "not Eligible")
    ]
    assert rows("select reason from definitions.exit_reasons") == [("died",)]
    assert rows("select category, persons, published_persons, approximation from definitions.margins order by 1") == [
        ("F", 60.0, 6.0, "shares"),
        ("M", 40.0, 4.0, "shares"),
    ]
    assert rows("select weight_id, wave_set, starting_wave, tolerance from definitions.weight_ids order by 1") == [
        ("both", "w1+w2", "w1", 1e-7),
        ("each", "", None, None),
    ]
    assert rows("select family, item, item_order, domains, is_headline from definitions.families order by 1, 3") == [
        ("headlines", "trust", 1, "all,sex", True),
        ("rest", "hours", 1, "all", False),
        ("rest", "open", 2, "all", False),
        ("rest", "secret", 3, "all", False),
    ]


def test_definitions_are_rewritten_whole(connection: duckdb.DuckDBPyConnection) -> None:
    warehouse.store_definitions(connection, [small_survey(), small_survey(survey="other")])
    warehouse.store_definitions(connection, [small_survey(retention=None, waves=(), design=definitions.Design())])
    assert warehouse.read(connection, "select survey, missed_waves from definitions.surveys").rows() == [
        ("small", None)
    ]
    for table in ("waves", "item_columns", "complete_values", "design_columns"):
        assert warehouse.read(connection, f"from definitions.{table}").is_empty()
