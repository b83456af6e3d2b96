"""The macros of the published file on four people whose figures are worked by hand; the first replicate doubles the
weights of a and c and drops b and d, the second the other way round.

    member  sex  w1: weight, trust  use   w2: weight, trust   those asked twice
    a       F        10      Yes    Often     10      Yes          10
    b       F        20      No     Often     10      Yes          20
    c       M        30      Yes    Never     10      Yes
    d       M        40      refused          10      No           40
"""

from math import atan, exp, log, pi, sqrt
from typing import Any

import duckdb
import pytest
from scipy.stats import t

from pipeline.estimation.intervals import t_table
from pipeline.warehouse.macros import create_macros
from tests.sql.conftest import Store

MEMBERS = "abcd"
TRUST = {"w1": ("2", "1", "2", None), "w2": ("2", "2", "2", "1")}
USE = ("1", "1", "2", None)
WEIGHTS = {  # (weight_id, wave): weights of a, b, c, d
    ("each", "w1"): (10.0, 20.0, 30.0, 40.0),
    ("each", "w2"): (10.0, 10.0, 10.0, 10.0),
    ("stayed", "w1"): (10.0, 20.0, None, 40.0),
    ("stayed", "w2"): (10.0, 20.0, None, 40.0),
}
LABELS = {"trust": {"1": "No", "2": "Yes"}, "use": {"1": "Often", "2": "Never"}, "kind": {"x": "X"}}
AT_W1 = (2 / 3, sqrt((1 / 3**2 + 2**2 / 3**2) / 2))  # Yes: 40 of 60; in the replicates 80 of 80, and 0 of 40
AT_W2 = (3 / 4, sqrt((1 / 4**2 + 1 / 4**2) / 2))  # Yes: 30 of 40; in the replicates 40 of 40, and 20 of 40


@pytest.fixture
def published(store: Store) -> Store:
    """Return the four people in the marts, with the macros beside them."""
    given_questionnaire(store)
    given_answers(store)
    given_weights(store)
    store.connection.execute("use marts").fetchall()
    create_macros(store.connection)
    return store


def given_questionnaire(store: Store) -> None:
    store.given("marts.surveys", {"smallest_base": 3})
    for order, (item, waves) in enumerate((("trust", "w1+w2"), ("use", "w1"), ("kind", "w1"), ("hours", "w1"))):
        kind = "number" if item == "hours" else "category"
        described = {"label": item.title(), "wording": "How?", "topic": "care" if item == "use" else None}
        store.given(
            "marts.items",
            {"item": item, "kind": kind, "waves": waves, "is_published": True, "item_order": order, **described},
        )
    for item, labels in LABELS.items():
        for order, (code, label) in enumerate(labels.items(), start=1):
            headlines = "trusts" if label == "Yes" else None
            option = {"item": item, "code": code, "label": label, "option_order": order, "headlines": headlines}
            store.given("marts.answer_options", option)
    refused = {"item": "trust", "code": "-9", "label": "Rather not", "missing_kind": "refused", "option_order": 3}
    store.given("marts.answer_options", refused)
    for order, sex in enumerate(("F", "M")):
        store.given("marts.domains", {"domain": "sex", "domain_value": sex, "value_order": order, "shown_as": sex})


def given_answers(store: Store) -> None:
    given = [(wave, "trust", codes) for wave, codes in TRUST.items()] + [("w1", "use", USE)]
    for wave, item, codes in given:
        for member, code in zip(MEMBERS, codes, strict=True):
            answer = {"code": code, "label": LABELS[item].get(code or ""), "missing_kind": None if code else "refused"}
            store.given("marts.answers", {"wave": wave, "item": item, "panel_member_id": member, **answer})
    store.given("marts.answers", {"wave": "w1", "item": "hours", "panel_member_id": "a", "number": 7.5})
    for member, sex in zip(MEMBERS, "FFMM", strict=True):
        store.given("marts.member_profile", {"panel_member_id": member, "domain": "sex", "domain_value": sex})


