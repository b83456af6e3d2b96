"""The marts: what is published of core, definitions and the log."""

from datetime import date, datetime

import polars as pl
import pytest

from pipeline.warehouse.comments import table_comment
from pipeline.warehouse.connection import SQL_FOLDER
from pipeline.warehouse.models import model_files
from tests.sql.conftest import Store

MARTS = [path.stem for path in model_files("marts")]
PROMISED = {  # design.md: columns that users script against, in this order
    "estimates": "survey wave weight_id item statistic category domain domain_value variance_method inference estimate "
    "standard_error ci_low ci_high degrees_of_freedom unweighted_n sum_of_weights design_effect effective_n "
    "unweighted_estimate is_suppressed",
    "changes": "survey wave_from wave_to kind weight_id item statistic category domain domain_value variance_method "
    "estimate_from estimate_to change standard_error ci_low ci_high p_value p_value_corrected overlap_n correlation "
    "verdict is_suppressed",
    "transitions": "survey wave_from wave_to weight_id item category_from category_to unweighted_n weighted_count "
    "joint_share row_share standard_error",
    "retention": "survey wave domain domain_value n_first_wave n_eligible n_respondents retention_raw "
    "retention_raw_ci_low retention_raw_ci_high retention_eligible retention_eligible_ci_low "
    "retention_eligible_ci_high retention_weighted retention_weighted_ci_low retention_weighted_ci_high",
    "weights": "survey panel_member_id weight_id wave kind wave_set base_weight",
}


def columns_of(store: Store, table: str) -> list[str]:
    return store.connection.sql(f"select * from {table} limit 0").pl().columns


@pytest.mark.parametrize("table", PROMISED)
def test_promised_columns_stand_first_and_in_order(store: Store, table: str) -> None:
    promised = PROMISED[table].split()
    assert columns_of(store, f"marts.{table}")[: len(promised)] == promised


@pytest.mark.parametrize("schema", ["analysis", "log"])
def test_what_python_computes_is_published_whole(store: Store, schema: str) -> None:
    tables = store.connection.sql(f"select table_name from duckdb_tables() where schema_name = '{schema}'").pl()
    memory = {"steps", "wave_parts"}
    for table in set(tables["table_name"]) - memory - {"detailed_places", "shown_profile", "shown_categories"}:
        assert columns_of(store, f"{schema}.{table}") == columns_of(store, f"marts.{table}")


@pytest.mark.parametrize("table", MARTS)
def test_every_mart_says_what_its_rows_and_columns_are(store: Store, table: str) -> None:
    comment = table_comment((SQL_FOLDER / "marts" / f"{table}.sql").read_text(encoding="utf-8"))
    assert list(comment.columns) == columns_of(store, f"marts.{table}")
    assert comment.table.startswith("One row per ")
    assert "Key: " in comment.table


def test_how_carefully_newcomers_answer_is_of_no_item(store: Store) -> None:
    key = {"weight_id": "x", "wave": "w2", "contrast": "newcomers"}
    store.given("analysis.conditioning", {**key, "item": "", "statistic": "carefulness", "category": "time"})
    store.given("analysis.conditioning", {**key, "item": "trust", "statistic": "headline", "category": "agree"})
    assert store.rows("marts.conditioning", "item", "statistic") == [("trust", "headline"), (None, "carefulness")]


def test_members_carry_the_published_domains_they_are_in(store: Store) -> None:
    store.given("core.members", {"panel_member_id": "a", "cohort": "1", "route": "post", "joined_on": date(2024, 1, 1)})
    store.given("core.members", {"panel_member_id": "b", "status": "left"})
    for order, (domain, is_published) in enumerate((("sex", True), ("age", True), ("tenure", False))):
        store.given(
            "definitions.domains",
            {"domain": domain, "variable": domain, "is_published": is_published, "domain_order": order},
        )
        store.given("core.member_domains", {"panel_member_id": "a", "domain": domain, "domain_value": f"{domain} 1"})
    columns = ("panel_member_id", "cohort", "route", "joined_on", "status", "profile")
    published = {"sex": "sex 1", "age": "age 1"}
    rows = store.rows("marts.panel_members", *columns)
    assert rows == [("a", "1", "post", date(2024, 1, 1), None, published), ("b", None, None, None, "left", None)]
    assert list(rows[0][-1]) == ["sex", "age"]
    assert store.rows("marts.member_profile", "panel_member_id", "domain", "domain_value") == [
        ("a", "age", "age 1"),
        ("a", "sex", "sex 1"),
    ]


