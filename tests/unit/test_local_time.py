"""Times that people write: those of the clocks where the panel is, or with their offset."""

from datetime import UTC, date, datetime

import pytest

from pipeline.errors import UsageError
from pipeline.local_time import clock, moment, said

LONDON = "Europe/London"


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-12-01 07:00", LONDON, datetime(2026, 12, 1, 7)),
        ("2026-07-01 07:00", LONDON, datetime(2026, 7, 1, 6)),  # summer: an hour ahead
        ("2026-12-01T07:00", "Asia/Tokyo", datetime(2026, 11, 30, 22)),
        ("2026-12-01T07:00:30+02:00", LONDON, datetime(2026, 12, 1, 5, 0, 30)),
        ("2026-12-01T07:00Z", "Asia/Tokyo", datetime(2026, 12, 1, 7)),
    ],
)
def test_a_time_without_an_offset_is_that_of_the_clocks_there(text: str, zone: str, utc: datetime) -> None:
    assert moment(text, zone, what="--embargo") == utc.replace(tzinfo=UTC)


def test_an_hour_that_clocks_leap_over_is_refused_with_one_that_exists() -> None:
    with pytest.raises(UsageError) as found:
        moment("2027-03-28 01:30", LONDON, what="--embargo")
    assert str(found.value) == (
        "--embargo: '2027-03-28 01:30' does not exist in Europe/London, as clocks go forward over it that night. Give "
        "a time after the leap, such as '2027-03-28 02:30'."
    )


def test_an_hour_that_comes_twice_is_refused_with_both_of_its_offsets() -> None:
    with pytest.raises(UsageError) as found:
        moment("2026-10-25 01:30", LONDON, what="--embargo")
    assert str(found.value) == (
        "--embargo: '2026-10-25 01:30' comes twice in Europe/London, as clocks go back that night. Say which with its "
        "offset: '2026-10-25T01:30+01:00' is the first, '2026-10-25T01:30+00:00' the second."
    )
    assert moment("2026-10-25T01:30+01:00", LONDON, what="--embargo") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "2026-12-01", "07:00", "2026-13-01 07:00", "2026-12-01 25:00", ""])
def test_what_is_no_day_and_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no day and time such as '2026-12-01 07:00'"):
        moment(text, LONDON, what="--embargo")


def test_a_moment_is_said_as_the_clocks_there_show_it() -> None:
    assert said(datetime(2026, 7, 1, 6), LONDON) == "2026-07-01 07:00 (Europe/London)"
    assert said(datetime(2026, 7, 1, 6, tzinfo=UTC), "Asia/Tokyo") == "2026-07-01 15:00 (Asia/Tokyo)"


def test_the_clock_is_the_one_given_and_a_day_alone_is_its_start() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert clock(LONDON, now=late) == (date(2026, 7, 1), late)
    assert clock(LONDON, date(2026, 7, 1)) == (date(2026, 7, 1), datetime(2026, 6, 30, 23, tzinfo=UTC))
    assert clock(LONDON, date(2026, 11, 1), late) == (date(2026, 11, 1), late)
    today, now = clock(LONDON)
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5
    assert today == clock(LONDON, now=now)[0]
