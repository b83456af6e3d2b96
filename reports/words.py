"""Numbers, intervals, dates and lists in words: rounded as people expect, written by the rules of a language."""

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from reports.language import Language

NO_RANGE = "–"
FRACTIONS = {  # the shares that people call by a name, and the texts of the names
    0.1: "tenth", 0.2: "fifth", 0.25: "quarter", 1 / 3: "third", 0.5: "half", 2 / 3: "two_thirds",
    0.75: "three_quarters", 0.8: "four_fifths", 0.9: "nine_tenths",
}  # fmt: skip
ABOUT = 0.05  # a share further than this from a fraction is not about it
HARDLY_ANY = 0.05  # of people: an interval below it is hardly any, one above 1 less it nearly all


def percent(language: Language, share: float) -> str:
    """Return a share as people read it: whole per cent, never a false 0 % or 100 %."""
    if 0 < share < 0.005:
        return language.text("numbers.under_one_percent")
    if 0.995 <= share < 1:
        return language.text("numbers.over_99_percent")
    return _whole_percent(language, whole(share))


def short_percent(language: Language, share: float) -> str:
    """Return the same for a chart or a large figure, with signs for words."""
    if 0 < share < 0.005:
        return f"<{_whole_percent(language, 1)}"
    if 0.995 <= share < 1:
        return f">{_whole_percent(language, 99)}"
    return percent(language, share)


def percent_range(language: Language, low: float, high: float) -> str:
    """Return an interval of a share in words."""
    first, last = percent(language, low), percent(language, high)
    if first == last:
        return language.say("numbers.close_to", figure=first)
    return language.say("numbers.between_percents", low=first, high=last)


def short_range(language: Language, low: float | None, high: float | None) -> str:
    """Return an interval of a share for a table cell; a dash where there is none."""
    if low is None or high is None:
        return NO_RANGE
    return language.say("numbers.percents", low=short_percent(language, low), high=short_percent(language, high))


def fraction(low: float, high: float) -> str | None:
    """Return the fraction that every share of an interval would be called by; None where two would do, or none.

    A share is called by the nearest fraction, at most 5 points from it: an interval of 47 % to 53 % is about half.
    """
    if high < HARDLY_ANY:
        return "hardly_any"
    if low > 1 - HARDLY_ANY:
        return "nearly_all"
    first, last = (min(FRACTIONS, key=lambda one: abs(one - end)) for end in (low, high))
    is_about = first == last and max(first - low, high - first) <= ABOUT + 1e-9
    return FRACTIONS[first] if is_about else None


def points(language: Language, change: float) -> str:
    """Return the size of a difference of two shares, in percentage points, without its sign."""
    size = whole(abs(change))
    return language.say_number("numbers.points", size) if size else language.text("numbers.under_a_point")


def points_alone(language: Language, change: float) -> str:
    """Return the same without its unit, for the lower end of a range."""
    size = whole(abs(change))
    return language.number(size) if size else language.text("numbers.under_one")


def signed(language: Language, change: float) -> str:
    """Return a difference of two shares in points with its sign, for a statement that claims no direction."""
    size = whole(abs(change))
    return language.number(size) if size == 0 else f"{'+' if change > 0 else '−'}{language.number(size)}"


def signed_points(language: Language, change: float) -> str:
    """Return the same with its unit."""
    return language.say_number("numbers.signed_points", whole(abs(change)), signed=signed(language, change))


def count(language: Language, persons: float | None) -> str:
    """Return a number of persons with thousands apart."""
    return language.text("words.too_few") if persons is None else language.number(_half_up(persons))


def base(language: Language, persons: float | None, *, is_rounded: bool) -> str:
    """Return how many answers a figure rests on."""
    if persons is None:
        return language.text("numbers.too_few_people")
    return language.say_number("numbers.about_people" if is_rounded else "numbers.people", _half_up(persons))


def all_of(language: Language, labels: Sequence[str]) -> str:
    """Return labels as a list in a sentence that means all of them."""
    return _listed(language, labels, "words.and")


def crossed(language: Language, labels: Sequence[str]) -> str:
    """Return what a table is crossed by, such as sex by age."""
    first, *others = labels
    for other in others:
        first = language.say("words.by", first=first, second=other)
    return first


def any_of(language: Language, labels: Sequence[str]) -> str:
    """Return labels as a list in a sentence that means any of them."""
    return _listed(language, labels, "words.or")


def answered(language: Language, labels: Sequence[str], headline: str) -> str:
    """Return what a headline adds up, as the answers people gave; its name where these are many."""
    if not labels or len(labels) > 3:
        return language.say("words.quoted", text=headline.replace("_", " "))
    return any_of(language, [language.say("words.quoted", text=label) for label in labels])


def capital(sentence: str) -> str:
    """Return the text with a capital first letter and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def day(language: Language, when: date) -> str:
    """Return a date as 3 March 2025."""
    return _date(language, when, "day")


def month(language: Language, when: date) -> str:
    """Return a date as Mar 2025."""
    return _date(language, when, "month")


def dates(language: Language, start: date | None, end: date | None) -> str:
    """Return a stretch of days, without saying a month or year twice."""
    if start is None or end is None or start == end:
        known = start or end
        return day(language, known) if known else language.text("words.not_stated")
    pattern = "day"
    if start.year == end.year:
        pattern = "day_of_month" if start.month == end.month else "day_of_year"
    return language.say("dates.stretch", start=_date(language, start, pattern), end=day(language, end))


def whole(share: float) -> int:
    """Return a share in whole per cent, halves up."""
    return _half_up(share * 100)


def _half_up(number: float) -> int:
    return math.floor(round(number, 9) + 0.5)  # 57.5 is stored as 57.49999…: cut that before rounding up


@cache
def _whole_percent(language: Language, number: int) -> str:
    from babel.numbers import format_percent

    return format_percent(Decimal(number) / 100, locale=language.locale)


def _date(language: Language, when: date, pattern: str) -> str:
    from babel.dates import format_date

    return format_date(when, language.text(f"dates.{pattern}"), locale=language.locale)


def _listed(language: Language, labels: Sequence[str], key: str) -> str:
    if len(labels) < 2:
        return "".join(labels)
    return language.say(key, start=", ".join(labels[:-1]), last=labels[-1])