def given_wave(store: Store, wave: str, number: int, *, is_delivered: bool = True) -> None:
    store.given("core.waves", {"wave": wave, "wave_number": number, "mode": "web", "is_delivered": is_delivered})


def test_waves_count_who_was_asked_and_who_answered(store: Store) -> None:
    given_wave(store, "w1", 1)
    given_wave(store, "w2", 2)
    for member, invited, eligible, answered in (("a", 1, 1, 1), ("b", 1, 1, 0), ("c", 0, 1, 0), ("d", 0, 0, 0)):
        asked: dict[str, object] = {
            "is_invited": bool(invited),
            "is_eligible": bool(eligible),
            "is_respondent": bool(answered),
        }
        asked["disposition"] = {"b": "partial", "c": "removed_quality"}.get(member, "other")
        store.given("core.participation", {"wave": "w1", "panel_member_id": member, **asked})
    for domain, value, rate in (("all", "all", 0.5), ("sex", "Female", 0.9)):
        rates = {"completion_rate": rate, "response_rate": rate / 2, "cumulative_response_rate": rate / 4}
        store.given("analysis.response_rates", {"wave": "w1", "domain": domain, "domain_value": value, **rates})
    counts = ("n_invited", "n_eligible", "n_respondents", "n_partial", "n_removed")
    rates = ("completion_rate", "response_rate", "cumulative_response_rate")
    assert store.rows("marts.waves", "wave", *counts, *rates) == [
        ("w1", 2, 3, 1, 1, 1, 0.5, 0.25, 0.125),
        ("w2", *[None] * 8),
    ]


def test_a_wave_has_the_status_of_its_latest_release(store: Store) -> None:
    for number in (1, 2, 3):
        given_wave(store, f"w{number}", number, is_delivered=number < 3)
    released = {"wave": "w1", "released_at": datetime(2024, 1, 1)}
    store.given("log.releases", {**released, "release_id": "s-w1-r1", "release_status": "final"})
    later = {**released, "released_at": datetime(2024, 2, 1)}
    store.given("log.releases", {**later, "release_id": "s-w1-r2", "release_status": "corrected"})
    assert store.rows("marts.waves", "wave", "release_status", "release_id", "n_invited") == [
        ("w1", "corrected", "s-w1-r2", None),
        ("w2", "provisional", None, None),
        ("w3", None, None, None),
    ]


def test_pages_are_public_when_the_release_is_and_no_embargo_holds_it_or_an_earlier_wave(store: Store) -> None:
    embargo = datetime(2024, 3, 1)
    releases = {  # wave: (number, is_public, embargo_until)
        "w1": [(1, True, None)],
        "w2": [(1, True, None), (2, False, embargo)],  # a correction waits: what is out stays out, nothing is made anew
        "w3": [(1, True, None)],
        "w4": [(1, False, None)],
    }
    for number, (wave, known) in enumerate(releases.items(), 1):
        given_wave(store, wave, number)
        for place, is_public, until in known:
            row = {"wave": wave, "release_id": f"s-{wave}-r{place}", "release_status": "final"}
            when = {"released_at": datetime(2024, 1, place), "is_public": is_public, "embargo_until": until}
            store.given("log.releases", row | when)
    given_wave(store, "w5", 5)
    assert store.rows("marts.waves", "wave", "is_public") == [
        ("w1", True), ("w2", False), ("w3", False), ("w4", False), ("w5", False),
    ]  # fmt: skip
    store.connection.execute("update log.releases set is_public = true where release_id = 's-w2-r2'").fetchall()
    assert [row[1] for row in store.rows("marts.waves", "wave", "is_public")] == [True, True, True, False, False]


def test_a_release_made_before_there_were_embargoes_is_not_public_until_a_night_says_so(store: Store) -> None:
    store.given("log.releases", {"wave": "w1", "release_id": "s-w1-r1", "release_status": "final"})
    assert store.rows("marts.releases", "release_id", "embargo_until", "is_public") == [("s-w1-r1", None, False)]


