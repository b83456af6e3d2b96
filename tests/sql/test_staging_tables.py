"""What staging takes out of the deliveries: rows under our names, the members' cells, answers and their values."""

from datetime import datetime

import pytest

from tests.sql.conftest import Store


def given_columns(store: Store, source: str, **columns: str) -> None:
    """Declare our name = delivered column of a source."""
    rows = [{"name": name, "column_name": column} for name, column in columns.items()]
    store.given("definitions.source_columns", *rows, source=source)


def test_rows_carry_what_columns_mean_under_our_names(store: Store) -> None:
    given_columns(store, "roster", cohort="C", left_on="L", panel_member_id="ID")
    given_columns(store, "w1", complete_when="C", completed_at="not there")
    store.given_delivery("roster", {"ID": "a", "C": "1", "L": None})
    store.given_delivery("w1", {"ID": "a", "C": "110"})
    columns = ("source", "delivery_id", "row_number", "panel_member_id", "cohort", "left_on", "complete_when")
    assert store.staged("delivered_rows", *columns) == [
        ("roster", "d", 1, "a", "1", None, None),
        ("w1", "d", 1, "a", None, None, "110"),
    ]


def test_a_time_is_read_in_the_format_of_its_own_wave(store: Store) -> None:
    for wave, time_format in (("w1", "%d/%m/%Y"), ("w2", "%m/%d/%Y"), ("w3", None)):
        store.given(
            "definitions.source_columns",
            {"column_name": "T", "format": time_format, "source": wave, "name": "completed_at"},
        )
        store.given_delivery(wave, {"ID": "a", "T": "02/01/2024"}, {"ID": "b", "T": "never"})
    assert store.staged("delivered_rows", "source", "row_number", "completed_at", "on_clock") == [
        ("w1", 1, "02/01/2024", datetime(2024, 1, 2)),
        ("w1", 2, "never", None),
        ("w2", 1, "02/01/2024", datetime(2024, 2, 1)),
        ("w2", 2, "never", None),
        ("w3", 1, "02/01/2024", None),
        ("w3", 2, "never", None),
    ]


def test_only_accepted_deliveries_count(store: Store) -> None:
    store.given_delivery("w1", {"ID": "old"}, delivery_id="d1", status="superseded")
    store.given_delivery("w1", {"ID": "new"}, delivery_id="d2")
    store.given_delivery("w1", {"ID": "wrong"}, delivery_id="d3", status="held")
    store.given("raw.refused_rows", {"rule": "x", "row_number": 1, "source": "w1"}, delivery_id="d1")
    assert store.staged("delivered_rows", "panel_member_id") == [("new",)]


def test_refused_rows_are_left_out_once_however_many_rules_they_break(store: Store) -> None:
    store.given_delivery("w1", {"ID": "a"}, {"ID": "b"})
    store.given_delivery("w2", {"ID": "b"}, delivery_id="d2")
    store.given(
        "raw.refused_rows", {"rule": "item-codes"}, {"rule": "one-row"}, delivery_id="d", source="w1", row_number=1
    )
    assert store.staged("delivered_rows", "source", "panel_member_id") == [("w1", "b"), ("w2", "b")]


def test_rows_of_no_member_are_left_out(store: Store) -> None:
    store.given("definitions.item_columns", {"wave": "w1", "item": "trust", "column_name": "Q"})
    store.given_delivery("w1", {"ID": None, "Q": "1"}, {"ID": "b", "Q": "2"})
    assert store.staged("answers", "panel_member_id", "value") == [("b", "2")]


def test_one_file_may_serve_two_sources_and_two_surveys(store: Store) -> None:
    for source in ("w1", "w2"):
        store.given_delivery(source, {"ID": "a"}, delivery_id="same")
    store.given("raw.deliveries", {"n_delivered": 1, "n_accepted": 0, "n_refused": 1, "n_superseded": 0},
                survey="t", delivery_id="same", source="w1", status="held")  # fmt: skip
    store.given("raw.refused_rows", {"rule": "x"}, survey="t", delivery_id="same", source="w1", row_number=1)
    store.given("raw.refused_rows", {"rule": "x"}, delivery_id="same", source="w2", row_number=1)
    assert store.staged("delivered_rows", "survey", "source") == [("s", "w1")]


