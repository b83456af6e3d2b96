"""core.answers: what a delivered value means."""

from typing import Any

import pytest

from tests.sql.conftest import Store

COLUMNS = ("code", "label", "missing_kind", "number")


@pytest.fixture(autouse=True)
def agree_item(store: Store) -> None:
    """An item with labels, a missing code, and a number and a text beside it."""
    store.given("definitions.surveys", {"blank": "skipped"})
    store.given(
        "definitions.items",
        {"item": "trust", "kind": "category"},
        {"item": "hours", "kind": "number"},
        {"item": "open", "kind": "text"},
    )
    for order, (code, label) in enumerate((("1", "Disagree"), ("9", "Agree"), ("-8", "Yes"))):
        store.given("definitions.answer_options", {"item": "x", "option_order": order, "code": code, "label": label})
    options = (("1", "Agree", None), ("2", "Disagree", None), ("-8", "Don't know", "dont_know"))
    for order, (code, label, missing) in enumerate(options):
        store.given(
            "definitions.answer_options",
            {"item": "trust", "option_order": order, "code": code, "label": label, "missing_kind": missing},
        )
    store.given(
        "definitions.answer_options",
        {"item": "hours", "option_order": 1, "code": "-9", "label": "Refused", "missing_kind": "refused"},
    )


def given_value(store: Store, wave: str, item: str, value: str | None, survey: str = "s", **facts: Any) -> None:
    delivered = {"wave": wave, "item": item, "value": value, "survey": survey}
    store.given("staging.delivered_values", delivered)
    store.given("staging.answers", {**delivered, "row_number": 1, **facts})


def understood(store: Store, *columns: str) -> list[tuple[Any, ...]]:
    for model in ("understood_values", "understood_answers", "passed_over"):
        store.make(f"core.{model}")
    return store.rows("core.answers", *columns)


def given_answer(store: Store, value: str | None, *, item: str = "trust", member: str = "a", **facts: Any) -> None:
    is_respondent = facts.get("is_respondent", True)
    given_value(store, "w1", item, value, panel_member_id=member)
    store.given("core.participation", {"wave": "w1", "panel_member_id": member, "is_respondent": is_respondent})


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        ("1", ("1", "Agree", None, None)),
        ("Disagree", ("2", "Disagree", None, None)),
        ("-8", ("-8", "Don't know", "dont_know", None)),
        ("Don't know", ("-8", "Don't know", "dont_know", None)),
        (None, (None, None, "skipped", None)),
        ("7", ("7", None, None, None)),
    ],
)
def test_a_value_is_a_code_or_a_label_or_blank(
    store: Store, delivered: str | None, expected: tuple[str | None, ...]
) -> None:
    given_answer(store, delivered)
    assert understood(store, *COLUMNS) == [expected]


def test_a_code_goes_before_a_label_that_reads_the_same(store: Store) -> None:
    store.given("definitions.answer_options", {"item": "trust", "option_order": 9, "code": "9", "label": "1"})
    given_answer(store, "1")
    assert understood(store, "code") == [("1",)]


def test_of_two_codes_with_one_label_the_first_is_meant(store: Store) -> None:
    store.given("definitions.answer_options", {"item": "trust", "option_order": 9, "code": "9", "label": "Agree"})
    given_answer(store, "Agree")
    assert understood(store, "code") == [("1",)]


def test_a_recode_of_the_wave_comes_first(store: Store) -> None:
    store.given("definitions.item_recodes", {"wave": "w1", "item": "trust", "delivered_value": "1", "code": "2"})
    store.given("definitions.item_recodes", {"wave": "w2", "item": "trust", "delivered_value": "2", "code": "1"})
    store.given(
        "definitions.item_recodes", {"wave": "w1", "item": "hours", "delivered_value": "8 or more", "code": "8"}
    )
    store.given("definitions.item_recodes", {"wave": "w1", "item": "open", "delivered_value": "-8", "code": "1"})
    given_answer(store, "1")
    given_answer(store, "-8", member="b")
    given_answer(store, "8 or more", item="hours", member="c")
    assert understood(store, "panel_member_id", *COLUMNS) == [
        ("a", "2", "Disagree", None, None),
        ("b", "-8", "Don't know", "dont_know", None),
        ("c", "8", "8", None, 8.0),
    ]


def test_a_blank_can_be_recoded(store: Store) -> None:
    store.given("definitions.item_recodes", {"wave": "w1", "item": "trust", "delivered_value": "", "code": "-8"})
    given_answer(store, None)
    assert understood(store, *COLUMNS) == [("-8", "Don't know", "dont_know", None)]


@pytest.mark.parametrize(
    ("delivered", "expected"),
    [
        ("4", ("4", "4", None, 4.0)),
        ("-9", ("-9", "Refused", "refused", None)),
        ("Refused", ("-9", "Refused", "refused", None)),
        ("many", ("many", "many", None, None)),
        (None, (None, None, "skipped", None)),
    ],
)
def test_a_number_is_a_number_or_missing(store: Store, delivered: str | None, expected: tuple[Any, ...]) -> None:
    given_answer(store, delivered, item="hours")
    assert understood(store, *COLUMNS) == [expected]


