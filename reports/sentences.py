"""The one grammar of findings: estimates and verdicts into sentences that say no more than was tested."""

from pipeline.errors import EstimationError
from reports import words
from reports.language import Language

ROSE, FELL, STEADY, NO_CLEAR_CHANGE = VERDICTS = ("rose", "fell", "steady", "no clear change")  # of `changes`
PROBABILITY = "probability"
DIFFERS, NO_CLEAR_DIFFERENCE = GROUP_VERDICTS = (  # of `group_tests`
    "differs between groups",
    "no clear difference between groups",
)
TOO_FEW = "too few to say"  # of both: disclosure control withholds the figure
UNTESTED_INFERENCE = "not_representative"  # no population, hence no interval and no claim of change


def share_sentence(
    language: Language, share: float | None, low: float | None, high: float | None, *, answers: str, inference: str
) -> str:
    """Return a headline's figure as one sentence: of whom, how many, said what, and within which range."""
    if share is None:
        return language.say("sentences.too_few", answers=answers)
    has_range = low is not None and high is not None and inference != UNTESTED_INFERENCE
    figure = _share_in_words(language, share, low, high) if has_range else words.percent(language, share)
    claim = language.say(f"sentences.claim.{inference}", share=figure, answers=answers)
    if low is None or high is None or not has_range:
        return words.capital(language.say("sentences.share", claim=claim))
    within = words.percent_range(language, low, high)
    within = language.say(f"sentences.range.{inference}", range=within)
    return words.capital(language.say("sentences.share_with_range", claim=claim, range=within))


def _share_in_words(language: Language, share: float, low: float | None, high: float | None) -> str:
    """Return a share as people say it: a fraction where its whole interval is about one, and per cent always."""
    name = None if low is None or high is None else words.fraction(low, high)
    figure = words.percent(language, share)
    if name is None:
        return figure
    return language.say("sentences.fraction", fraction=language.text(f"fractions.{name}"), share=figure)


def change_sentence(
    language: Language,
    verdict: str,
    change: float | None,
    low: float | None,
    high: float | None,
    *,
    since: str,
    is_within_person: bool = False,
    inference: str = PROBABILITY,
    margin: float | None = None,
) -> str:
    """Return what the corrected test allows to be said of a change; the direction is the verdict's alone.

    Args:
        verdict: as in `changes.verdict`; anything but one of `VERDICTS` was not tested.
        since: the earlier wave in words.
        is_within_person: the change is that of the people who answered both waves.
        margin: a change of this size or more was ruled out; needed by `steady` alone.

    Raises:
        EstimationError: the verdict and the change disagree.
    """
    if verdict not in VERDICTS or change is None or (verdict == STEADY and margin is None):
        return language.say("sentences.not_compared", since=since)
    _refuse_contradiction(verdict, change, margin, since)
    kind = "change_of_same_people" if is_within_person else "change"
    has_direction = verdict in (ROSE, FELL)
    sizes = (
        _sizes(language, change, low, high, inference) if has_direction else _difference(language, change, low, high)
    )
    return language.say(
        f"sentences.{kind}.{verdict.replace(' ', '_')}",
        size=words.points(language, change),
        since=since,
        margin="" if margin is None else words.points(language, margin),
        range=sizes,
    )


def group_sentence(
    language: Language,
    verdict: str,
    lowest: tuple[str, float | None],
    highest: tuple[str, float | None],
    *,
    domain: str,
    inference: str = PROBABILITY,
) -> str:
    """Return what the corrected test allows to be said of a headline's groups; '' for nothing.

    Args:
        verdict: as in `group_tests.verdict`.
        lowest, highest: a group and its share.
        domain: what tells the groups apart, such as “Age group”.
    """
    if verdict == TOO_FEW or (verdict == DIFFERS and (lowest[1] is None or highest[1] is None)):
        return language.say("sentences.groups.too_few", domain=domain)
    if verdict not in GROUP_VERDICTS or inference == UNTESTED_INFERENCE:
        return ""
    ends = {"low_group": lowest[0], "high_group": highest[0]}
    ends |= {end: words.percent(language, one[1] or 0.0) for end, one in (("low", lowest), ("high", highest))}
    form = "differs" if inference == PROBABILITY else "differs_indicative"
    form = form if verdict == DIFFERS else "no_clear_difference"
    return language.say(f"sentences.groups.{form}", domain=domain, **ends)


def _refuse_contradiction(verdict: str, change: float, margin: float | None, since: str) -> None:
    is_against = (verdict == ROSE and not change > 0) or (verdict == FELL and not change < 0)
    if is_against or (verdict == STEADY and margin is not None and not abs(change) < margin):
        raise EstimationError(
            f"verdict '{verdict}' for a change of {change:+.4f} since {since}: they contradict each other. "
            "The published changes are wrong; publish them again."
        )


def _difference(language: Language, change: float, low: float | None, high: float | None) -> str:
    """Return the size of a change whose direction is not known: with its sign, and its range."""
    difference = words.signed_points(language, change)
    if low is None or high is None:
        return language.say("sentences.sizes.difference", difference=difference)
    ends = {"low": words.signed(language, low), "high": words.signed(language, high)}
    return language.say("sentences.sizes.difference_from_to", difference=difference, **ends)


def _sizes(language: Language, change: float, low: float | None, high: float | None, inference: str) -> str:
    """Return the range of a change whose direction is known."""
    if low is None or high is None:
        return ""
    if low < 0 < high:
        ends = {"low": words.signed(language, low), "high": words.signed(language, high)}
        return language.say("sentences.sizes.from_to", **ends)
    smaller, larger = sorted((abs(low), abs(high)))
    if words.points(language, smaller) == words.points(language, larger):
        return language.say("sentences.sizes.close_to", size=words.points(language, larger))
    form = "between" if inference == PROBABILITY else "indicative"
    ends = {"low": words.points_alone(language, smaller), "high": words.points(language, larger)}
    return language.say(f"sentences.sizes.{form}", **ends)