def test_answers_of_published_items_only_no_open_text_and_none_of_the_removed(store: Store) -> None:
    given_wave(store, "w1", 1)
    given_wave(store, "w2", 2)
    items = (
        ("trust", "category", True),
        ("hours", "number", True),
        ("secret", "category", False),
        ("open", "text", True),
    )
    for order, (item, kind, is_published) in enumerate(items):
        store.given(
            "definitions.items", {"item": item, "kind": kind, "is_published": is_published, "item_order": order}
        )
        number = 1.0 if kind == "number" else None
        row = {"wave": "w1", "panel_member_id": "a", "item": item, "code": "1", "label": "One", "number": number}
        store.given("core.answers", row)
    store.given("core.answers", {"wave": "w1", "panel_member_id": "b", "item": "trust", "missing_kind": "refused"})
    store.given("core.answers", {"wave": "w1", "panel_member_id": "removed", "item": "trust", "code": "1"})
    removed = {"wave": "w1", "panel_member_id": "removed", "disposition": "removed_quality"}
    store.given("core.participation", removed, {**removed, "panel_member_id": "a", "disposition": "complete"})
    columns = ("panel_member_id", "item", "code", "label", "missing_kind")
    assert store.rows("marts.answers", *columns) == [
        ("a", "hours", "1", "One", None),
        ("a", "trust", "1", "One", None),
        ("b", "trust", None, None, "refused"),
    ]


@pytest.mark.parametrize("number", [None, float("inf"), float("nan")])
def test_a_text_in_place_of_a_number_is_not_published(store: Store, number: float | None) -> None:
    given_wave(store, "w1", 1)
    store.given("definitions.items", {"item": "hours", "kind": "number", "is_published": True, "item_order": 1})
    written = {"wave": "w1", "panel_member_id": "a", "item": "hours", "code": "ask my son", "label": "ask my son"}
    store.given("core.answers", {**written, "number": number})
    assert store.rows("marts.answers", "code", "label", "missing_kind", "number") == [
        (None, None, "not_distinguished", None)
    ]


def test_the_codebook_says_where_an_item_was_asked_and_whether_its_answers_are_here(store: Store) -> None:
    for number in (10, 9):
        store.given("definitions.waves", {"wave": f"w{number}", "wave_number": number})
        for part, place in (("web", number), ("paper", number + 1)):
            asked = {"wave": f"w{number}", "part": part, "item": "trust", "column_name": "Q", "place": place}
            store.given("definitions.item_columns", asked)
    store.given(
        "definitions.items",
        {"item": "trust", "kind": "category", "is_published": True},
        {"item": "secret", "kind": "category", "is_published": False},
        {"item": "open", "kind": "text", "is_published": True},
    )
    assert store.rows("marts.items", "item", "waves", "places", "is_published") == [
        ("open", None, None, False),
        ("secret", None, None, False),
        ("trust", "w9+w10", {"w9": 9, "w10": 10}, True),
    ]


def test_answer_options_say_which_headlines_they_count_in(store: Store) -> None:
    store.given("definitions.items", {"item": "trust", "item_order": 1}, {"item": "other", "item_order": 2})
    for order, code in enumerate(("1", "2"), start=1):
        store.given("definitions.answer_options", {"item": "trust", "code": code, "option_order": order})
    store.given("definitions.headlines", {"item": "trust", "headline": "b", "code": "2"})
    store.given("definitions.headlines", {"item": "trust", "headline": "a", "code": "2"})
    store.given("definitions.headlines", {"item": "other", "headline": "c", "code": "1"})
    assert store.rows("marts.answer_options", "option_order", "code", "headlines") == [(1, "1", None), (2, "2", "a,b")]


def test_deliveries_keep_the_file_name_to_the_panel(store: Store) -> None:
    store.given_delivery("w1", {"ID": "a"})
    assert store.rows("marts.deliveries", "source", "status", "n_delivered") == [("w1", "accepted", 1)]
    assert "file_name" not in columns_of(store, "marts.deliveries")


@pytest.mark.parametrize(
    ("mart", "source", "row"),
    [
        ("estimates", "analysis.estimates", {"wave": "w", "weight_id": "i", "item": "q", "statistic": "share"}),
        ("retention", "analysis.retention", {"wave": "w", "n_eligible": 3}),
        ("margins", "definitions.margins", {"margin": "sex", "category": "Female", "persons": 2.5}),
        ("item_links", "definitions.item_links", {"item_from": "a", "item_to": "b", "note": "reworded"}),
        ("surveys", "definitions.surveys", {"title": "T"}),
        ("runs", "log.runs", {"run_id": "r", "message": "done"}),
    ],
)
def test_a_mart_that_only_shows_a_table_shows_all_of_its_row(
    store: Store, mart: str, source: str, row: dict[str, object]
) -> None:
    needed = {"domain": "all", "domain_value": "all"} if source.startswith("analysis") else {}
    frame = pl.DataFrame([{**row, **needed}])
    has_survey = "survey" in columns_of(store, source)
    store.connection.register("incoming", frame.with_columns(survey=pl.lit("s")) if has_survey else frame)
    store.connection.execute(f"insert into {source} by name select * from incoming").fetchall()
    store.connection.unregister("incoming")
    assert store.rows(f"marts.{mart}", *row) == [tuple(row.values())]


