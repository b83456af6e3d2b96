"""What the file for researchers shows in place of the marts: given rows, expected rows."""

from datetime import date, datetime

import pytest

from pipeline.warehouse.models import build_safe, run_model, run_order
from tests.sql.conftest import Store

MEMBER = {"panel_member_id": "a"}
HELD = {**MEMBER, "weight_id": "each", "wave": "w1", "kind": "cross_sectional", "wave_set": "w1", "weight": 6.0}


@pytest.fixture
def panel(store: Store) -> Store:
    """Return a survey that asks for k and one that shows everything, each with a member, an interview and a weight."""
    for survey, k in (("s", 5), ("open", None)):
        store.given("definitions.surveys", {"survey": survey, "smallest_combination": k})
        domain = {"survey": survey, "domain": "region", "variable": "region", "is_published": True, "domain_order": 1}
        store.given("definitions.domains", domain)
        value = {"survey": survey, "domain": "region", "domain_value": "North", "value_order": 1}
        store.given("definitions.domain_values", value)
        store.given("core.members", {**MEMBER, "survey": survey, "joined_on": date(2025, 3, 17)})
        store.given("core.member_domains", {**MEMBER, "survey": survey, "domain": "region", "domain_value": "North"})
        shown = "North or South" if k else "North"
        store.given("analysis.shown_profile", {**MEMBER, "survey": survey, "domain": "region", "domain_value": shown})
        categories = {"survey": survey, "domain": "region", "domain_value": "North", "shown_as": shown}
        store.given("analysis.shown_categories", categories)
        answered = {**MEMBER, "survey": survey, "wave": "w1", "completed_at": datetime(2025, 4, 2, 13, 5)}
        store.given("core.participation", answered)
        place = {"stratum": 3, "psu": 4, "replicate_set": f"d-{survey}", "replicate_group": 1, "replicate_cell": 0}
        store.given("analysis.weights", {**HELD, **place, "survey": survey, "base_weight": 2.0})
        drawn = {"survey": survey, "replicate_set": f"d-{survey}", "kind": "bootstrap", "n_replicates": 2}
        store.given("analysis.replicate_sets", {**drawn, "coefficients": [0.5, 0.5], "psus_together": k or 1})
    cost = {"key_variables": "region", "k": 5, "smallest_combination": 7, "n_members": 7, "n_categories_merged": 2}
    store.given("analysis.k_anonymity", cost)
    build(store)
    return store


def build(store: Store) -> None:
    for path in run_order("marts"):
        run_model(store.connection, path)
    build_safe(store.connection)


def shown(store: Store, query: str) -> list[tuple[object, ...]]:
    return store.connection.sql(query).pl().rows()


def test_rows_of_members_show_the_coarsened_profile_and_the_month_they_joined(panel: Store) -> None:
    rows = shown(panel, "select survey, joined_on, profile from safe.panel_members order by survey desc")
    assert rows == [
        ("s", date(2025, 3, 1), {"region": "North or South"}),
        ("open", date(2025, 3, 17), {"region": "North"}),
    ]
    assert shown(panel, "select domain_value from safe.member_profile order by survey desc") == [
        ("North or South",),
        ("North",),
    ]
    assert shown(panel, "select shown_as from safe.domains order by survey desc") == [("North or South",), ("North",)]
    assert shown(panel, "select distinct profile from marts.panel_members") == [({"region": "North"},)]


def test_interviews_show_their_day(panel: Store) -> None:
    rows = shown(panel, "select completed_at from safe.participation order by survey desc")
    assert rows == [(datetime(2025, 4, 2),), (datetime(2025, 4, 2, 13, 5),)]


def test_weights_name_neither_stratum_nor_psu_nor_what_they_are_made_of(panel: Store) -> None:
    columns = "weight, base_weight, stratum, psu, replicate_set"
    rows = shown(panel, f"select {columns} from safe.weights order by survey desc")
    assert rows == [(6.0, None, None, None, "d-s"), (6.0, 2.0, 3, 4, "d-open")]
    assert shown(panel, "select stratum from marts.weights") == [(3,), (3,)]


def test_the_secure_file_has_draws_of_single_psus_in_place_of_combined_ones(panel: Store) -> None:
    columns = "base_weight, stratum, psu, replicate_set, replicate_group"
    query = f"select {columns} from marts.weights where survey = 's'"
    assert shown(panel, query) == [(2.0, 3, 4, "d-s", 1)]
    place = {**MEMBER, "survey": "s", "weight_id": "each", "wave": "w1", "wave_set": "w1"}
    drawn = {"replicate_set": "single", "replicate_group": 9, "replicate_cell": 2}
    panel.given("analysis.detailed_places", {**place, **drawn})
    build(panel)
    assert shown(panel, query) == [(2.0, 3, 4, "single", 9)]
    assert shown(panel, "select replicate_set from safe.weights where survey = 's'") == [("d-s",)]


def test_replicates_that_draw_single_psus_are_not_shown_where_k_is_asked(panel: Store) -> None:
    panel.connection.execute("update analysis.replicate_sets set psus_together = 1").fetchall()
    build(panel)
    assert shown(panel, "select replicate_set, replicate_group from safe.weights order by survey desc") == [
        (None, None),
        ("d-open", 1),
    ]
    assert shown(panel, "select replicate_set from safe.replicate_sets") == [("d-open",)]
    assert len(shown(panel, "from marts.replicate_sets")) == 2


def test_what_it_cost_is_told_by_survey(panel: Store) -> None:
    columns = ("key_variables", "k", "smallest_combination", "n_members", "n_categories_merged")
    assert panel.rows("marts.k_anonymity", *columns) == [("region", 5, 7, 7, 2)]


def test_the_file_for_researchers_lacks_no_column_of_a_mart(panel: Store) -> None:
    columns = shown(
        panel,
        "select table_schema, table_name, column_name from information_schema.columns "
        "where table_schema in ('marts', 'safe') order by all",
    )
    safe = {(table, column) for schema, table, column in columns if schema == "safe"}
    replaced = {table for table, _ in safe}
    assert safe == {(table, column) for schema, table, column in columns if schema == "marts" and table in replaced}
