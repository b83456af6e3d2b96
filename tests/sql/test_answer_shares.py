"""How often each answer was given in the deliveries in use: what the next delivery is compared with."""

from pipeline.answer_shares import STORED_SQL, combined
from pipeline.warehouse import read
from tests.sql.conftest import Store


def counted(store: Store, source: str, n: int, *, status: str = "accepted", part: str = "", survey: str = "s") -> None:
    """Put a delivery in which one answer was given so often."""
    rows = {"n_delivered": n, "n_accepted": n, "n_refused": 0, "n_superseded": 0}
    key = {"survey": survey, "source": source, "delivery_id": f"{source}{part}{status}"}
    store.given("raw.deliveries", {**key, **rows, "status": status, "part": part})
    store.given("raw.answer_counts", {**key, "item": "trust", "code": "1", "n": n})


def test_answers_of_deliveries_in_use_are_added_up_by_wave(store: Store) -> None:
    counted(store, "w1", 1)
    counted(store, "w1", 10, status="superseded")
    counted(store, "w1", 100, survey="other")
    counted(store, "w2", 2, part="web")
    counted(store, "w2", 20, part="paper")
    found = combined(read(store.connection, STORED_SQL, ["s"]), {})
    assert sorted(found.rows()) == [("w1", "trust", "1", 1), ("w2", "trust", "1", 22)]
