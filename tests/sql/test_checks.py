"""sql/checks: each finds the rows that break its rule, and no others."""

from typing import Any

import polars as pl
import pytest

from pipeline.warehouse import run_checks
from pipeline.warehouse.models import model_files
from tests.sql.conftest import Store

Given = dict[str, list[dict[str, Any]]]
ESTIMATE = {
    "wave": "w1", "weight_id": "x", "item": "q", "statistic": "share", "category": "yes", "domain": "all",
    "domain_value": "all", "estimate": 1.0, "standard_error": 0.1, "ci_low": 0.5, "ci_high": 1.0,
    "degrees_of_freedom": 9.0, "is_suppressed": False,
}  # fmt: skip
DELIVERY = {"delivery_id": "d", "source": "w1", "status": "accepted"} | dict.fromkeys(
    ("n_delivered", "n_accepted", "n_refused", "n_superseded"), 0
)
ANSWER = {"wave": "w1", "panel_member_id": "a", "item": "q", "code": "1", "label": "Yes"}
WEIGHT = {"wave": "w1", "panel_member_id": "a", "weight_id": "x", "kind": "longitudinal", "wave_set": "w1"}
ROW = {"wave": "w1", "row_number": 1, "panel_member_id": "a"}
EXIT = {"clock": "wave", "weighting": "weighted", "domain": "all", "domain_value": "all", "time": 1}
DOMAIN = {"domain": "sex", "variable": "sex", "is_published": True}
TARGET = {"wave": "w1", "weight_id": "x", "margin": "sex", "category": "F", "target": 100.0}

