"""A survey whose questions are reworded: what the figures step compares, where it shows a break, what it leaves out."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.panel.estimates import within_person_changes
from tests.flows.macro_reader import Panels, asked, assert_same_changes
from tests.nights import SURVEY, Panel, Ran, demo_panel

LINKS = """
  - {from: linking_support, to: linking_support_2, comparability: identical}
  - {from: risk_benefit_balance, to: risk_benefit_balance_2, comparability: comparable_with_break, note: "Reworded."}
  - {from: secondary_use_acceptable, to: secondary_use_verdict, comparability: comparable_with_break}
  - {from: health_no_direct_benefit, to: health_no_direct_benefit_2, comparability: not_comparable}
"""
ITEMS = """
  linking_support_2: {wording: "Support?", scale: support5, headline: {support: [4, 5]}}
  risk_benefit_balance_2: {wording: "Balance?", scale: balance5, headline: {benefits_outweigh: [4, 5]}}
  secondary_use_verdict: {wording: "Verdict?", scale: verdict6, headline: {acceptable: [4, 5], never: [1]}}
  health_no_direct_benefit_2: {wording: "Health?", scale: willing5}

links:"""
VERDICTS = """
scales:
  verdict6:
    answers:
      1: "Completely unacceptable"
      2: "Somewhat unacceptable"
      3: "Neither acceptable nor unacceptable"
      4: "Somewhat acceptable"
      5: "Completely acceptable"
      6: "It depends"
    missing: {-8: "Don't know", -9: "Prefer not to say", -7: "Not asked", -6: "Skipped"}
"""
CONTRASTS = """
    contrasts:
      reworded: {since_wave_number: 3, note: "Made for the test."}
      ends: {coefficients: {w01: -1, w03: 1}}
"""
REWORDED = {
    "linking_support": "linking_support_2",
    "risk_benefit_balance": "risk_benefit_balance_2",
    "secondary_use_acceptable": "secondary_use_verdict",
    "health_no_direct_benefit": "health_no_direct_benefit_2",
}
PLAN = """
  both_waves:
    kind: longitudinal
    waves: [w01, w02]
    starting_wave: w01
    starting_weight: cross_sectional
    use_when: "Change of the same people from wave 1 to wave 2."
    keeps_ineligible: true
    calibration: {method: raking, margins: [age_group, sex], controls: starting_wave}

transitions:
  - {items: [linking_support_2, trust_data_nhs, risk_benefit_balance_2], weights: [both_waves], pairs: [[w01, w02]]}

changes:
  - {kind: within_person, weights: [both_waves], pairs: [[w01, w02]]}
"""


@pytest.fixture(scope="module")
def reworded_run(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Ran]:
    """Return a panel of four waves, the last in the field; from the second on four questions are put otherwise."""
    panel = demo_panel(tmp_path_factory.mktemp("reworded") / "panel", waves=4, members=600)
    folder = f"surveys/{SURVEY}"
    panel.edit(f"{folder}/items.yml", "\nlinks:\n", f"{ITEMS}{LINKS}")
    panel.edit(f"{folder}/items.yml", "\nscales:\n", VERDICTS)
    panel.edit(f"{folder}/survey.yml", "\nchanges:\n", PLAN)
    panel.edit(f"{folder}/survey.yml", "\n    contrasts:\n", CONTRASTS)
    for wave in ("w02", "w03", "w04"):
        for old, new in REWORDED.items():
            panel.edit(f"{folder}/waves/{wave}.yml", f"  {old}:", f"  {new}:")
    return panel, panel.night()


@pytest.fixture(scope="module")
def reworded(reworded_run: tuple[Panel, Ran]) -> Panel:
    return reworded_run[0]


def net(panel: Panel, item: str) -> list[tuple[object, ...]]:
    """Return the pairs of waves in which an item's net change stands, and what may be said of it."""
    return panel.sql(
        "select distinct wave_from, wave_to, item_from, comparability, p_value is not null from changes "
        f"where kind = 'net' and item = '{item}' and domain = 'all' and standard_error > 0 order by all"
    ).rows()


def test_the_night_makes_everything(reworded_run: tuple[Panel, Ran]) -> None:
    assert reworded_run[1].exit_code == 0, reworded_run[1].text


def test_an_identical_question_is_compared_under_its_new_name(reworded: Panel) -> None:
    old, new = "linking_support", "linking_support_2"
    assert net(reworded, new) == [
        ("w01", "w02", old, "identical", True),
        ("w01", "w03", old, "identical", True),
        ("w01", "w04", old, "identical", True),
        ("w02", "w03", new, "identical", True),
        ("w03", "w04", new, "identical", True),
    ]
    assert net(reworded, old) == []


def test_across_a_break_the_difference_is_shown_and_no_change_is_claimed(reworded: Panel) -> None:
    found = net(reworded, "risk_benefit_balance_2")
    assert [row for row in found if row[0] == "w01"] == [
        ("w01", wave, "risk_benefit_balance", "comparable_with_break", False) for wave in ("w02", "w03", "w04")
    ]
    verdicts = reworded.sql(
        "select distinct verdict, family, p_value_corrected from changes "
        "where item = 'risk_benefit_balance_2' and item_from <> item"
    )
    assert verdicts.rows() == [("break in the series", None, None)]


