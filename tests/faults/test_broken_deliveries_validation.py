"""Each broken delivery gets its message: what is wrong and where, what was found, what was expected, what to do."""

from dataclasses import replace

import polars as pl
import pytest

from pipeline.definitions import ProfileVariable
from tests.builders_validation import (
    IDS,
    changed,
    delivery,
    good_rows,
    known_profile,
    one_survey,
    one_wave,
    report,
    result,
    roster_delivery,
)

OPEN_TEXT = "I was never asked by Dr Jones of Leeds"


def test_answers_outside_the_codes_are_named_with_their_counts():
    found = report(changed("Q7", dict.fromkeys(range(1, 13), "7")))
    assert found.is_held
    assert found.faults == [
        "w03, item 'trust_local_council': answer 7 in 12 rows (first in row 1), expected 1–5 or a missing code (-8, "
        "-9). Add the code to scale 'agree5', or correct column 'Q7' of citizens_panel_w03.csv."
    ]
    assert result(found, "item-codes").found == (("7", 12),)
    assert result(found, "item-codes").row_numbers.to_list() == list(range(1, 13))


def test_several_wrong_codes_are_all_named_most_frequent_first():
    found = report(changed("Q7", {1: "7", 2: "8", 3: "8"}))
    assert "answer 8 in 2 rows, 7 in 1 row (first in row 1), expected" in found.faults[0]


def test_a_missing_required_column_is_named_with_its_meaning():
    found = report(good_rows().drop("SUBMIT_TS"))
    assert found.is_held
    assert found.faults == [
        "w03, column 'SUBMIT_TS' (completed_at): not in citizens_panel_w03.csv, expected one column of this name. "
        "Export the file again with it, or correct the definition of w03."
    ]


def test_a_missing_item_column_is_named_with_its_item():
    found = report(good_rows().drop("Q7"))
    assert found.is_held
    assert found.faults == [
        "w03, item 'trust_local_council': column 'Q7' is not in citizens_panel_w03.csv, expected one column of this "
        "name. Export the file again with it, or correct the definition of w03."
    ]


def test_an_item_that_may_be_absent_is_no_fault():
    assert report(good_rows().drop("Q7"), wave=one_wave(items_may_be_absent=True)).faults == []


def test_an_extra_column_is_kept_and_flagged():
    found = report(good_rows(IP=["10.0.0.1"] * 20, REFERRER=["x"] * 20))
    assert not found.is_held
    assert found.faults == [
        "w03: 2 columns of citizens_panel_w03.csv not declared: 'IP', 'REFERRER'; expected declared columns only. "
        "Kept as delivered and not used: declare them as items, or list them under ignored_columns in the "
        "definition of w03."
    ]


def test_ignored_columns_are_no_fault():
    assert report(good_rows(Q_browser=["x"] * 20)).faults == []


def test_a_wrong_delimiter_names_every_column_it_lost_and_quotes_no_header():
    rows = pl.DataFrame({";".join(good_rows().columns): ["R-7001;2025-03-10"] * 3})
    found = report(rows)
    assert found.is_held
    missing = [one.rule.column for one in found.failed if one.rule.code in ("required-column", "item-column")]
    assert missing == ["RESP_ID", "SUBMIT_TS", "WAVE", "DONE", "STATUS", "Q7", "AGE", "OPEN"]
    assert "1 column of citizens_panel_w03.csv not declared; expected" in found.faults[-1]


def test_a_file_without_a_header_does_not_show_its_first_row():
    first = ["R-7001", "2025-03-10 18:30:00", "3", OPEN_TEXT]
    found = report(pl.DataFrame({name: ["1"] for name in first}))
    assert not any(part in fault for fault in found.faults for part in ("R-7001", "18:30", "Jones"))


def test_an_empty_file_is_one_fault():
    found = report(good_rows().clear(), previous_rows=20, previous_wave="w02")
    assert found.is_held
    assert found.faults == [
        "w03: no rows in citizens_panel_w03.csv, expected at least one. Export the file again.",
        "w03: 0 rows in citizens_panel_w03.csv, expected at least 10, half of the 20 of w02. Check that the export "
        "is complete.",
    ]


