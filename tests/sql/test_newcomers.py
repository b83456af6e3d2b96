"""What a newcomer reads first: the readme and the worked queries, written from what the file holds."""

from tests.sql.conftest import Store


def given_panel(store: Store) -> None:
    """Put two waves with an item that has a headline, one without, and a domain, into the store."""
    store.given("definitions.surveys", {"title": "A panel"})
    for item, order in (("plain", 1), ("trust", 2)):
        store.given("definitions.items", {"item": item, "item_order": order, "kind": "category", "is_published": True})
        store.given("definitions.answer_options", {"item": item, "option_order": 1, "code": "1", "label": "Yes"})
    store.given("definitions.headlines", {"item": "trust", "headline": "agree", "code": "1"})
    store.given("definitions.weight_ids", {"weight_id": "each", "weight_order": 1})
    store.given("definitions.domains", {"domain": "sex", "variable": "sex", "is_published": True, "domain_order": 1})
    store.given("definitions.domain_values", {"domain": "sex", "domain_value": "F", "value_order": 1})
    held = {"weight_id": "each", "kind": "cross_sectional", "panel_member_id": "a", "weight": 1.0}
    for number in (1, 2):
        wave = f"w{number}"
        store.given("definitions.waves", {"wave": wave, "wave_number": number})
        store.given("core.waves", {"wave": wave, "wave_number": number, "is_delivered": True})
        store.given("analysis.weights", {**held, "wave": wave, "wave_set": wave})
        for item in ("plain", "trust"):
            store.given("definitions.item_columns", {"item": item, "wave": wave, "column_name": item})
    for model in ("surveys", "items", "answer_options", "domains", "weights", "weight_ids", "waves", "weight_waves"):
        store.make(f"marts.{model}")


def test_examples_ask_for_an_item_with_a_headline_its_waves_and_the_first_domain(store: Store) -> None:
    given_panel(store)
    queries = [query for (query,) in store.rows("marts.examples", "query")]
    assert "from share('trust', wave := 'w2')" in queries
    assert "from share('trust', \"by\" := 'sex')" in queries
    assert "from change_between('trust', 'w1', 'w2')" in queries
    assert "from crosstab('trust', 'plain', 'w2')" in queries
    assert len(queries) == 12


def test_the_readme_has_ten_rows_that_name_the_survey_and_begin_with_a_query(store: Store) -> None:
    given_panel(store)
    store.make("marts.examples")
    rows = store.rows("marts.readme", "step", "about", "what", "first_query")
    assert [step for step, *_ in rows] == list(range(1, 11))
    assert rows[0][2].startswith("A panel. 2 waves, 0 complete interviews.")
    assert rows[2][3] == "from share('trust', wave := 'w2')"


def test_without_any_survey_there_is_a_readme_and_no_example(store: Store) -> None:
    assert store.rows("marts.examples", "query") == []
    assert len(store.rows("marts.readme", "step")) == 10
