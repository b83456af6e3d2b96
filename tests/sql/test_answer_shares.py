"""How often each answer was given in the waves in use: what the next delivery is compared with."""

from pipeline.answer_shares import STORED_SQL, combined
from pipeline.warehouse import read
from tests.sql.conftest import Store


def test_answers_with_a_code_are_counted_by_wave_of_one_survey(store: Store) -> None:
    store.given("definitions.items", {"item": "trust", "kind": "category"}, {"item": "comment", "kind": "text"})
    store.given("definitions.items", {"survey": "other", "item": "trust", "kind": "category"})
    for member, code, kind in (("a", "1", None), ("b", "1", None), ("c", "2", None), ("d", "-8", "dont_know")):
        row = {"panel_member_id": member, "code": code, "missing_kind": kind}
        store.given("core.answers", row, wave="w1", item="trust")
    common = {"wave": "w1", "panel_member_id": "a", "code": "words", "missing_kind": None}
    store.given("core.answers", {"item": "comment"}, {"item": "trust", "survey": "other"}, **common)
    found = combined(read(store.connection, STORED_SQL, ["s"]), [])
    assert sorted(found.rows()) == [("w1", "trust", "1", 2), ("w1", "trust", "2", 1)]