def test_the_cells_kept_apart_are_those_that_say_something_of_the_member(store: Store) -> None:
    store.given("definitions.profile", {"variable": "age", "source": "w1", "column_name": "AGE"})
    store.given("definitions.design_columns", {"role": "psu", "column_name": "HOUSE"})
    store.given("definitions.eligibility_columns", {"wave": "w1", "column_name": "STAT", "contains": "x"})
    store.given("definitions.number_columns", {"column_name": "WT"})
    said = {"AGE": "30", "HOUSE": "h", "STAT": None, "WT": "2", "OTHER": "9"}
    store.given_delivery("roster", {"ID": "a", **said})
    store.given_delivery("w1", {"ID": "b", **said})
    assert store.staged("cells", "source", "panel_member_id", "column_name", "value") == [
        ("roster", "a", "HOUSE", "h"),
        ("roster", "a", "STAT", None),
        ("roster", "a", "WT", "2"),
        ("w1", "b", "AGE", "30"),
    ]


@pytest.fixture
def two_waves_with_trust(store: Store) -> Store:
    """Give a question that two waves asked in different columns, blank once."""
    store.given("definitions.item_columns", {"wave": "w1", "item": "trust", "column_name": "Q1"})
    store.given("definitions.item_columns", {"wave": "w2", "item": "trust", "column_name": "Q7"})
    store.given_delivery("w1", {"ID": "a", "Q1": "4", "Q7": "5"}, {"ID": "b", "Q1": None, "Q7": None})
    store.given_delivery("w2", {"ID": "a", "Q1": "4"}, delivery_id="d2")
    return store


def test_answers_are_the_cells_of_item_columns_blank_ones_too(two_waves_with_trust: Store) -> None:
    columns = ("wave", "row_number", "panel_member_id", "item", "value")
    assert two_waves_with_trust.staged("answers", *columns) == [
        ("w1", 1, "a", "trust", "4"),
        ("w1", 2, "b", "trust", None),
    ]


def test_each_different_value_of_an_item_is_listed_once(two_waves_with_trust: Store) -> None:
    assert two_waves_with_trust.staged("delivered_values", "wave", "item", "value") == [
        ("w1", "trust", "4"),
        ("w1", "trust", None),
    ]


def test_a_column_may_be_two_items_and_the_id_one(store: Store) -> None:
    placed = (("trust", "Q1"), ("trust_again", "Q1"), ("whose", "ID"))
    store.given(
        "definitions.item_columns", *({"item": item, "column_name": column} for item, column in placed), wave="w1"
    )
    store.given_delivery("w1", {"ID": "a", "Q1": "4"})
    assert store.staged("answers", "item", "value") == [("trust", "4"), ("trust_again", "4"), ("whose", "a")]


def test_columns_whose_names_differ_in_case_only_stay_apart(store: Store) -> None:
    placed = (("low", "q1"), ("high", "Q1"), ("odd", "a 'quoted' \"name\""))
    store.given(
        "definitions.item_columns", *({"item": item, "column_name": column} for item, column in placed), wave="w1"
    )
    store.given_delivery("w1", {"ID": "a", "q1": "4", "Q1": "5", "a 'quoted' \"name\"": "6", "c2": "7"})
    assert store.staged("answers", "item", "value") == [("high", "5"), ("low", "4"), ("odd", "6")]


def test_a_column_with_another_meaning_is_kept_as_cells(store: Store) -> None:
    given_columns(store, "w1", producer_weight="WT", mode="M")
    store.given_delivery("w1", {"ID": "a", "WT": "1.5", "M": "web"})
    assert store.staged("cells", "column_name", "value") == [("WT", "1.5")]


def test_a_linked_id_counts_as_its_member(store: Store) -> None:
    store.given("raw.member_links", {"alias": "b", "panel_member_id": "a"})
    store.given("raw.member_links", {"alias": "b", "panel_member_id": "z"}, survey="t")
    store.given_delivery("w1", {"ID": "b"}, {"ID": "c"})
    assert store.staged("delivered_rows", "panel_member_id") == [("a",), ("c",)]