def test_where_a_break_changed_the_answers_only_headlines_of_one_name_compare(reworded: Panel) -> None:
    rows = reworded.sql(
        "select distinct statistic, category from changes where item = 'secondary_use_verdict' and wave_from = 'w01'"
    )
    assert rows.rows() == [("headline", "acceptable")]
    row = reworded.sql(
        "select change.estimate_from, change.estimate_to, first.estimate as first, second.estimate as second "
        "from changes as change "
        "inner join estimates as first on first.wave = 'w01' and first.item = change.item_from "
        "inner join estimates as second on second.wave = 'w02' and second.item = change.item "
        "where change.item = 'secondary_use_verdict' and wave_from = 'w01' and wave_to = 'w02' and kind = 'net' "
        "and change.domain = 'all' and first.domain = 'all' and second.domain = 'all' "
        "and first.category = 'acceptable' and second.category = 'acceptable'"
    ).row(0)
    assert row[:2] == pytest.approx(row[2:])


def test_a_question_that_is_not_comparable_is_compared_with_itself_only(reworded: Panel) -> None:
    assert {row[0] for row in net(reworded, "health_no_direct_benefit_2")} == {"w02", "w03"}


def test_gained_less_lost_is_the_change_within_persons(reworded: Panel) -> None:
    both = reworded.sql(
        "select change.change, sum(case movement when 'gained' then estimate when 'lost' then -estimate end) as net "
        "from changes as change inner join gross_changes as gross "
        "using (survey, wave_from, wave_to, weight_id, item, statistic, category, domain, domain_value) "
        "where change.kind = 'within_person' and statistic = 'headline' "
        "group by item, category, domain, domain_value, change.change"
    )
    assert both.height > 300
    assert both["net"].to_list() == pytest.approx(both["change"].to_list(), abs=1e-12)


def test_movements_are_shares_of_those_who_answered_both_and_none_crosses_a_break(reworded: Panel) -> None:
    sums = reworded.sql(
        "select sum(estimate) as total from gross_changes group by item, statistic, category, domain, domain_value"
    )
    assert sums["total"].to_list() == pytest.approx([1.0] * sums.height)
    assert reworded.sql("select count(*) from gross_changes where item = 'risk_benefit_balance_2'").item() == 0
    assert reworded.sql("select count(*) from gross_changes where item_from = 'linking_support'").item() > 0
    kinds = reworded.sql("select distinct statistic, movement from gross_changes order by all").rows()
    assert kinds == [
        *[("headline", movement) for movement in ("gained", "kept", "lost", "never")],
        *[("scale", movement) for movement in ("down", "same", "up")],
    ]


def test_transitions_leave_out_what_has_a_break(reworded: Panel) -> None:
    tabled = reworded.sql("select distinct item from transitions order by all")["item"].to_list()
    assert tabled == ["linking_support_2", "trust_data_nhs"]


def test_the_margins_of_the_tables_stand_beside_the_toplines(reworded: Panel) -> None:
    margins = reworded.sql("from transition_margins order by all")
    assert margins.height == 2 * (5 + 4)  # two waves, answers of a scale of five and one of four
    table = reworded.sql(
        "select category_to as category, sum(joint_share) as share from transitions "
        "where item = 'trust_data_nhs' group by all order by all"
    )
    later = margins.filter(item="trust_data_nhs", wave="w02").sort("category")
    assert later["margin_share"].to_list() == pytest.approx(table["share"].to_list())
    topline = reworded.sql(
        "select estimate from estimates where item = 'trust_data_nhs' and wave = 'w02' and statistic = 'share' "
        "and weight_id = 'cross_sectional' and domain = 'all' order by category"
    )
    assert later["topline_share"].to_list() == pytest.approx(topline["estimate"].to_list())
    assert later["discrepancy"].to_list() == pytest.approx((later["margin_share"] - later["topline_share"]).to_list())
    alone = later["standard_error"] < 0.05  # they share most members
    assert alone.all()
    assert (later["standard_error"] > 0).all()


def test_the_night_says_how_far_the_tables_are_from_the_toplines(reworded_run: tuple[Panel, Ran]) -> None:
    told = f"{SURVEY}: tables of who moved differ from the published toplines by at most "
    (line,) = [one for one in reworded_run[1].output.splitlines() if one.startswith(told)]
    assert "of 18 answers by more than chance at 5 %" in line


def test_a_line_crosses_from_a_question_to_an_identical_one_and_ends_before_the_wave_in_the_field(
    reworded: Panel,
) -> None:
    rows = reworded.sql(
        "select wave, item_asked, segment, is_break, smoothed is not null, is_provisional, method from trends "
        "where item = 'linking_support_2' and domain = 'all' order by wave"
    ).rows()
    assert rows == [
        ("w01", "linking_support", 1, False, True, False, "local_level"),
        ("w02", "linking_support_2", 1, False, True, False, "local_level"),
        ("w03", "linking_support_2", 1, False, True, False, "local_level"),
        ("w04", "linking_support_2", 1, False, False, True, "local_level"),
    ]


