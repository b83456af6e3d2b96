"""core.members, profile, member_domains, roster_numbers and design: who the members are."""

from datetime import date

from tests.sql.conftest import Store


def given_members(store: Store, *members: str) -> None:
    store.given("core.members", *({"panel_member_id": member} for member in members))


def test_members_are_one_row_each_the_first_listing_counts(store: Store) -> None:
    listing = {"panel_member_id": "a", "joined_on": date(2024, 1, 1), "cohort": "1", "route": "post"}
    store.given("staging.members", {**listing, "row_number": 1}, {**listing, "row_number": 2, "cohort": "2"})
    store.given("staging.members", {"panel_member_id": "a", "row_number": 9, "survey": "t", "exit_reason": "died"})
    columns = ("survey", "panel_member_id", "joined_on", "exit_reason", "cohort", "route")
    assert store.rows("core.members", *columns) == [
        ("s", "a", date(2024, 1, 1), None, "1", "post"),
        ("t", "a", None, "died", None, None),
    ]


def test_status_is_as_listed_or_follows_from_leaving(store: Store) -> None:
    store.given("definitions.source_columns", {"source": "roster", "name": "left_on", "column_name": "END"})
    for source, name in (("w1", "left_on"), ("roster", "joined_on")):
        column = {"source": source, "name": name, "column_name": "END"}
        store.given("definitions.source_columns", column)
        store.given("definitions.source_columns", column, survey="t")
    store.given(
        "staging.members",
        {"panel_member_id": "listed", "row_number": 1, "status": "paused", "left_on": date(2024, 1, 1)},
        {"panel_member_id": "gone", "row_number": 2, "left_on": date(2024, 1, 1)},
        {"panel_member_id": "there", "row_number": 3},
    )
    store.given("staging.members", {"panel_member_id": "unknown", "row_number": 1, "survey": "t"})
    assert store.rows("core.members", "panel_member_id", "status", "left_on") == [
        ("gone", "left", date(2024, 1, 1)),
        ("listed", "paused", date(2024, 1, 1)),
        ("there", "active", None),
        ("unknown", None, None),
    ]


def test_profile_values_are_ours_where_renamed(store: Store) -> None:
    given_members(store, "a", "b")
    renamed = {"delivered_value": "89 or Older", "value": "89"}
    store.given("definitions.profile_values", {"variable": "age", **renamed}, {"variable": "other", **renamed})
    store.given(
        "staging.profile",
        {"panel_member_id": "a", "variable": "age", "value": "89 or Older"},
        {"panel_member_id": "b", "variable": "age", "value": "30"},
        {"panel_member_id": "stranger", "variable": "age", "value": "30"},
    )
    assert store.rows("core.profile", "panel_member_id", "variable", "value") == [
        ("a", "age", "89"),
        ("b", "age", "30"),
    ]


def test_a_profile_value_declared_null_is_not_known(store: Store) -> None:
    given_members(store, "a")
    store.given("definitions.profile_values", {"variable": "sex", "delivered_value": "4", "value": ""})
    store.given("staging.profile", {"panel_member_id": "a", "variable": "sex", "value": "4"})
    assert store.rows("core.profile", "panel_member_id", "variable", "value") == []


def given_age_bands(store: Store) -> None:
    store.given("definitions.domains", {"domain": "age_group", "variable": "age", "is_banded": True})
    bands = ({"domain_value": "18-29", "low": 18.0, "high": 29.0}, {"domain_value": "30+", "low": 30.0, "high": None},
             {"domain_value": "under 18", "low": None, "high": 17.0})  # fmt: skip
    rows = [{**band, "value_order": order} for order, band in enumerate(bands)]
    store.given("definitions.domain_values", *rows, domain="age_group")


def test_bands_include_both_ends_and_may_be_open(store: Store) -> None:
    given_age_bands(store)
    ages = {"a": "18", "b": "29", "c": "30", "d": "99", "e": "17", "f": "unknown", "g": "29.5"}
    store.given("core.profile", *({"panel_member_id": m, "value": age} for m, age in ages.items()), variable="age")
    assert store.rows("core.member_domains", "panel_member_id", "domain_value") == [
        ("a", "18-29"),
        ("b", "18-29"),
        ("c", "30+"),
        ("d", "30+"),
        ("e", "under 18"),
    ]


