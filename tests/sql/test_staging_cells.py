"""staging.cells: what counts of the deliveries."""

from tests.sql.conftest import Store

COLUMNS = ("source", "row_number", "panel_member_id", "column_name", "value")


def given_id_column(store: Store, source: str = "w1", survey: str = "s") -> None:
    store.given(
        "definitions.source_columns", {"source": source, "name": "panel_member_id", "column_name": "ID"}, survey=survey
    )


def test_every_cell_of_a_row_carries_its_member(store: Store) -> None:
    given_id_column(store)
    store.given("definitions.source_columns", {"source": "w1", "name": "completed_at", "column_name": "Q"})
    store.given_delivery("w1", {"ID": "a", "Q": "1"}, {"ID": "b", "Q": None})
    assert store.rows("staging.cells", *COLUMNS) == [
        ("w1", 1, "a", "ID", "a"),
        ("w1", 1, "a", "Q", "1"),
        ("w1", 2, "b", "ID", "b"),
        ("w1", 2, "b", "Q", None),
    ]


def test_only_accepted_deliveries_count(store: Store) -> None:
    given_id_column(store)
    store.given_delivery("w1", {"ID": "old"}, delivery_id="d1", status="superseded")
    store.given_delivery("w1", {"ID": "new"}, delivery_id="d2")
    store.given_delivery("w1", {"ID": "wrong"}, delivery_id="d3", status="held")
    store.given("raw.refused_rows", {"rule": "x", "row_number": 1, "source": "w1"}, delivery_id="d1")
    assert store.rows("staging.cells", "panel_member_id") == [("new",)]


def test_refused_rows_are_left_out_once_however_many_rules_they_break(store: Store) -> None:
    given_id_column(store)
    given_id_column(store, "w2")
    store.given_delivery("w1", {"ID": "a"}, {"ID": "b"})
    store.given_delivery("w2", {"ID": "b"}, delivery_id="d2")
    store.given(
        "raw.refused_rows", {"rule": "item-codes"}, {"rule": "one-row"}, delivery_id="d", source="w1", row_number=1
    )
    assert store.rows("staging.cells", "source", "panel_member_id") == [("w1", "b"), ("w2", "b")]


def test_rows_of_no_member_are_left_out(store: Store) -> None:
    given_id_column(store)
    store.given_delivery("w1", {"ID": None, "Q": "1"}, {"ID": "b", "Q": "2"})
    assert store.rows("staging.cells", "panel_member_id", "column_name") == [("b", "ID"), ("b", "Q")]


def test_one_file_may_serve_two_sources_and_two_surveys(store: Store) -> None:
    given_id_column(store)
    given_id_column(store, "w2")
    given_id_column(store, survey="t")
    for source in ("w1", "w2"):
        store.given_delivery(source, {"ID": "a"}, delivery_id="same")
    store.given("raw.deliveries", {"n_delivered": 1, "n_accepted": 0, "n_refused": 1, "n_superseded": 0},
                survey="t", delivery_id="same", source="w1", status="held")  # fmt: skip
    store.given(
        "raw.cells", {"column_name": "ID", "value": "a"}, survey="t", delivery_id="same", source="w1", row_number=1
    )
    store.given("raw.refused_rows", {"rule": "x"}, survey="t", delivery_id="same", source="w1", row_number=1)
    store.given("raw.refused_rows", {"rule": "x"}, delivery_id="same", source="w2", row_number=1)
    assert store.rows("staging.cells", "survey", "source") == [("s", "w1")]