def test_a_break_cuts_the_line_and_is_marked(reworded: Panel) -> None:
    rows = reworded.sql(
        "select wave, segment, is_break, smoothed is null, method from trends "
        "where item = 'risk_benefit_balance_2' and domain = 'all' order by wave"
    ).rows()
    assert rows == [
        ("w01", 1, False, True, "too few final waves"),
        *[("w02", 2, True, True, "too few final waves")],
        *[(wave, 2, False, True, "too few final waves") for wave in ("w03", "w04")],
    ]
    assert reworded.sql("select count(*) from trend_tests where item = 'risk_benefit_balance_2'").item() == 0


def test_a_question_that_is_not_comparable_is_another_question(reworded: Panel) -> None:
    waves = "select string_agg(wave, ' ' order by wave) from trends where domain = 'all' and item = "
    assert reworded.sql(f"{waves}'health_no_direct_benefit'").item() == "w01"
    assert reworded.sql(f"{waves}'health_no_direct_benefit_2' and category = 'Very willing'").item() == "w02 w03 w04"


def test_trends_start_from_the_published_estimates(reworded: Panel) -> None:
    both = reworded.sql(
        "select trend.estimate, trend.standard_error, published.estimate as same, published.standard_error as error "
        "from trends as trend inner join estimates as published "
        "on published.item = trend.item_asked and published.wave = trend.wave "
        "and published.statistic = trend.statistic and published.category is not distinct from trend.category "
        "and published.domain = trend.domain and published.domain_value = trend.domain_value "
        "where published.weight_id = trend.weight_id"
    )
    assert both.height > 500
    assert both["estimate"].to_list() == pytest.approx(both["same"].to_list())
    # households of all four waves count in n of n / (n - 1), in a wave alone only its own
    assert both["standard_error"].to_list() == pytest.approx(both["error"].to_list(), rel=0.05)
    assert (both["standard_error"] / both["error"]).mean() == pytest.approx(1, abs=0.01)


def test_a_contrast_of_two_waves_is_their_published_change(reworded: Panel) -> None:
    row = reworded.sql(
        "select test.estimate, test.standard_error, test.p_value, change, changes.standard_error as error, "
        "changes.p_value as p from trend_tests as test inner join changes using (item, statistic, category, domain) "
        "where test = 'contrast: ends' and item = 'linking_support_2' and domain = 'all' and kind = 'net' "
        "and wave_from = 'w01' and wave_to = 'w03'"
    ).row(0)
    assert row[0] == pytest.approx(row[3])
    assert row[1:3] == pytest.approx(row[4:], rel=0.005)  # households of all four waves are counted, not of two


def test_every_kind_of_test_of_trend_is_made_and_judged(reworded: Panel) -> None:
    tests = reworded.sql("select * from trend_tests where item = 'linking_support_2' and domain = 'all' order by test")
    assert tests["test"].to_list() == [
        *("contrast: ends", "contrast: reworded", "gee", "linear", "linear_fit", "no_change", "ordinal"),
        "parallel_lines",
    ]
    assert tests["n_waves"].unique().to_list() == [3]
    checks = tests.filter(tests["test"].is_in(["linear_fit", "parallel_lines"]))
    assert checks["p_value_corrected"].null_count() == checks.height
    assert set(checks["verdict"]) <= {"a line will do", "not a line", "parallel lines will do", "not parallel lines"}
    judged = tests.filter(~tests["test"].is_in(["linear_fit", "parallel_lines"]))
    assert judged["p_value_corrected"].null_count() == 0
    assert set(judged["verdict"]) <= {"rose", "fell", "moved", "no clear change"}
    assert tests.filter(tests["test"] == "linear")["unit"].item() == "per year"
    assert tests.filter(tests["test"] == "contrast: reworded")["note"].item() == "Made for the test."


def test_no_refreshment_no_comparison_of_newcomers(reworded: Panel) -> None:
    assert reworded.sql("select count(*) from conditioning").item() == 0


def test_in_sql_change_within_the_same_people_is_the_pipelines_of_replicates(reworded: Panel, tmp_path: Path) -> None:
    panels, pair = Panels(reworded), ("w01", "w02")
    made, design = panels.weight("both_waves", pair)
    weight = replace(made, design=design)
    expected = within_person_changes(panels.shown, weight, pair, confidence=0.95, is_provisional=False)
    items = set(expected["item"]) - {*REWORDED.values()}
    wanted = [(item, "all") for item in sorted(items)] + [("trust_data_nhs", one) for one in ("age_group", "region")]
    queries = [
        f"from change_between('{item}', 'w01', 'w02', \"by\" := '{domain}', weight_id := 'both_waves')"
        for item, domain in wanted
    ]
    assert len(items) > 5
    assert set(expected["kind"]) == {"within_person"}
    assert_same_changes(asked(panels.published, queries, tmp_path / "read"), expected, wanted)