def test_far_fewer_rows_than_before_are_flagged():
    assert report(previous_rows=40, previous_wave="w02").faults == []
    found = report(previous_rows=41, previous_wave="w02")
    assert not found.is_held
    assert found.faults == [
        "w03: 20 rows in citizens_panel_w03.csv, expected at least 21, half of the 41 of w02. Check that the export "
        "is complete."
    ]


def test_a_row_without_an_id_is_counted_and_placed():
    found = report(changed("RESP_ID", {3: None, 5: ""}))
    assert found.is_held
    assert found.faults == [
        "w03, column 'RESP_ID': no id in 2 rows (first in row 3), expected an id in every row. Complete the ids in "
        "citizens_panel_w03.csv."
    ]


def test_a_respondent_who_appears_twice_is_counted_but_not_named():
    found = report(changed("RESP_ID", {4: IDS[0], 6: IDS[1], 7: IDS[1]}))
    assert found.is_held
    assert found.faults == [
        "w03, column 'RESP_ID': 2 respondents appear more than once, in 5 rows (first in row 1), expected one row a "
        "respondent. Decide which row counts and take the others out of citizens_panel_w03.csv."
    ]
    assert result(found, "id-unique").row_numbers.to_list() == [1, 2, 4, 6, 7]


def test_an_unknown_member_is_counted_but_not_named():
    found = report(changed("RESP_ID", {2: "R-9999", 9: "R-9998"}))
    assert found.is_held
    assert found.faults == [
        "w03, column 'RESP_ID': an id that is not in the member list in 2 rows (first in row 2), expected members "
        "only. Deliver the complete member list, or correct the ids in citizens_panel_w03.csv."
    ]


def test_an_unknown_member_who_appears_twice_breaks_both_rules():
    found = report(changed("RESP_ID", {2: "R-9999", 9: "R-9999"}))
    assert {one.rule.code for one in found.failed} == {"member-known", "id-unique"}


def test_rows_of_another_wave_are_named():
    found = report(changed("WAVE", {1: "2", 2: "2", 3: None}))
    assert found.is_held
    assert found.faults == [
        "w03, column 'WAVE': 2 in 2 rows, blank in 1 row (first in row 1), expected only 3. Check that "
        "citizens_panel_w03.csv belongs here, or correct constants in the definition of w03."
    ]


def test_interviews_outside_fieldwork_are_flagged_with_both_ends():
    days = {1: "2025-03-02 23:59:59", 2: "2025-03-25", 3: "2025-03-26", 4: "2025-03-03", 5: "2025-03-24 23:59:00"}
    found = report(changed("SUBMIT_TS", {**days, 6: None}))
    assert not found.is_held
    assert found.faults == [
        "w03, column 'SUBMIT_TS': after 2025-03-24 in 2 rows, before 2025-03-03 in 1 row (first in row 1), expected "
        "2025-03-03 to 2025-03-24. Correct the fieldwork dates in the definition of w03, or the dates in "
        "citizens_panel_w03.csv."
    ]


@pytest.mark.parametrize(("n_early", "is_held"), [(17, False), (18, True)])
def test_a_file_of_interviews_from_before_the_wave_is_held(n_early, is_held):
    early = changed("SUBMIT_TS", dict.fromkeys(range(1, n_early + 1), "2024-01-01"))
    assert report(early).is_held is is_held
    assert not report(changed("SUBMIT_TS", dict.fromkeys(range(1, 21), "2026-01-01"))).is_held  # late returns


def test_a_fieldwork_with_one_end_is_checked_at_that_end():
    wave = one_wave(fieldwork_end=None)
    assert report(changed("SUBMIT_TS", {1: "2031-01-01"}), wave=wave).faults == []
    assert "before 2025-03-03 in 1 row" in report(changed("SUBMIT_TS", {1: "2021-01-01"}), wave=wave).faults[0]


def test_dates_that_cannot_be_read_are_flagged():
    found = report(changed("SUBMIT_TS", {8: "10/03/2025", 9: "soon"}))
    assert not found.is_held
    assert found.faults == [
        "w03, column 'SUBMIT_TS': no readable date in 2 rows (first in row 8), expected a date such as 2025-03-24. "
        "Correct completed_at_format in the definition of w03, or the dates in citizens_panel_w03.csv."
    ]


