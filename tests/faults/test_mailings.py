"""Exports of the sending system that are wrong: unknown people and waves, invitations after the interview."""

from datetime import date

import polars as pl

from pipeline.definitions import Mailings, Source
from pipeline.rules import rules_for_mailings
from pipeline.validation import DeliveryToValidate, ValidationReport, validate
from tests.builders_validation import IDS, MEMBERS, one_survey, report, result

SENT = Mailings(
    Source("sent.csv", {"panel_member_id": "ID", "invited_to": "TO", "invited_at": "AT"}),
    {"w03": "w03", "March": "w03"},
    row_tolerance=0.2,
)
SURVEY = one_survey(mailings=SENT)
ANSWERED = pl.DataFrame({"panel_member_id": [*MEMBERS], "wave": ["w03"] * 20, "day": [date(2025, 3, 10)] * 20})


def sent(*, to: dict[int, str | None] | None = None, at: dict[int, str | None] | None = None) -> pl.DataFrame:
    """Return invitations of all twenty members on the first of March; rows given here have others."""
    return pl.DataFrame(
        {
            "ID": [*IDS],
            "TO": [(to or {}).get(row, "March") for row in range(1, 21)],
            "AT": [(at or {}).get(row, "2025-03-01 08:00") for row in range(1, 21)],
        }
    )


def checked(rows: pl.DataFrame, members: list[str | None] | None = None) -> ValidationReport:
    delivery = DeliveryToValidate(
        survey=SURVEY, source="mailings", rules=rules_for_mailings(SURVEY), file_name="sent.csv", frame=rows,
        members=pl.Series(members or [*MEMBERS], dtype=pl.String), other_days=ANSWERED, part="/sent.csv",
    )  # fmt: skip
    return validate([delivery])[0]


def test_good_mailings_have_no_fault() -> None:
    found = checked(sent())
    assert found.faults == []
    assert not found.is_held


def test_unknown_people_and_waves_refuse_the_row_and_too_many_hold_the_file() -> None:
    found = checked(sent(to={3: "Autumn", 4: None}), [None, *MEMBERS[1:]])
    assert not found.is_held
    assert sorted(found.refused["row_number"].unique()) == [1, 3, 4]
    assert result(found, "member-known").n_failed == 1
    message = result(found, "wave-known").message
    assert "expected 'w03' or 'March'. Say under 'waves' of 'mailings' in survey.yml" in message
    assert "R-70" not in " ".join(found.faults)
    assert checked(sent(to=dict.fromkeys(range(1, 6), "Autumn"))).is_held


def test_an_invitation_after_the_interview_is_flagged_and_a_reminder_is_not() -> None:
    late = sent(at={2: "2025-03-11 08:00"})
    found = checked(late)
    assert result(found, "invited-first").row_numbers.to_list() == [2]
    assert result(found, "invited-first").message == (
        "mailings, column 'AT': dated after the member's interview in 1 row (first in row 2), expected invitations "
        "before it. Correct the dates in sent.csv, or deliver the first invitations too."
    )
    assert found.refused.is_empty()
    reminded = pl.concat([sent(), late.slice(1, 1)])
    assert checked(reminded, [*MEMBERS, MEMBERS[1]]).faults == []


def test_dates_that_cannot_be_read_are_flagged() -> None:
    assert result(checked(sent(at={5: "soon"})), "date-format").row_numbers.to_list() == [5]


def test_interviews_before_the_invitation_are_flagged_in_the_wave() -> None:
    days = [date(2025, 3, 1)] * 19 + [date(2025, 3, 11)]
    invited = pl.DataFrame({"panel_member_id": [*MEMBERS], "wave": ["w03"] * 20, "day": days})
    found = report(survey=SURVEY, other_days=invited)
    assert result(found, "invited-first").row_numbers.to_list() == [20]
    assert "completed before the member was invited in 1 row (first in row 20)" in found.faults[0]
    assert report(survey=SURVEY).faults == []
