"""What a report says: held or flagged, which rows are refused, what is logged; and nothing on the terminal."""

import subprocess
import sys
from datetime import datetime

import polars as pl
import pytest

from pipeline.validation import check_rows, looked_up, validate
from pipeline.validation.broken import broken
from pipeline.validation.messages import HIDDEN, Finding, message, shown_values
from pipeline.validation.rows import delivered_rows
from tests.builders_validation import (
    IDS,
    MEMBERS,
    changed,
    delivery,
    good_rows,
    known_profile,
    one_wave,
    report,
    result,
)


def test_a_good_delivery_keeps_every_rule():
    found = report()
    assert (found.faults, found.failed, found.is_held, found.refused.height) == ([], (), False, 0)
    assert {one.rule.code for one in found.results} >= {"item-codes", "id-unique", "member-known", "margin-category"}


def test_a_warning_is_flagged_and_holds_nothing():
    found = report(changed("SUBMIT_TS", {1: "2024-01-01"}))
    assert len(found.faults) == 1
    assert not found.is_held
    assert found.refused.height == 0


@pytest.mark.parametrize(("tolerance", "is_held"), [(0.0, True), (0.09, True), (0.1, False)])
def test_faulty_rows_up_to_the_tolerance_are_refused_and_the_wave_goes_on(tolerance, is_held):
    found = report(changed("Q7", {1: "7", 20: "8"}), wave=one_wave(row_tolerance=tolerance))
    assert found.is_held is is_held
    reason = "Answers outside the item's codes (item 'trust_local_council')"
    assert found.refused.rows() == [(1, "item-codes", reason), (20, "item-codes", reason)]


def test_a_row_that_breaks_two_rules_counts_once_against_the_tolerance():
    rows = changed("Q7", {1: "7"}, changed("WAVE", {1: "2"}))
    found = report(rows, wave=one_wave(row_tolerance=0.05))
    assert found.refused["rule"].to_list() == ["constant-column", "item-codes"]
    assert not found.is_held


def test_test_rows_do_not_count_against_the_tolerance():
    rows = changed("STATUS", dict.fromkeys(range(1, 4), "Preview"), changed("Q7", {20: "7"}))
    assert not report(rows, wave=one_wave(row_tolerance=0.05)).is_held


def test_a_fault_of_the_file_is_held_whatever_the_tolerance():
    assert report(good_rows().drop("Q7"), wave=one_wave(row_tolerance=1.0)).is_held


def test_refused_rows_fit_the_tables_of_the_store():
    refused = report(changed("Q7", {2: "7"})).refused
    assert refused.schema == {"row_number": pl.Int32, "rule": pl.String, "reason": pl.String}


def test_rules_on_a_missing_column_are_not_checked_twice():
    found = report(good_rows().drop("Q7", "SUBMIT_TS"))
    assert {one.rule.code for one in found.failed} == {"required-column", "item-column"}
    assert "date-format" not in {one.rule.code for one in found.results}


def test_drift_and_margins_are_not_checked_when_the_member_list_says_nothing():
    found = report(profile=None)
    assert not {"profile-drift", "margin-category"} & {one.rule.code for one in found.results}
    assert found.faults == []


def test_margins_are_not_checked_when_nobody_is_known():
    found = report(good_rows(RESP_ID=["R-1", *["R-2"] * 19]))
    assert {one.rule.code for one in found.failed} == {"member-known", "id-unique"}


def test_blank_cells_are_not_outside_the_codes():
    assert report(good_rows(Q7=[None, ""] * 10)).faults == []


def test_every_rule_reports_how_much_it_checked():
    checked = {one.rule.code: one.n_checked for one in report().results}
    assert checked["item-codes"] == checked["id-unique"] == 20
    assert checked["required-column"] == checked["item-column"] == 1
    assert checked["extra-column"] == len(good_rows().columns)
    assert checked["margin-category"] in (2, 3)


def test_counts_beyond_the_libraries_own_limits_are_right():
    """Great Expectations lists 20 values and counts up to 200; the report counts all."""
    n = 1_000
    ids = [f"R-{number}" for number in range(n)]
    rows = pl.concat(
        [good_rows().with_columns(RESP_ID=pl.Series(ids[start : start + 20])) for start in range(0, n, 20)]
    )
    rows = rows.with_columns(Q7=pl.Series([str(7 + number % 50) for number in range(n)]))
    members = pl.Series(ids)
    profile = known_profile().with_columns(panel_member_id=pl.Series(ids[:20] * 2))
    found = result(validate([delivery(rows, members=members, profile=profile)])[0], "item-codes")
    assert (found.n_failed, len(found.row_numbers)) == (n, n)
    assert sum(rows for _, rows in found.found) == n