@pytest.mark.parametrize(("layout", "value"), [("%d/%m/%Y", "10/03/2025"), ("%d.%m.%Y %H:%M", "10.03.2025 08:15")])
def test_dates_in_the_declared_format_are_read(layout, value):
    wave = one_wave()
    wave = replace(wave, source=replace(wave.source, completed_at_format=layout))
    rows = good_rows(SUBMIT_TS=[value] * 20)
    assert report(rows, wave=wave).faults == []
    assert report(changed("SUBMIT_TS", {1: "2025-03-10T08:15:00"}, rows), wave=wave).faults == []  # as Excel's dates
    (fault,) = report(changed("SUBMIT_TS", {1: "2025/03-10"}, rows), wave=wave).faults
    assert f"expected the format '{layout}'" in fault


def test_a_word_where_a_number_belongs_is_flagged():
    found = report(changed("AGE", dict.fromkeys(range(1, 6), "over 90")))
    assert not found.is_held
    assert found.faults == [
        "w03, item 'age_now': 'over 90' in 5 rows (first in row 1), expected a number. Say in the definitions which "
        "number it stands for, or correct column 'AGE' of citizens_panel_w03.csv."
    ]


@pytest.mark.parametrize("value", ["nan", "inf", "1,5", "12 ", "0x1F", "1e", "--3"])
def test_what_only_looks_like_a_number_is_none(value):
    assert [one.rule.code for one in report(changed("AGE", {1: value})).failed] == ["number-format"]


@pytest.mark.parametrize("value", ["-3", "+3.25", "1e3", "007"])
def test_numbers_are_numbers(value):
    assert report(changed("AGE", {1: value})).faults == []


def test_a_profile_value_outside_its_categories_is_flagged():
    region = ProfileVariable("region", "Region", "w03", "REGION", categories=("North", "South"), values={"N": "North"})
    survey = replace(one_survey(), profile=(*one_survey().profile, region))
    found = report(good_rows(REGION=["N"] * 9 + ["South"] * 5 + ["East"] * 6), survey=survey)
    assert not found.is_held
    assert found.faults == [
        "w03, profile 'region': 'East' in 6 rows (first in row 15), expected 'North' or 'South'. Add it to the values "
        "of 'region' in survey.yml, or correct column 'REGION' of citizens_panel_w03.csv; until then these members "
        "count in totals only."
    ]


def test_a_profile_that_changed_since_the_member_list_is_flagged():
    sex = ["F", "F", "M", "M", "M"] * 4
    assert report(good_rows(SEX=sex)).faults == []
    found = report(changed("SEX", {1: "M", 2: "?", 3: None}, good_rows(SEX=sex)))
    assert not found.is_held
    assert found.faults == [
        "w03, profile 'sex': another value than in the member list in 1 row (first in row 1), expected the same. The "
        "value of the member list is used; check the ids in citizens_panel_w03.csv."
    ]


def test_a_margin_category_without_respondents_holds_the_wave():
    found = report(profile=known_profile(age=["20", "40", "70", None] * 5))
    assert found.is_held
    assert found.faults == [
        "w03, citizens_panel_w03.csv: margin 'age_group' has no respondents in 75+, so no weight can reach that "
        "population total. Merge the category with a neighbour."
    ]


def test_a_partial_interview_fills_no_margin_category():
    rows = changed("DONE", dict.fromkeys(range(4, 21, 4), "0"))
    assert "margin 'age_group' has no respondents in 75+" in report(rows).faults[0]


def test_empty_categories_of_a_crossed_margin_are_named():
    found = report(profile=known_profile(sex=["Female"] * 20))
    assert found.faults == [
        "w03, citizens_panel_w03.csv: margin 'sex*age_group' has no respondents in Male*16-64, so no weight can reach "
        "that population total. Merge the category with a neighbour."
    ]


def test_test_rows_are_taken_out_before_anything_else_is_checked():
    rows = changed("STATUS", {1: "Preview", 2: "Preview"}, changed("RESP_ID", {1: "preview", 2: "preview"}))
    found = report(rows)
    assert not found.is_held
    assert found.faults == []
    assert found.refused.rows() == [(1, "test-row", "Test rows, taken out"), (2, "test-row", "Test rows, taken out")]
    assert result(found, "test-row").message == (
        "w03, column 'STATUS': 2 test rows in citizens_panel_w03.csv, taken out. Nothing to do."
    )