def test_quality_is_counted_by_wave_with_zero_where_another_wave_has_the_flag(store: Store) -> None:
    for number, wave in enumerate(("w1", "w2"), 1):
        store.given("definitions.waves", {"wave": wave, "wave_number": number})
        store.given("marts.deliveries", {"source": wave, "status": "accepted", "n_delivered": 10, "n_refused": number})
        store.given("marts.participation", {"wave": wave, "panel_member_id": "a", "disposition": "complete"})
    store.given("marts.deliveries", {"source": "w2", "status": "superseded", "n_delivered": 9, "n_refused": 9})
    store.given("marts.deliveries", {"source": "roster", "status": "accepted", "n_delivered": 9, "n_refused": 9})
    store.given("marts.participation", {"wave": "w1", "panel_member_id": "b", "disposition": "partial"})
    store.given("marts.participation", {"wave": "w2", "panel_member_id": "b", "disposition": "removed_quality"})
    store.given("marts.response_quality", {"wave": "w2", "panel_member_id": "a", "flag": "speeding"})
    for kind in (None, "skipped", "dont_know", "not_asked", "not_distinguished"):
        store.given("marts.answers", {"wave": "w1", "panel_member_id": "a", "missing_kind": kind})
    assert store.rows("marts.quality_by_wave", "wave", "measure", "n_found", "n_of") == [
        ("w1", "flag_speeding", 0, 1),
        ("w1", "item_nonresponse", 2, 3),
        ("w1", "removed", 0, 1),
        ("w1", "rows_refused", 1, 10),
        ("w2", "flag_speeding", 1, 2),
        ("w2", "removed", 1, 2),
        ("w2", "rows_refused", 2, 10),
    ]


def test_the_codebook_has_every_text_in_every_language_it_is_in(store: Store) -> None:
    store.given("definitions.surveys", {"languages": "en,cy"})
    store.given("definitions.items", {"item": "trust", "label": "Trust", "wording": "Trust them?", "item_order": 1})
    store.given("definitions.items", {"item": "hours", "label": "Hours", "wording": "How many?", "item_order": 2})
    store.given("definitions.answer_options", {"item": "trust", "code": "1", "label": "Yes", "option_order": 1})
    store.given("definitions.item_links", {"item_from": "trust", "item_to": "hours", "note": "reworded"})
    for kind, name, code, text in (
        ("label", "trust", "", "Ymddiried"),
        ("answer", "trust", "1", "Ydw"),
        ("link_note", "trust>hours", "", "wedi'i aileirio"),
        ("wording", "hours", "", "Faint?"),
        ("title", "", "", "Panel"),
    ):
        row = {"language": "cy", "kind": kind, "name": name, "code": code, "text": text, "is_reviewed": False}
        store.given("definitions.translations", row)
    told = {
        "marts.items": ["item", "labels['en']", "labels['cy']", "wordings['en']", "wordings['cy']"],
        "marts.answer_options": ["item", "labels['en']", "labels['cy']"],
        "marts.item_links": ["item_from", "notes['en']", "notes['cy']"],
    }
    assert {model: store.rows(model, *columns) for model, columns in told.items()} == {
        "marts.items": [
            ("hours", "Hours", None, "How many?", "Faint?"), ("trust", "Trust", "Ymddiried", "Trust them?", None)
        ],
        "marts.answer_options": [("trust", "Yes", "Ydw")],
        "marts.item_links": [("trust", "reworded", "wedi'i aileirio")],
    }  # fmt: skip


def test_group_tests_show_what_was_computed(store: Store) -> None:
    row = {
        "wave": "w",
        "weight_id": "i",
        "item": "q",
        "statistic": "headline",
        "domain": "sex",
        "verdict": "not tested",
    }
    store.given("analysis.group_tests", row)
    assert store.rows("marts.group_tests", *row) == [tuple(row.values())]
