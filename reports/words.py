"""The one grammar of findings: numbers, dates and verdicts into sentences that say no more than was tested."""

import math
from collections.abc import Sequence
from datetime import date

from pipeline.errors import EstimationError
from reports.english import BOTH_WAVES, MONTHS, NOT_STATED, TOO_FEW, UNTESTED_INFERENCE, VERDICTS


def percent(share: float) -> str:
    """Return a share as people read it: whole per cent, never a false 0 % or 100 %."""
    if 0 < share < 0.005:
        return "less than 1%"
    if 0.995 <= share < 1:
        return "more than 99%"
    return f"{whole(share)}%"


def short_percent(share: float) -> str:
    """Return the same for a chart or a large figure, with signs for words."""
    return percent(share).replace("less than ", "<").replace("more than ", ">")


def percent_range(low: float, high: float) -> str:
    """Return an interval of a share in words."""
    if percent(low) == percent(high):
        return f"close to {percent(low)}"
    return f"between {percent(low)} and {percent(high)}"


def short_range(low: float | None, high: float | None) -> str:
    """Return an interval of a share for a table cell; a dash where there is none."""
    if low is None or high is None:
        return "–"
    return f"{short_percent(low)} to {short_percent(high)}"


def points(change: float) -> str:
    """Return the size of a difference of two shares, in percentage points, without its sign."""
    size = whole(abs(change))
    if size == 0:
        return "less than 1 point"
    return "1 point" if size == 1 else f"{size} points"


def signed_points(change: float) -> str:
    """Return a difference of two shares with its sign, for a statement that claims no direction."""
    size = whole(abs(change))
    return "0" if size == 0 else f"{'+' if change > 0 else '−'}{size}"


def count(persons: float | None) -> str:
    """Return a number of persons with thousands apart."""
    return TOO_FEW if persons is None else f"{_half_up(persons):,}"


def base(persons: float | None, *, is_rounded: bool) -> str:
    """Return how many answers a figure rests on."""
    if persons is None:
        return f"{TOO_FEW} (unweighted)"
    about = "about " if is_rounded else ""
    return f"{about}{count(persons)} {'person' if persons == 1 else 'people'} who answered (unweighted)"


def list_of(labels: Sequence[str], *, joined_by: str) -> str:
    """Return labels as a list in a sentence: one, two or three."""
    if len(labels) < 2:
        return "".join(labels)
    return f"{', '.join(labels[:-1])} {joined_by} {labels[-1]}"


def capital(sentence: str) -> str:
    """Return the text with a capital first letter and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def day(when: date) -> str:
    """Return a date as 3 March 2025."""
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def month(when: date) -> str:
    """Return a date as Mar 2025."""
    return f"{MONTHS[when.month - 1][:3]} {when.year}"


def dates(start: date | None, end: date | None) -> str:
    """Return a stretch of days, without saying a month or year twice."""
    if start is None or end is None:
        return day(start or end) if start or end else NOT_STATED  # type: ignore[arg-type]
    if start == end:
        return day(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day(end)}"
    if start.year == end.year:
        return f"{start.day} {MONTHS[start.month - 1]} to {day(end)}"
    return f"{day(start)} to {day(end)}"


def answered(labels: Sequence[str], headline: str) -> str:
    """Return what a headline adds up, as the answers people gave; its name where these are many."""
    if not labels or len(labels) > 3:
        return f"“{headline.replace('_', ' ')}”"
    return list_of([f"“{label}”" for label in labels], joined_by="or")


def share_sentence(share: float | None, low: float | None, high: float | None, *, answers: str, inference: str) -> str:
    """Return a headline's figure as one sentence: of whom, how many, said what, and within which range."""
    if share is None:
        return f"Of those who answered {answers} there are {TOO_FEW}."
    who = "people who took part" if inference == UNTESTED_INFERENCE else "panel members, weighted to the population,"
    sentence = f"{capital(percent(share))} of {who} answered {answers}"
    if low is None or high is None or inference == UNTESTED_INFERENCE:
        return f"{sentence}."
    likely = "likely" if inference == "probability" else "an indicative range is"
    return f"{sentence}; {likely} {percent_range(low, high)}."


def change_sentence(
    verdict: str, change: float | None, low: float | None, high: float | None, *, since: str, is_within_person: bool
) -> str:
    """Return what the corrected test allows to be said of a change; the direction is the verdict's alone.

    Args:
        verdict: as in `changes.verdict`; anything but rose, fell and no clear change was not tested.
        since: the earlier wave in words.
        is_within_person: the change is that of the people who answered both waves.

    Raises:
        EstimationError: the verdict and the sign of the change disagree.
    """
    if verdict not in VERDICTS or change is None:
        return f"Not compared with {since}."
    if (verdict == "rose" and not change > 0) or (verdict == "fell" and not change < 0):
        raise EstimationError(
            f"verdict '{verdict}' for a change of {change:+.4f} since {since}: they contradict each other. "
            "The published changes are wrong; publish them again."
        )
    sizes = _size_words(verdict, change, low, high)
    if verdict == "no clear change":
        there_is = f"no clear change since {since}{sizes}."
        return f"{BOTH_WAVES}, there is {there_is}" if is_within_person else capital(there_is)
    moved = f"{verdict} by {points(change)} since {since}{sizes}."
    return f"{BOTH_WAVES}, it {moved}" if is_within_person else capital(moved)


def _size_words(verdict: str, change: float, low: float | None, high: float | None) -> str:
    if verdict != "no clear change":
        return _sizes(change, low, high)
    unit = "point" if whole(abs(change)) == 1 else "points"
    within = "" if low is None or high is None else f", range {signed_points(low)} to {signed_points(high)}"
    return f" (difference {signed_points(change)} {unit}{within})"


def _sizes(change: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    if low < 0 < high:
        return f" (range {signed_points(low)} to {signed_points(high)})"
    smaller, larger = sorted((abs(low), abs(high)))
    if points(smaller) == points(larger):
        return f" (close to {points(larger)})"
    least = points(smaller).removesuffix(" points").removesuffix(" point")
    return f" (between {least} and {points(larger)})"


def whole(share: float) -> int:
    return _half_up(share * 100)


def _half_up(number: float) -> int:
    return math.floor(round(number, 9) + 0.5)  # 57.5 is stored as 57.49999…: cut that before rounding up
