"""What a time that a person writes means where the panel is, and how a moment is said back to them."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pipeline.errors import UsageError

EXAMPLE = "2026-12-01 07:00"
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?")


def moment(text: str, time_zone: str, *, what: str) -> datetime:
    """Return the moment, in UTC, that a written time means; without an offset it is that of the clocks there.

    Args:
        text: a day and a time, such as 2026-12-01 07:00, or with an offset 2026-12-01T07:00+01:00.
        what: the option it stands in, for the message.

    Raises:
        UsageError: it is no time, or the clocks there never show it, or show it twice.
    """
    if not _WRITTEN.fullmatch(text):
        raise UsageError(f"{what}: '{text}' is no day and time such as '{EXAMPLE}'.")
    try:
        written = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{what}: '{text}' is no day and time such as '{EXAMPLE}' ({error}).") from error
    if written.tzinfo is not None:
        return written.astimezone(UTC)
    first, second = (written.replace(tzinfo=ZoneInfo(time_zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        _refuse(first, second, time_zone, f"{what}: '{text}'")
    return first.astimezone(UTC)


def _refuse(first: datetime, second: datetime, time_zone: str, where: str) -> None:
    """Raise UsageError about a time that clocks leap over, or pass twice."""
    if first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None) == first.replace(tzinfo=None):
        raise UsageError(
            f"{where} comes twice in {time_zone}, as clocks go back that night. Say which with its offset: "
            f"'{first.isoformat(timespec='minutes')}' is the first, '{second.isoformat(timespec='minutes')}' the "
            "second."
        )
    after = first.astimezone(UTC).astimezone(first.tzinfo)
    raise UsageError(
        f"{where} does not exist in {time_zone}, as clocks go forward over it that night. "
        f"Give a time after the leap, such as '{after:%Y-%m-%d %H:%M}'."
    )


def clock(time_zone: str, today: date | None = None, now: datetime | None = None) -> tuple[date, datetime]:
    """Return the date where the panel is and the moment in UTC: as given, else as they are.

    Args:
        today: taken as today's date; without `now` the moment is the start of that day.
        now: taken as the present moment.
    """
    zone = ZoneInfo(time_zone)
    if now is None:
        now = datetime(today.year, today.month, today.day, tzinfo=zone) if today else datetime.now(UTC)
    return today or now.astimezone(zone).date(), now.astimezone(UTC)


def said(when: datetime, time_zone: str) -> str:
    """Return a moment as the clocks there show it; one without a time zone is in UTC."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return f"{aware.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} ({time_zone})"