def given_weights(store: Store) -> None:
    drawn = {
        "replicate_set": "d",
        "kind": "bootstrap",
        "n_replicates": 2,
        "coefficients": [0.5, 0.5],
        "degrees_of_freedom": 1,
    }
    store.given("marts.replicate_sets", drawn)
    for group, factors in ((1, [2.0, 0.0]), (2, [0.0, 2.0])):
        store.given("marts.replicate_factors", {"replicate_set": "d", "replicate_group": group, "factors": factors})
    for order, (weight_id, kind) in enumerate((("each", "cross_sectional"), ("stayed", "longitudinal"))):
        what = {"use_when": f"{weight_id}.", "inference": "probability", "weight_order": order}
        store.given("marts.weight_ids", {"weight_id": weight_id, "kind": kind, **what})
    for (weight_id, wave), weights in WEIGHTS.items():
        kind = "cross_sectional" if weight_id == "each" else "longitudinal"
        of = {"weight_id": weight_id, "wave": wave, "kind": kind, "wave_set": wave if weight_id == "each" else "w1+w2"}
        at = {"wave_number": int(wave[1]), "is_default": weight_id == "each", "n_holders": 4}
        replicates = {"replicate_set": "d", "replicate_kind": "bootstrap", "n_replicates": 2}
        store.given("marts.weight_waves", {**of, **at, **replicates})
        if not store.connection.execute(f"from marts.replicate_ratios where wave_set = '{of['wave_set']}'").fetchall():
            cell = {"weight_id": weight_id, "wave_set": of["wave_set"], "replicate_cell": 0, "ratios": [1.0, 1.0]}
            store.given("marts.replicate_ratios", {**cell, "replicate_set": "d"})
        for place, (member, weight) in enumerate(zip(MEMBERS, weights, strict=True)):
            in_design = {"psu": place, "stratum": 0, "replicate_group": 1 + place % 2, "replicate_cell": 0}
            if weight is not None:
                row = {"panel_member_id": member, "weight": weight, "replicate_set": "d", **in_design}
                store.given("marts.weights", {**of, **row})
    for number in (1, 2):
        store.given("marts.waves", {"wave": f"w{number}", "wave_number": number, "release_status": "final"})
    table = t_table(3, 0.95, 0.8, tested=3)
    for place, freedom in enumerate(table["degrees_of_freedom"]):
        row = {name: column[place] for name, column in table.items()}
        columns = ", ".join(row)
        values = [*row.values()]
        marks = ", ".join("?" for _ in values)
        store.connection.execute(
            f"insert into marts.t_distribution ({columns}, confidence) values ({marks}, 0.95)", values
        ).fetchall()
        assert freedom == row["degrees_of_freedom"]


def rows(store: Store, query: str) -> list[dict[str, Any]]:
    found = store.connection.sql(query).pl()
    return found.rows(named=True)


def near(number: float) -> Any:
    return pytest.approx(number, rel=1e-12)


def test_a_share_has_its_error_and_interval_from_the_replicates(published: Store) -> None:
    no, yes, headline = rows(published, "from share('trust', wave := 'w1')")
    assert [row["statistic"] for row in (no, yes, headline)] == ["share", "share", "headline"]
    estimate, error = AT_W1
    assert (yes["category"], yes["estimate"], yes["standard_error"]) == ("Yes", near(estimate), near(error))
    assert (no["estimate"], no["standard_error"]) == (near(1 - estimate), near(error))
    assert (headline["category"], headline["estimate"]) == ("trusts", near(estimate))
    assert (yes["unweighted_n"], yes["sum_of_weights"], yes["unweighted_estimate"]) == (3, 60.0, near(2 / 3))
    assert yes["degrees_of_freedom"] == 1  # two replicates; the three PSUs of those who answered would give 2
    assert yes["design_effect"] == near(error**2 / (2 / 9 / 2))
    half = t.ppf(0.975, 1) * error / (2 / 9)
    assert yes["ci_low"] == pytest.approx(1 / (1 + exp(half - log(2))), rel=1e-9)
    assert (yes["variance_method"], yes["inference"], yes["is_provisional"]) == ("bootstrap", "probability", False)
    assert not yes["is_suppressed"]  # three answered, as many as the smallest base


def test_what_everybody_says_has_the_interval_of_few_degrees_of_freedom(published: Store) -> None:
    published.connection.execute("update marts.answers set code = '2', label = 'Yes' where wave = 'w2'").fetchall()
    no, yes, _ = rows(published, "from share('trust', wave := 'w2')")
    assert (yes["estimate"], yes["unweighted_n"], yes["degrees_of_freedom"]) == (1.0, 4, 1)
    n_effective = 4 * (t.ppf(0.975, 3) / t.ppf(0.975, 1)) ** 2  # Kish's is 4; as pipeline.estimation.intervals has it
    assert (yes["ci_low"], yes["ci_high"]) == (pytest.approx(0.025 ** (1 / n_effective), rel=1e-9), 1.0)
    assert (no["ci_low"], no["ci_high"]) == (0.0, pytest.approx(1 - 0.025 ** (1 / n_effective), rel=1e-9))