# check: (rows that keep the rule, rows that break it as well)
CASES: dict[str, tuple[Given, Given]] = {
    "delivered_rows_are_accepted_refused_or_superseded": (
        {
            "raw.deliveries": [
                {**DELIVERY, "n_delivered": 3, "n_accepted": 2, "n_refused": 1},
                {**DELIVERY, "delivery_id": "held", "status": "held", "n_delivered": 2, "n_refused": 2},
            ],
            "staging.delivered_rows": [
                {"delivery_id": "d", "source": "w1", "row_number": 2, "panel_member_id": "a"},
                {"delivery_id": "d", "source": "w1", "row_number": 3, "panel_member_id": "b"},
                {"delivery_id": "short", "source": "w1", "row_number": 1, "panel_member_id": "a"},
                {"delivery_id": "lost", "source": "w1", "row_number": 1, "panel_member_id": "a"},
                {"delivery_id": "lost", "source": "w1", "row_number": 2, "panel_member_id": "b"},
                {"delivery_id": "unexplained", "source": "w1", "row_number": 1, "panel_member_id": "a"},
                {"delivery_id": "unexplained", "source": "w1", "row_number": 2, "panel_member_id": "b"},
            ],
            "raw.refused_rows": [
                {"delivery_id": "d", "source": "w1", "row_number": 1, "rule": "a"},
                {"delivery_id": "d", "source": "w1", "row_number": 1, "rule": "b"},
                {"delivery_id": "d", "source": "w2", "row_number": 1, "rule": "a"},
                {"delivery_id": "d", "source": "w2", "row_number": 2, "rule": "a"},
            ],
        },
        {
            "raw.deliveries": [
                {**DELIVERY, "delivery_id": "lost", "n_delivered": 3, "n_accepted": 2},
                {**DELIVERY, "delivery_id": "unexplained", "n_delivered": 3, "n_accepted": 2, "n_refused": 1},
                {**DELIVERY, "delivery_id": "short", "n_delivered": 2, "n_accepted": 2},
            ]
        },
    ),
    "one_delivery_of_a_source_is_accepted": (
        {
            "raw.deliveries": [
                {**DELIVERY, "part": ""},
                {**DELIVERY, "delivery_id": "e", "status": "superseded", "part": ""},
                {**DELIVERY, "delivery_id": "g", "part": "paper"},
            ]
        },
        {"raw.deliveries": [{**DELIVERY, "delivery_id": "f", "part": ""}]},
    ),
    "every_member_is_listed_once": (
        {"staging.members": [{"row_number": 1, "panel_member_id": "a"}]},
        {"staging.members": [{"row_number": 2, "panel_member_id": "a"}]},
    ),
    "no_member_is_one_of_fewer_than_k": (
        {
            "definitions.surveys": [{"smallest_combination": 2}],
            "definitions.key_variables": [{"domain": "age", "key_order": 1}, {"domain": "sex", "key_order": 2}],
            "core.members": [{"panel_member_id": one} for one in "abcd"],
            "analysis.shown_profile": [
                {"panel_member_id": "a", "domain": "age", "domain_value": "16-34"},
                {"panel_member_id": "b", "domain": "age", "domain_value": "16-34"},
                {"panel_member_id": "c", "domain": "age", "domain_value": "not shown"},
                {"panel_member_id": "c", "domain": "sex", "domain_value": "not shown"},
                {"panel_member_id": "d", "domain": "age", "domain_value": "not shown"},
                {"panel_member_id": "d", "domain": "sex", "domain_value": "not shown"},
                {"panel_member_id": "a", "domain": "no key", "domain_value": "rare"},
            ],
        },
        {
            "core.members": [{"panel_member_id": "e"}],
            "analysis.shown_profile": [{"panel_member_id": "e", "domain": "age", "domain_value": "65+"}],
        },
    ),
    "every_response_is_from_a_known_member": (
        {"core.members": [{"panel_member_id": "a"}], "staging.wave_rows": [ROW]},
        {"staging.wave_rows": [{**ROW, "row_number": 2, "panel_member_id": "stranger"}]},
    ),
    "every_response_is_from_an_eligible_member": (
        {
            "core.participation": [
                {"wave": "w1", "panel_member_id": "a", "is_eligible": True},
                {"wave": "w2", "panel_member_id": "a", "is_eligible": False},
            ],
            "staging.wave_rows": [ROW],
        },
        {
            "core.participation": [{"wave": "w1", "panel_member_id": "b", "is_eligible": False}],
            "staging.wave_rows": [{**ROW, "row_number": 2, "panel_member_id": "b"}],
        },
    ),
    "one_interview_per_member_and_wave": (
        {"staging.wave_rows": [ROW, {**ROW, "wave": "w2"}, {**ROW, "panel_member_id": "b"}]},
        {"staging.wave_rows": [{**ROW, "row_number": 2}]},
    ),
    "one_answer_per_member_wave_and_item": (
        {"core.answers": [ANSWER, {**ANSWER, "item": "p"}, {**ANSWER, "wave": "w2"}]},
        {"core.answers": [{**ANSWER, "code": "2"}]},
    ),
    "every_answer_is_understood": (
        {
            "definitions.items": [{"item": "q", "kind": "category"}, {"item": "n", "kind": "number"}],
            "core.answers": [
                ANSWER,
                {**ANSWER, "item": "n", "number": 4.0},
                {**ANSWER, "item": "n", "code": None, "label": None, "missing_kind": "skipped"},
            ],
        },
        {
            "core.answers": [
                {**ANSWER, "label": None},
                {**ANSWER, "item": "n", "label": "many"},
                {**ANSWER, "item": "n", "label": "inf", "number": float("inf")},
            ]
        },
    ),
    "every_completion_time_is_understood": (
        {
            "staging.delivered_rows": [
                {"source": "w1", "row_number": 1, "panel_member_id": "a", "delivery_id": "d", "completed_at": None},
                {"source": "w1", "row_number": 3, "panel_member_id": "c", "delivery_id": "d", "completed_at": "1/1/24"},
            ],
            "staging.wave_rows": [
                {**ROW, "delivery_id": "d"},
                {**ROW, "row_number": 3, "panel_member_id": "c", "wave": "w2", "delivery_id": "d"},
                {**ROW, "row_number": 3, "panel_member_id": "c", "delivery_id": "e"},
                {**ROW, "row_number": 3, "delivery_id": "d", "completed_at": "2024-01-01 00:00:00"},
            ],
        },
        {
            "staging.delivered_rows": [
                {"source": "w1", "row_number": 2, "panel_member_id": "b", "delivery_id": "d", "completed_at": "noon"}
            ],
            "staging.wave_rows": [{**ROW, "row_number": 2, "panel_member_id": "b", "delivery_id": "d"}],
        },
    ),
    "every_profile_value_is_in_its_domains": (
        {
            "definitions.domains": [DOMAIN],
            "core.profile": [
                {"panel_member_id": "a", "variable": "sex", "value": "F"},
                {"panel_member_id": "c", "variable": "unused", "value": "?"},
            ],
            "core.member_domains": [{"panel_member_id": "a", "domain": "sex", "domain_value": "F"}],
        },
        {
            "core.profile": [{"panel_member_id": "b", "variable": "sex", "value": "?"}],
            "core.member_domains": [{"panel_member_id": "b", "domain": "other", "domain_value": "F"}],
        },
    ),
    "every_member_has_a_place_in_the_design": (
        {
            "definitions.design_columns": [
                {"role": "stratum", "column_name": "S"},
                {"role": "psu", "column_name": "P"},
            ],
            "core.design": [{"panel_member_id": "a", "stratum": "1", "psu": "1"}],
        },
        {
            "core.design": [
                {"panel_member_id": "b", "stratum": None, "psu": "1"},
                {"panel_member_id": "c", "stratum": "1", "psu": None},
            ]
        },
    ),
    "every_weight_is_positive": (
        {"analysis.weights": [{**WEIGHT, "weight": 1.0}]},
        {"analysis.weights": [{**WEIGHT, "weight": w} for w in (0.0, -1.0, float("inf"), float("nan"))]},
    ),
    "every_weight_is_of_a_respondent": (
        {
            "core.participation": [{"wave": "w1", "panel_member_id": "a", "is_respondent": True}],
            "analysis.weights": [{**WEIGHT, "weight": 1.0}],
        },
        {
            "core.participation": [{"wave": "w1", "panel_member_id": "b", "is_respondent": False}],
            "analysis.weights": [
                {**WEIGHT, "panel_member_id": "b", "weight": 1.0},
                {**WEIGHT, "panel_member_id": "c", "weight": 1.0},
                {**WEIGHT, "wave": "w2", "weight": 1.0},
            ],
        },
    ),
    "weights_meet_their_margins": (
        {
            "definitions.weight_ids": [{"weight_id": "x", "tolerance": 0.01}, {"weight_id": "y", "tolerance": 0.1}],
            "analysis.weighting_margins": [
                {**TARGET, "after": 100.9},
                {**TARGET, "after": 99.1},
                {**TARGET, "weight_id": "y", "after": 109.0},
            ],
        },
        {"analysis.weighting_margins": [{**TARGET, "after": a} for a in (101.1, 98.9, float("nan"), None)]},
    ),
    "every_estimate_has_its_standard_error": (
        {
            "analysis.estimates": [
                ESTIMATE,
                {**ESTIMATE, "is_suppressed": True, "standard_error": None},
                {**ESTIMATE, "degrees_of_freedom": 0.0, "ci_low": None, "ci_high": None},
            ]
        },
        {
            "analysis.estimates": [
                {**ESTIMATE, "standard_error": None},
                {**ESTIMATE, "standard_error": -0.1},
                {**ESTIMATE, "standard_error": float("nan")},
                {**ESTIMATE, "ci_low": None},
                {**ESTIMATE, "ci_high": 0.9},
                {**ESTIMATE, "estimate": 0.4},
            ]
        },
    ),
    "every_estimate_is_of_a_known_domain": (
        {
            "definitions.domains": [DOMAIN, {**DOMAIN, "domain": "tenure", "is_published": False}],
            "definitions.domain_values": [
                {"domain": "sex", "domain_value": "F"},
                {"domain": "tenure", "domain_value": "owns"},
                {"domain": "other", "domain_value": "?"},
            ],
            "analysis.estimates": [ESTIMATE, {**ESTIMATE, "domain": "sex", "domain_value": "F"}],
        },
        {
            "analysis.estimates": [
                {**ESTIMATE, "domain": "sex", "domain_value": "?"},
                {**ESTIMATE, "domain": "all", "domain_value": "F"},
                {**ESTIMATE, "domain": "tenure", "domain_value": "owns"},
            ]
        },
    ),
    "shares_of_an_item_add_up_to_one": (
        {
            "analysis.estimates": [
                {**ESTIMATE, "estimate": 0.25},
                {**ESTIMATE, "category": "no", "estimate": 0.75},
                {**ESTIMATE, "statistic": "headline", "estimate": 0.25},
                {**ESTIMATE, "item": "s", "estimate": 0.25},
                {**ESTIMATE, "item": "s", "category": "no", "estimate": None, "is_suppressed": True},
            ]
        },
        {
            "analysis.estimates": [
                {**ESTIMATE, "item": "p", "estimate": 0.9},
                {**ESTIMATE, "item": "r", "estimate": None},
            ]
        },
    ),
    "ways_of_leaving_add_up_to_all_exits": (
        {
            "analysis.attrition_curves": [
                {**EXIT, "cause": "left", "n_exits": 2, "incidence": 0.2},
                {**EXIT, "cause": "died", "n_exits": 1, "incidence": 0.1},
                {**EXIT, "cause": "all", "n_exits": 3, "incidence": 0.3},
                {**EXIT, "cause": "nonresponse", "n_exits": 2, "incidence": 0.21},
                {**EXIT, "time": 2, "cause": "missed_latest", "n_exits": 5},
            ]
        },
        {
            "analysis.attrition_curves": [
                {**EXIT, "time": 3, "cause": "all", "n_exits": 3, "incidence": 0.3},
                {**EXIT, "time": 4, "cause": "all", "n_exits": 0, "incidence": None},
            ]
        },
    ),
}