def test_a_member_list_with_faults_names_them_all():
    from pipeline.validation import validate

    rows = pl.DataFrame({"ID": ["a", "a", None], "AGE_AT_START": ["16", "89 or older", "old"], "SEX": ["F", "X", "X"]})
    (found,) = validate([roster_delivery(rows)])
    assert found.is_held
    assert [one.rule.code for one in found.failed] == [
        "required-column", "id-present", "id-unique", "number-format", "profile-category",
    ]  # fmt: skip
    assert found.faults[0] == (
        "roster, column 'PROB': not in members.csv, expected one column of this name. Export the file again with it, "
        "or correct survey.yml."
    )


def test_all_faults_of_a_file_are_reported_at_once_critical_first():
    rows = changed("Q7", {1: "7"}, changed("AGE", {2: "x"}, changed("WAVE", {3: "4"}, good_rows(NEW=["1"] * 20))))
    found = report(rows.drop("OPEN"), profile=known_profile(age=["20"] * 20))
    severities = [one.rule.severity for one in found.failed if one.message]
    assert len(found.faults) == len(severities) == 6
    codes = {one.rule.code for one in found.failed}
    assert codes == {
        "extra-column", "item-column", "item-codes", "number-format", "constant-column", "margin-category",
    }  # fmt: skip
    assert ["declared" in fault or "a number" in fault for fault in found.faults] == [False] * 4 + [True] * 2


def test_several_empty_categories_are_one_fault():
    found = report(profile=known_profile(age=["20"] * 20))
    assert found.faults == [
        "w03, citizens_panel_w03.csv: margin 'age_group' has no respondents in 65-74 or 75+, so no weight can reach "
        "those population totals. Merge each category with a neighbour."
    ]


def test_no_id_and_no_open_text_stands_in_any_message():
    """Columns shifted by one: ids and open answers stand where codes, numbers and dates belong."""
    columns = good_rows().columns
    shifted = good_rows().rename(dict(zip(columns, [*columns[1:], columns[0]], strict=True))).select(columns)
    swapped = (
        good_rows().rename({"OPEN": "Q7", "Q7": "OPEN"}).with_columns(AGE=pl.col("RESP_ID"), WAVE=pl.col("RESP_ID"))
    )
    once = changed("Q7", {1: IDS[1], 2: "my name is Ann", 3: "07700900123", 4: "ann@example.org"})
    for rows in (shifted, swapped, once):
        found = report(rows)
        assert found.is_held
        told = " ".join(one.message + str(one.found) for one in found.results)
        assert not any(
            secret in told for secret in (*IDS, "Ann", "07700900123", "example.org", "Jones", "2025-03-10 18")
        )
    assert "a value that is not shown in 4 rows (first in row 1)" in report(once).faults[0]


def test_an_open_answer_repeated_word_for_word_is_shown_only_when_many_gave_it():
    assert "'Maybe' in 5 rows" in report(changed("Q7", dict.fromkeys(range(1, 6), "Maybe"))).faults[0]
    assert "Maybe" not in report(changed("Q7", dict.fromkeys(range(1, 5), "Maybe"))).faults[0]


def test_headers_that_no_database_likes_are_read_as_they_are():
    wave = one_wave()
    columns = {'we"ird': "1", "select": "2", "a:b {batch} %s": "3", "resp_id": "4", "é": "5"}
    odd = replace(wave.items[0], column='Q7"; drop table x; --')
    rows = good_rows(**{name: [value] * 20 for name, value in columns.items()}).rename({"Q7": odd.column})
    found = report(changed(odd.column, {1: "7:x{batch}"}, rows), wave=replace(wave, items=(odd, *wave.items[1:])))
    assert [one.rule.code for one in found.failed] == ["extra-column", "item-codes"]
    assert result(found, "extra-column").n_failed == 5


def test_a_delivery_with_ten_thousand_columns_is_answered_at_once():
    wide = {f"extra {number}": ["x"] * 20 for number in range(10_000)}
    found = report(good_rows(**wide))
    assert "10,000 columns of citizens_panel_w03.csv not declared; expected" in found.faults[0]
    assert found.seconds < 5


def test_only_the_faulty_delivery_of_a_night_is_held():
    from pipeline.validation import validate

    reports = validate([delivery(), delivery(good_rows().drop("Q7")), delivery()])
    assert [one.is_held for one in reports] == [False, True, False]