def test_by_a_domain_each_part_has_its_own_base(published: Store) -> None:
    found = rows(published, "from share('trust', \"by\" := 'sex', wave := 'w1') where category = 'Yes'")
    bases = [(row["domain_value"], row["estimate"], row["unweighted_n"], row["is_suppressed"]) for row in found]
    assert bases == [("F", near(1 / 3), 2, True), ("M", near(1.0), 1, True)]


def test_shares_means_and_crosstabs_are_rows_of_estimate_rows(published: Store) -> None:
    for macro, call in (
        ("share('trust')", "estimate_rows('trust', 'all', [null], null, null, false, null)"),
        ("mean_score('trust')", "estimate_rows('trust', 'all', [null], null, null, true, null)"),
        ("crosstab('trust', 'use')", "estimate_rows('trust', 'all', [null], null, null, false, 'use')"),
    ):
        assert rows(published, f"from {macro} order by all") == rows(published, f"from {call} order by all")


def test_a_mean_is_that_of_the_codes_and_moves_as_the_share_does(published: Store) -> None:
    (row,) = rows(published, "from mean_score('trust', wave := 'w1')")
    assert (row["statistic"], row["category"], row["unweighted_n"]) == ("mean", None, 3)
    assert (row["estimate"], row["standard_error"]) == (near(1 + AT_W1[0]), near(AT_W1[1]))
    assert row["ci_high"] == pytest.approx(1 + AT_W1[0] + t.ppf(0.975, 1) * AT_W1[1], rel=1e-9)


def test_an_items_answers_among_those_who_gave_each_answer_to_another(published: Store) -> None:
    found = rows(published, "from crosstab('trust', 'use', 'w1') where category = 'Yes' order by domain_value")
    assert [(row["domain"], row["domain_value"], row["estimate"]) for row in found] == [
        ("use", "Never", 1.0),
        ("use", "Often", near(1 / 3)),
    ]


def test_the_deviations_of_the_replicates_are_kept_for_whatever_is_made_of_them(published: Store) -> None:
    call = "item_figures('trust', 'all', ['w2'], null, null, false, null, false)"
    (row,) = rows(published, f"from {call} where category = 'Yes'")
    assert row["deviations"] == [near(sqrt(0.5) / 4), near(-sqrt(0.5) / 4)]
    assert (row["kish_n"], row["srs_variance"]) == (4.0, near(3 / 16 / 3))


def test_net_change_has_the_covariance_of_those_in_both_waves(published: Store) -> None:
    (row,) = rows(published, "from change_between('trust', 'w1', 'w2') where category = 'Yes'")
    assert (row["kind"], row["weight_id"], row["overlap_n"]) == ("net", "each", 3)
    error = sqrt((1 / 12**2 + 5**2 / 12**2) / 2)  # 1/4 - 1/3 in the first replicate, -1/4 + 2/3 in the second
    assert (row["change"], row["standard_error"]) == (near(1 / 12), near(error))
    assert row["correlation"] == near((1 / 12 + 2 / 12) / 2 / (AT_W1[1] * AT_W2[1]))
    assert row["p_value"] == near(1 - 2 / pi * atan(1 / 12 / error))
    assert (row["unweighted_n_from"], row["unweighted_n_to"]) == (3, 4)


def test_under_a_longitudinal_weight_the_change_is_of_those_who_answered_twice(published: Store) -> None:
    call = "from change_between('trust', 'w1', 'w2', weight_id := 'stayed') where category = 'Yes'"
    (row,) = rows(published, call)
    assert (row["kind"], row["weight_id"], row["overlap_n"]) == ("within_person", "stayed", 2)  # d refused at w1
    assert (row["estimate_from"], row["estimate_to"], row["change"]) == (near(1 / 3), near(1.0), near(2 / 3))
    assert row["standard_error"] == near(sqrt((2**2 / 3**2 + 1 / 3**2) / 2))  # the first replicate has a, the second b
    assert (row["unweighted_n_from"], row["unweighted_n_to"]) == (2, 2)


@pytest.mark.parametrize("weight_id", ["each", "stayed"])
def test_no_p_of_a_macro_is_corrected_as_it_belongs_to_no_declared_family(published: Store, weight_id: str) -> None:
    found = rows(published, f"from change_between('trust', 'w1', 'w2', weight_id := '{weight_id}')")
    assert {(row["p_value_corrected"], row["family"], row["verdict"]) for row in found} == {(None, None, "not tested")}
    assert all(row["p_value"] is not None for row in found)