def give(store: Store, tables: Given) -> int:
    """Put rows in and return how many there are of the table named last: the checked one."""
    for table, rows in tables.items():
        store.given(table, *rows)
    return len(rows)


def test_every_check_has_a_case() -> None:
    assert set(CASES) == {path.stem for path in model_files("checks")}


@pytest.mark.parametrize("check", CASES)
def test_rows_that_keep_the_rule_are_not_listed(store: Store, check: str) -> None:
    give(store, CASES[check][0])
    assert store.offending(check) == []


@pytest.mark.parametrize("check", CASES)
def test_every_row_that_breaks_the_rule_is_listed(store: Store, check: str) -> None:
    give(store, CASES[check][0])
    n_breaking = give(store, CASES[check][1])
    merged_by_key = {"every_weight_is_of_a_respondent": 3, "one_delivery_of_a_source_is_accepted": 1}
    assert len(store.offending(check)) == merged_by_key.get(check, n_breaking)


def test_the_result_of_all_checks_counts_and_names_the_rule_without_any_identity(store: Store) -> None:
    give(store, {"staging.wave_rows": [{**ROW, "panel_member_id": "stranger"}]})
    checks = run_checks(store.connection)
    assert checks.columns == ["check", "n_offending", "message"]
    assert checks.filter(pl.col("n_offending") > 0).rows() == [
        (
            "every_response_is_from_a_known_member",
            1,
            "1 row breaks the rule: Every interview is from a member on the member list.",
        )
    ]
    assert checks.height == len(CASES)