def test_the_library_and_the_look_up_agree_on_every_rule():
    broken_rows = changed("Q7", {1: "7"}, changed("RESP_ID", {2: "R-1", 3: None, 5: IDS[3]}, changed("AGE", {6: "x"})))
    for rows in (good_rows(), broken_rows, changed("SUBMIT_TS", {1: "soon", 2: "2020-01-01"})):
        asked = delivery(rows)
        found = delivered_rows(asked)
        verdicts = {one.rule: one.success for one in validate([asked])[0].results}
        assert {rule: not broken(rule, found).finding.n_failed for rule in verdicts} == verdicts
        assert looked_up(asked).results == validate([asked])[0].results


def test_a_member_delivered_under_two_ids_appears_twice():
    members = pl.Series([*MEMBERS[:-1], MEMBERS[0]])
    found = report(members=members)
    assert result(found, "id-unique").row_numbers.to_list() == [1, 20]


def test_validating_twice_gives_the_same_reports():
    rows = changed("Q7", {1: "7", 2: "8", 3: "9"})
    first, second = report(rows), report(rows)
    assert first.results == second.results
    assert first.faults == second.faults


def test_no_deliveries_give_no_reports():
    assert validate([]) == []


def test_the_log_has_a_row_for_each_rule_checked():
    when = datetime(2025, 4, 1, 2, 0)
    found = report(changed("Q7", {1: "7"}))
    rows = check_rows([found], "run-1", when)
    assert rows.columns == [
        "run_id", "survey", "wave", "file_name", "rule", "severity", "item", "column_name", "success", "n_checked",
        "n_failed", "message", "checked_at", "part",
    ]  # fmt: skip
    assert rows.height == len(found.results)
    failed = rows.filter(~pl.col("success"))
    assert failed.select("survey", "wave", "rule", "severity", "item", "column_name", "n_failed").rows() == [
        ("citizens_panel", "w03", "item-codes", "critical", "trust_local_council", "Q7", 1)
    ]
    assert failed["message"].to_list() == found.faults
    assert rows["checked_at"].unique().to_list() == [when]
    assert rows.filter(pl.col("rule") == "margin-category")["column_name"].to_list() == ["age_group", "sex*age_group"]


@pytest.mark.parametrize(
    ("counts", "ids", "shown"),
    [
        ([("7", 1)], {"7"}, (("7", 1),)),
        ([("123", 1)], set(), (("123", 1),)),
        ([("123", 1)], {"123"}, ((HIDDEN, 1),)),
        ([("1234", 4)], set(), ((HIDDEN, 4),)),
        ([("Agree!", 5)], set(), (("Agree!", 5),)),
        ([("Agree!", 4)], set(), ((HIDDEN, 4),)),
        ([("a@b.org", 99)], set(), ((HIDDEN, 99),)),
        ([("I was never asked about any of it", 99)], set(), ((HIDDEN, 99),)),
        ([("2025-03-10", 99)], set(), ((HIDDEN, 99),)),
        ([("tab\tbed", 99)], set(), ((HIDDEN, 99),)),
        ([("7", 1), ("8", 2), ("secret", 3)], set(), (("8", 2), ("7", 1), (HIDDEN, 3))),
    ],
)
def test_a_value_is_shown_when_it_is_a_code_or_shared_by_many(counts, ids, shown):
    assert shown_values(counts, ids) == shown


def test_more_values_than_a_message_holds_are_added_up():
    counts = [(str(code), 2) for code in range(10, 18)]
    assert shown_values(counts, set())[-1] == ("another value", 6)


def test_every_kind_of_rule_has_a_message():
    from pipeline.rules import RULE_KINDS, Rule

    for code in RULE_KINDS:
        rule = Rule(code, "w03", item="i", column="c", name="n", allowed=("1",))
        words = message(rule, Finding(10, 2, (("7", 2),), 1), "f.csv")
        assert words.startswith("w03")
        assert words.endswith(".")


def test_nothing_is_printed_and_nothing_leaks_at_the_end():
    code = "from tests.builders_validation import report, good_rows\nassert report(good_rows().drop('Q7')).is_held\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout, done.stderr) == ("", "")