def test_power_supposes_a_next_wave_like_the_latest(published: Store) -> None:
    (row,) = rows(published, "from power('trust', difference := 0.1) where category = 'Yes'")
    correlation = (1 / 12 + 2 / 12) / 2 / (AT_W1[1] * AT_W2[1])
    error = AT_W2[1] * sqrt(2 * (1 - correlation))
    assert (row["wave"], row["standard_error_of_change"]) == ("w2", near(error))
    assert row["detectable_change"] == pytest.approx((t.ppf(0.975, 1) + t.ppf(0.8, 1)) * error, rel=1e-9)
    assert row["power"] == pytest.approx(t.sf(t.ppf(0.975, 1) - 0.1 / error, 1), rel=1e-9)


def test_the_codebook_is_searched_in_wordings_topics_and_answers(published: Store) -> None:
    found = {
        text: [row["item"] for row in rows(published, f"from codebook('{text}')")] for text in ("", "CARE", "ofte")
    }
    assert found == {"": ["trust", "use", "kind", "hours"], "CARE": ["use"], "ofte": ["use"]}
    (row,) = rows(published, "from codebook('trust')")
    assert (row["answers"], row["missing_answers"], row["headlines"]) == (
        ["1 No", "2 Yes"],
        ["-9 Rather not"],
        "trusts",
    )


def test_which_weight_puts_the_fitting_one_first_and_says_why_not_the_others(published: Store) -> None:
    def offered(call: str) -> list[tuple[str, bool]]:
        return [(row["weight_id"], row["fits"] == "yes") for row in rows(published, f"from which_weight({call})")]

    assert offered("'w1+w2', same_people := true") == [("stayed", True), ("each", False)]
    assert offered("'w1+w2'") == [("each", True), ("stayed", False)]
    assert offered("'w3'") == [("each", False), ("stayed", False)]


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("known_item('trust', null)", "trust"),
        ("known_item('trust', 's')", "trust"),
        ("known_category_item('trust', 's')", "trust"),
        ("known_scored_item('hours', null)", "hours"),
        ("known_domain('sex', 's')", "sex"),
        ("known_domain('all', 's')", "all"),
        ("known_survey('s')", "s"),
        ("known_survey(null)", None),
        ("known_wave('w2', 's')", "w2"),
        ("known_wave(null, 's')", None),
        ("known_weight('stayed', 's')", "stayed"),
        ("known_weight(null, null)", None),
        ("close_matches('trusty', ['use', 'trust', 'data', 'trust_data'])", "trust, trust_data, use"),
        ("t_p_value(null, 1, [])", None),
        ("t_p_value(2.0, null, null)", None),
        ("t_upper_tail(null, 1, [])", None),
        ("without_rounding(1e-33, 0.0, 1.0)", 0.0),
        ("without_rounding(1e-15, 0.01, 0.5)", 1e-15),
        ("without_rounding(1e-17, 0.01, 0.5)", 0.0),
    ],
)
def test_a_name_that_is_there_and_a_number_worth_keeping_come_back(published: Store, call: str, given: Any) -> None:
    assert published.connection.execute(f"select {call}").fetchall() == [(given,)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("known_item('trus', null)", "No item 'trus' has answers in this file. Close matches: trust"),
        ("known_item('trust', 'other')", "No item 'trust' has answers in this file. Close matches: none."),
        ("known_category_item('hours', null)", "'hours' asks for a number"),
        ("known_scored_item('kind', null)", "'kind' has codes that are no numbers"),
        ("known_domain('sexx', null)", "Close matches: sex"),
        ("known_survey('other')", "It has s."),
        ("known_wave('w3', null)", "Waves with weights: w1, w2."),
        ("known_weight('best', null)", "Weights: each, stayed."),
    ],
)
def test_a_name_that_is_not_there_is_refused(published: Store, call: str, words: str) -> None:
    with pytest.raises(duckdb.Error, match=words.replace("(", r"\(")):
        published.connection.execute(f"select {call}").fetchall()


@pytest.mark.parametrize("statistic", [-2.5, -0.3, 0.0, 0.7, 4.0])
@pytest.mark.parametrize("freedom", [1, 2, 3])
def test_the_series_of_students_t_is_scipys(published: Store, freedom: int, statistic: float) -> None:
    query = (
        "select t_p_value(?, degrees_of_freedom, coefficients), t_upper_tail(?, degrees_of_freedom, coefficients) "
        "from t_distribution where degrees_of_freedom = ?"
    )
    ((p_value, above),) = published.connection.execute(query, [statistic, statistic, freedom]).fetchall()
    assert (p_value, above) == pytest.approx((2 * t.sf(abs(statistic), freedom), t.sf(statistic, freedom)), abs=1e-14)