def test_a_domain_without_bands_has_the_categories_of_its_variable(store: Store) -> None:
    store.given("definitions.domains", {"domain": "region", "variable": "area", "is_banded": False})
    store.given("definitions.domains", {"domain": "other", "variable": "other", "is_banded": False})
    for order, value in enumerate(("North", "South")):
        store.given("definitions.domain_values", {"domain": "region", "domain_value": value, "value_order": order})
    store.given("definitions.domain_values", {"domain": "other", "domain_value": "East", "value_order": 1})
    store.given(
        "core.profile",
        {"panel_member_id": "a", "variable": "area", "value": "North"},
        {"panel_member_id": "b", "variable": "area", "value": "East"},
    )
    assert store.rows("core.member_domains", "panel_member_id", "domain", "domain_value") == [("a", "region", "North")]


def test_of_overlapping_bands_the_first_holds_the_member(store: Store) -> None:
    store.given("definitions.domains", {"domain": "d", "variable": "age", "is_banded": True})
    store.given("definitions.domain_values", {"domain_value": "later", "value_order": 2, "low": 1.0}, domain="d")
    store.given("definitions.domain_values", {"domain_value": "first", "value_order": 1, "low": 1.0}, domain="d")
    store.given("core.profile", {"panel_member_id": "a", "variable": "age", "value": "5"})
    assert store.rows("core.member_domains", "domain_value") == [("first",)]


def test_roster_numbers_are_of_members(store: Store) -> None:
    given_members(store, "a")
    store.given("staging.roster_numbers", *({"panel_member_id": m, "value": 0.5} for m in ("a", "x")), column_name="P")
    assert store.rows("core.roster_numbers", "panel_member_id", "column_name", "value") == [("a", "P", 0.5)]


def given_design(store: Store, **columns: str) -> None:
    for order, (column, role) in enumerate(columns.items(), start=1):
        store.given("definitions.design_columns", {"role": role, "column_order": order, "column_name": column})


def test_strata_of_several_columns_are_joined_in_declared_order(store: Store) -> None:
    given_design(store, COHORT="stratum", AREA="stratum", HOUSEHOLD="psu")
    given_members(store, "a", "b")
    store.given_cells("roster", "a", 1, AREA="north", COHORT="1", HOUSEHOLD="h1", OTHER="x")
    store.given_cells("roster", "b", 2, AREA="north", COHORT=None, HOUSEHOLD=None)
    store.given_cells("w1", "b", 1, COHORT="9", HOUSEHOLD="h9")
    assert store.rows("core.design", "panel_member_id", "stratum", "psu") == [("a", "1*north", "h1"), ("b", None, None)]


def test_every_member_is_a_psu_when_none_is_declared(store: Store) -> None:
    given_design(store, AREA="stratum")
    given_members(store, "a")
    store.given("core.members", {"panel_member_id": "b", "survey": "undesigned"})
    store.given_cells("roster", "a", 1, AREA="north")
    assert store.rows("core.design", "panel_member_id", "stratum", "psu") == [("a", "north", "a"), ("b", None, "b")]


def test_members_recruited_by_other_means_are_flagged_and_a_stratum_of_their_own(store: Store) -> None:
    store.given("definitions.other_means", {"route": "open link"})
    store.given(
        "definitions.design_columns",
        {"role": "stratum", "column_order": 1, "column_name": "STRATUM"},
        {"role": "psu", "column_order": 1, "column_name": "HOUSE"},
    )
    store.given(
        "staging.members",
        {"panel_member_id": "drawn", "row_number": 1, "route": "post"},
        {"panel_member_id": "volunteer", "row_number": 2, "route": "open link"},
    )
    store.given(
        "staging.cells",
        {"source": "roster", "panel_member_id": "drawn", "column_name": "STRATUM", "value": "north"},
        {"source": "roster", "panel_member_id": "drawn", "column_name": "HOUSE", "value": "7"},
    )
    flags = store.rows("core.members", "panel_member_id", "is_probability_member")
    assert flags == [("drawn", True), ("volunteer", False)]
    assert store.rows("core.design", "panel_member_id", "stratum", "psu") == [
        ("drawn", "north", "7"),
        ("volunteer", "recruited by other means", "volunteer"),
    ]