def test_text_stays_text(store: Store) -> None:
    given_answer(store, "12", item="open")
    given_answer(store, None, item="open", member="b")
    assert understood(store, *COLUMNS) == [("12", "12", None, None), (None, None, "skipped", None)]


def test_the_same_value_means_what_its_own_item_and_wave_say(store: Store) -> None:
    store.given("definitions.item_recodes", {"wave": "w2", "item": "trust", "delivered_value": "1", "code": "2"})
    given_answer(store, "1")
    for wave, item in (("w1", "hours"), ("w2", "trust")):
        given_value(store, wave, item, "1", panel_member_id="a")
    store.given("core.participation", {"wave": "w2", "panel_member_id": "a", "is_respondent": True})
    assert understood(store, "wave", "item", "label") == [
        ("w1", "hours", "1"),
        ("w1", "trust", "Agree"),
        ("w2", "trust", "Disagree"),
    ]


def test_only_respondents_and_the_removed_have_answers(store: Store) -> None:
    given_answer(store, "1")
    given_value(store, "w1", "trust", "1", panel_member_id="removed")
    out = {"wave": "w1", "panel_member_id": "removed", "is_respondent": False, "disposition": "removed_quality"}
    store.given("core.participation", out)
    given_answer(store, "1", member="partial", is_respondent=False)
    given_value(store, "w1", "trust", "1", panel_member_id="x")
    assert understood(store, "wave", "panel_member_id") == [("w1", "a"), ("w1", "removed")]


def test_an_item_of_another_survey_has_its_own_options(store: Store) -> None:
    store.given("definitions.surveys", {"blank": "not_distinguished"}, survey="t")
    store.given("definitions.items", {"item": "trust", "kind": "category"}, survey="t")
    store.given(
        "definitions.answer_options", {"item": "trust", "option_order": 1, "code": "1", "label": "Yes"}, survey="t"
    )
    given_answer(store, "1")
    for member, value in (("a", "1"), ("b", None)):
        row = {"wave": "w1", "panel_member_id": member}
        given_value(store, "w1", "trust", value, survey="t", panel_member_id=member)
        store.given("core.participation", {**row, "is_respondent": True}, survey="t")
    assert understood(store, "survey", "panel_member_id", "label", "missing_kind") == [
        ("s", "a", "Agree", None),
        ("t", "a", "Yes", None),
        ("t", "b", None, "not_distinguished"),
    ]


def given_route(store: Store) -> None:
    store.given("definitions.item_routes", {"wave": "w1", "item": "hours", "asking_item": "trust", "code": "1"})


@pytest.mark.parametrize(
    ("trust", "hours", "expected"),
    [
        ("1", "8", ("8", None)),
        ("1", None, (None, "skipped")),
        ("2", None, (None, "not_asked")),
        ("2", "8", (None, "not_asked")),
        (None, None, (None, "not_asked")),
    ],
)
def test_the_routing_tells_not_asked_from_skipped(
    store: Store, trust: str | None, hours: str | None, expected: tuple[str | None, ...]
) -> None:
    given_route(store)
    store.given("core.participation", {"wave": "w1", "panel_member_id": "a", "is_respondent": True})
    for item, value in (("trust", trust), ("hours", hours)):
        given_value(store, "w1", item, value, panel_member_id="a")
    found = {item: rest for item, *rest in understood(store, "item", "code", "missing_kind")}
    assert tuple(found["hours"]) == expected


def test_a_route_whose_asking_item_was_not_delivered_asks_everybody(store: Store) -> None:
    given_route(store)
    given_answer(store, None, item="hours")
    assert understood(store, "missing_kind") == [("skipped",)]


@pytest.mark.parametrize(("ballot", "expected"), [("a", "not_distinguished"), ("c", "not_asked")])
def test_the_split_sample_tells_who_was_not_asked(store: Store, ballot: str, expected: str) -> None:
    store.connection.execute("update definitions.surveys set blank = 'not_distinguished'").fetchall()
    for value in ("a", "b"):
        store.given(
            "definitions.item_ballots", {"wave": "w1", "item": "trust", "column_name": "BALLOT", "value": value}
        )
    store.given_cells("w1", "a", 1, BALLOT=ballot)
    given_answer(store, None)
    assert understood(store, "missing_kind") == [(expected,)]


def test_each_wave_has_a_version_which_is_another_whenever_its_rows_are_made(store: Store) -> None:
    store.given("definitions.waves", {"wave": "w1", "wave_number": 1}, {"wave": "w2", "wave_number": 2})
    first, second = (store.rows("core.wave_versions", "survey", "wave", "version") for _ in range(2))
    assert [row[:2] for row in first] == [("s", "w1"), ("s", "w2")]
    assert len({version for *_, version in [*first, *second]}) == 4
