"""The marts that replicate weights and the macros stand on: given rows, expected rows."""

import pytest

from tests.sql.conftest import Store

HELD = {"weight_id": "each", "wave": "w1", "kind": "cross_sectional", "wave_set": "w1", "replicate_set": "d"}
OF_SET = {"replicate_set": "d", "kind": "bootstrap", "n_replicates": 3, "coefficients": [0.25, 0.25, 0.5]}


def given_weights(store: Store) -> None:
    store.given("analysis.weights", {"panel_member_id": "a", "weight": 10.0, "replicate_group": 1, **HELD})
    store.given("analysis.weights", {"panel_member_id": "b", "weight": 20.0, "replicate_group": 2, **HELD})
    store.connection.execute("update analysis.weights set replicate_cell = 0").fetchall()
    store.given("analysis.replicate_sets", OF_SET)
    of_group = [{"replicate_group": 1, "factors": [0.0, 2.0, 1.0]}, {"replicate_group": 2, "factors": [2.0, 0.0, 1.0]}]
    store.given("analysis.replicate_factors", *of_group, replicate_set="d")
    ratios = {"replicate_cell": 0, "replicate_set": "d", "ratios": [1.5, 1.0, None]}
    store.given("analysis.replicate_ratios", ratios, weight_id="each", wave_set="w1")
    for table in ("weights", "replicate_sets", "replicate_factors", "replicate_ratios"):
        store.make(f"marts.{table}")


def test_a_replicate_weight_is_weight_times_factor_times_ratio_and_empty_where_it_failed(store: Store) -> None:
    given_weights(store)
    rows = store.rows("marts.replicate_weights", "panel_member_id", "weight_id", "wave", "weight", "replicate_weights")
    assert rows == [("a", "each", "w1", 10.0, [0.0, 20.0, None]), ("b", "each", "w1", 20.0, [60.0, 0.0, None])]


def test_the_draws_are_published_with_what_each_deviation_counts(store: Store) -> None:
    given_weights(store)
    columns = ("replicate_set", "kind", "n_replicates", "coefficients")
    assert store.rows("marts.replicate_sets", *columns) == [("d", "bootstrap", 3, [0.25, 0.25, 0.5])]
    assert store.rows("marts.replicate_factors", "replicate_group", "factors") == [
        (1, [0.0, 2.0, 1.0]),
        (2, [2.0, 0.0, 1.0]),
    ]
    assert store.rows("marts.replicate_ratios", "replicate_cell", "ratios") == [(0, [1.5, 1.0, None])]


def test_each_wave_takes_its_first_cross_sectional_weight_of_itself_else_the_first_longitudinal(store: Store) -> None:
    given_weights(store)
    longitudinal = {"kind": "longitudinal", "wave_set": "w1+w2", "weight": 5.0, "panel_member_id": "a"}
    for order, weight_id in enumerate(("second", "first", "each")):
        store.given("definitions.weight_ids", {"weight_id": weight_id, "weight_order": 3 - order})
        if weight_id != "each":
            store.given(
                "analysis.weights", *({**longitudinal, "wave": wave} for wave in ("w1", "w2")), weight_id=weight_id
            )
    for wave, number in (("w1", 1), ("w2", 2)):
        store.given("core.waves", {"wave": wave, "wave_number": number})
    for table in ("weights", "weight_ids", "waves"):
        store.make(f"marts.{table}")
    columns = ("wave", "weight_id", "wave_set", "n_holders", "sum_of_weights", "is_default", "n_replicates")
    assert store.rows("marts.weight_waves", *columns) == [
        ("w1", "each", "w1", 2, 30.0, True, 2),
        ("w1", "first", "w1+w2", 1, 5.0, False, None),
        ("w1", "second", "w1+w2", 1, 5.0, False, None),
        ("w2", "first", "w1+w2", 1, 5.0, True, None),
        ("w2", "second", "w1+w2", 1, 5.0, False, None),
    ]


def test_published_domains_are_listed_with_their_values_and_bands(store: Store) -> None:
    for domain, is_published in (("age_group", True), ("tenure", False)):
        store.given(
            "definitions.domains",
            {
                "domain": domain,
                "label": domain.title(),
                "variable": "v",
                "is_published": is_published,
                "domain_order": 1,
            },
        )
        store.given(
            "definitions.domain_values", {"domain": domain, "domain_value": "65+", "value_order": 2, "low": 65.0}
        )
    columns = ("domain", "label", "domain_value", "value_order", "low", "high")
    assert store.rows("marts.domains", *columns) == [("age_group", "Age_Group", "65+", 2, 65.0, None)]


@pytest.mark.parametrize(("freedom", "quantile"), [(1, 12.7), (2, 4.3)])
def test_t_is_published_as_computed(store: Store, freedom: int, quantile: float) -> None:
    row = {"degrees_of_freedom": freedom, "confidence": 0.95, "quantile": quantile, "power_quantile": 1.0}
    columns = "degrees_of_freedom, confidence, quantile, power_quantile, coefficients"
    values = ", ".join(str(value) for value in row.values())
    store.connection.execute(f"insert into analysis.t_distribution ({columns}) values ({values}, [1.0])").fetchall()
    assert store.rows("marts.t_distribution", *columns.split(", ")) == [(*row.values(), [1.0])]
