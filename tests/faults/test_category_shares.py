"""Answers that become far more or less frequent from one wave to the next: flagged beyond chance, never held."""

from dataclasses import replace

import polars as pl
import pytest

from pipeline import answer_shares
from pipeline.answer_shares import has_moved
from pipeline.definitions import ItemColumn, RowFilter, Survey
from pipeline.quality_limits import WaveComparison
from pipeline.rules import CRITICAL
from pipeline.validation import ValidationReport, validate
from pipeline.wave_files.few_values import with_enums
from tests.builders_validation import delivery, good_rows, one_survey, one_wave, result

W02 = one_wave(wave="w02", wave_number=2, items=(ItemColumn("trust_local_council", "OLD"),))


def a_survey(**changes: object) -> Survey:
    return one_survey(waves=(W02, one_wave()), **changes)


def repeated(times: int, trust: list[str]) -> pl.DataFrame:
    """Return the twenty good rows so many times over, with these answers again and again."""
    rows = pl.concat([good_rows()] * times)
    return rows.with_columns(pl.Series("Q7", (trust * rows.height)[: rows.height]))


def compared(times: int, trust: list[str], before: dict[str, int], survey: Survey | None = None) -> ValidationReport:
    """Validate a delivery of wave 3 whose wave before had so many of each code."""
    known = pl.DataFrame(
        [("w02", "trust_local_council", code, n) for code, n in before.items()],
        schema=answer_shares.COLUMNS,
        orient="row",
    )
    rows = repeated(times, trust)
    members = pl.Series([f"m{row}" for row in range(rows.height)])
    survey = survey or a_survey()
    counts = answer_shares.of_delivery(survey, survey.wave("w03"), rows, members)
    return validate([delivery(rows, survey=survey, members=members, shares=known, answer_counts=counts)])[0]


def test_swapped_answers_are_flagged_with_both_shares_and_the_wave_is_published():
    """Of 100: 75 agree and 25 disagree, after 25 and 75; the difference of 50 points has a standard error of 7."""
    found = compared(5, ["4", "Agree", "yes", "2"], {"4": 25, "2": 75})
    broken = result(found, "category-share-change")
    assert broken.rule.severity == "warning"
    assert broken.n_failed == 2
    assert broken.row_numbers.is_empty()
    assert broken.message == (
        "w03, item 'trust_local_council' (Trust in the council): 'Disagree' is 25% of 100 answers, after 75% of 100 in "
        "w02; 'Agree' is 75% of 100 answers, after 25% of 100 in w02; expected a difference of at most 10 points, or "
        "what chance explains. Check column 'Q7' of citizens_panel_w03.csv for swapped or recoded answers; if people "
        "changed their minds, there is nothing to do."
    )


def test_the_same_difference_between_few_people_is_chance():
    found = compared(1, ["4", "Agree", "yes", "2"], {"4": 5, "2": 15})
    assert [one.rule.code for one in found.results if one.rule.code == "category-share-change"]
    assert "category-share-change" not in [one.rule.code for one in found.failed]


def test_a_difference_within_the_declared_one_is_not_flagged_however_many_answered():
    assert not has_moved(60_000, 100_000, 50_000, 100_000, least=0.10 + 1e-9)
    assert has_moved(60_100, 100_000, 50_000, 100_000, least=0.10)


@pytest.mark.parametrize(("n", "expected"), [(8, False), (9, True)])
def test_everybody_after_nobody_needs_more_than_eight_people_a_wave(n, expected):
    """Pooled share 1/2: 4 standard errors are 4 √(1/(2n)), which is 1 at n = 8."""
    assert has_moved(n, n, 0, n, least=0.10) is expected


def test_the_difference_is_declared():
    wider = a_survey(comparison=WaveComparison(share_difference=0.6))
    assert not [one for one in compared(5, ["4", "4", "4", "2"], {"4": 25, "2": 75}, wider).failed if one.rule.item]


def test_missing_answers_partial_interviews_and_test_rows_are_not_counted():
    rows = good_rows(Q7=["4", "-8", None, "4", *["1"] * 16], DONE=["1", "1", "1", "0", *["1"] * 16])
    counts = answer_shares.of_delivery(a_survey(), one_wave(), rows, pl.Series(["m"] * 10 + [None] * 10))
    assert counts.sort("code").rows() == [
        ("w03", "trust_local_council", "1", 6),
        ("w03", "trust_local_council", "4", 1),
    ]
    test_wave = one_wave(source=replace(one_wave().source, test_rows=RowFilter("Q7", ("2",))))
    assert test_wave.source.test_rows is not None
    survey = one_survey(waves=(W02, test_wave))
    assert not [one for one in compared(5, ["4", "4", "4", "2"], {"4": 100}, survey).failed if one.rule.item]


def test_an_item_is_compared_with_the_last_wave_that_asked_it():
    known = pl.DataFrame(
        [
            ("w01", "trust_local_council", "4", 100),
            ("w02", "other", "1", 100),
            ("w04", "trust_local_council", "2", 100),
        ],
        schema=answer_shares.COLUMNS,
        orient="row",
    )
    waves = (one_wave(wave="w01", wave_number=1), W02, one_wave(), one_wave(wave="w04", wave_number=4))
    survey = one_survey(waves=waves)
    now = pl.DataFrame([("w03", "trust_local_council", "2", 100)], schema=answer_shares.COLUMNS, orient="row")
    moved = answer_shares.moves(survey, one_wave(), now, known)["trust_local_council"]
    assert [(one.label, one.wave_before, one.share_before, one.share) for one in moved] == [
        ("Disagree", "w01", 0.0, 1.0),
        ("Agree", "w01", 1.0, 0.0),
    ]


@pytest.mark.parametrize(
    ("part", "of_w02"), [("", 9), ("web", 9 + 40), ("late", 9 + 5 + 40 - 1), ("late/2", 9 + 5 + 40)]
)
def test_counts_of_a_delivery_replace_those_that_it_supersedes(part, of_w02):
    counts = [("", "w01", 7), ("web", "w02", 5), ("paper", "w02", 39), ("late/1", "w02", 1)]
    rows = [(where, wave, "a", "1", n) for where, wave, n in counts]
    stored = pl.DataFrame(rows, schema=answer_shares.STORED, orient="row")
    new = pl.DataFrame([("w02", "a", "1", 9)], schema=answer_shares.COLUMNS, orient="row")
    found = answer_shares.combined(stored, {("w02", part): new})
    assert sorted(found.rows()) == [("w01", "a", "1", 7), ("w02", "a", "1", of_w02)]


def test_a_survey_may_hold_a_wave_whose_answers_moved():
    from pipeline.definitions import SeverityChange

    strict = a_survey(severities={"category-share-change": SeverityChange(CRITICAL, "no real change can be so large")})
    assert compared(5, ["4", "4", "4", "2"], {"4": 25, "2": 75}, strict).is_held


def test_columns_of_few_values_are_counted_as_text_is():
    rows = repeated(5, ["4", "Agree", "yes", "2", None, "not answered"]).with_columns(unused=pl.lit("x"))
    survey = one_survey(wave=one_wave(items=(ItemColumn("trust_local_council", "Q7", {"yes": "4", "": "1"}),)))
    members = pl.Series([f"m{row}" if row % 7 else None for row in range(rows.height)])
    as_text, as_enums = (
        answer_shares.of_delivery(survey, survey.wave("w03"), frame, members).sort("code")
        for frame in (rows, with_enums(rows))
    )
    assert as_text.equals(as_enums)
    assert dict(as_text.select("code", "n").iter_rows())["1"] == rows.filter(members.is_not_null())["Q7"].null_count()
