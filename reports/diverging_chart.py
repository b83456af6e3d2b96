"""Diverging bars: the answers of one end of a scale to the left of a line, those of the other to its right.

The middle answer and don't know stand apart, each on its own line, so that both ends can be compared from one zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from reports import svg
from reports.svg import Words

WIDTH = 480
LABEL, BAR, KEY_LINE, KEY_GAP, BETWEEN = 20.0, 25.0, 15.0, 4.0, 16.0  # heights of a block's parts
SWATCH = 15.0  # of the key: from a swatch to its label
COLUMN_GAP = 34.0  # holds the figure of the bar before it
LABEL_SIZE, KEY_SIZE = 16.0, 14.0  # as on a phone, where charts.css makes texts larger
KEY_ROOM = WIDTH / 2 - SWATCH - 8  # for a label of one of the key's two columns
SMALLEST_FOR_FIGURE = 31.0  # a segment narrower than this has its figure in the table alone
LOW, MIDDLE, HIGH, UNKNOWN = "low", "middle", "high", "unknown"


@dataclass(frozen=True)
class Answer:
    """One answer's share, as a share of 0 to 1; None where it may not be shown."""

    label: str
    side: str  # low | middle | high | unknown
    share: float | None
    figure: str  # the share in print, or why there is none


@dataclass(frozen=True)
class Bars:
    """One question: its answers in the order of the scale, low end first, don't know last."""

    label: str
    answers: tuple[Answer, ...]

    def of(self, side: str) -> list[Answer]:
        """Return the answers of one side, in order."""
        return [answer for answer in self.answers if answer.side == side]

    def width(self, side: str) -> float:
        """Return the share of a side, 0 where nothing is shown."""
        return sum(answer.share or 0.0 for answer in self.of(side))

    @property
    def is_shown(self) -> bool:
        """Return whether the question's answers may be shown."""
        return all(answer.share is not None for answer in self.answers if answer.side != UNKNOWN)


def diverging_chart(questions: Sequence[Bars], about: Words, *, too_few: str) -> str:
    """Return a block for each question: its label, its bars, and the key of its answers where the scale changes."""
    scale = _Scale.of([one for one in questions if one.is_shown])
    body, y = [], 0.0
    for place, question in enumerate(questions):
        is_last = place + 1 == len(questions) or _scale_of(questions[place + 1]) != _scale_of(question)
        block, y = _block(question, scale, y, too_few, has_key=is_last)
        body += block
    return svg.picture(about, WIDTH, y - BETWEEN + 6, body)


@dataclass(frozen=True)
class _Scale:
    """Where the zero line and the two columns apart stand, and how wide a share is."""

    unit: float
    zero: float
    middle: float
    unknown: float

    @classmethod
    def of(cls, questions: Sequence[Bars]) -> "_Scale":
        widest = {
            side: max((one.width(side) for one in questions), default=0.5) for side in (LOW, MIDDLE, HIGH, UNKNOWN)
        }
        apart = [side for side in (MIDDLE, UNKNOWN) if widest[side] > 0]
        unit = (WIDTH - len(apart) * COLUMN_GAP - 34) / max(sum(widest.values()), 0.01)
        zero = unit * widest[LOW]
        middle = zero + unit * widest[HIGH] + COLUMN_GAP / 2
        unknown = middle + (unit * widest[MIDDLE] + COLUMN_GAP + 8 if widest[MIDDLE] else 0)
        return cls(unit, zero, middle, unknown)


def _scale_of(question: Bars) -> list[tuple[str, str]]:
    return [(answer.label, answer.side) for answer in question.answers]


def _block(question: Bars, scale: _Scale, y: float, too_few: str, *, has_key: bool) -> tuple[list[str], float]:
    """Return the pieces of one question from y downwards, and where the next begins."""
    body = []
    for part in svg.wrapped(question.label, LABEL_SIZE, WIDTH):
        body.append(svg.text(0, y + 12, part, "axis strong"))
        y += LABEL
    if question.is_shown:
        body += _bars(question, scale, y)
    else:
        body.append(svg.text(0, y + 16, too_few, "axis faint"))
    y += BAR + 4
    if has_key:
        key, y = _key(question, y)
        body += key
    return body, y + BETWEEN


def _bars(question: Bars, scale: _Scale, y: float) -> list[str]:
    low, high = question.of(LOW), question.of(HIGH)
    body, x = [], scale.zero - scale.unit * question.width(LOW)
    for place, answer in enumerate([*low, *high]):
        strength = (
            _strength(place, len(low)) if place < len(low) else _strength(len(low) + len(high) - 1 - place, len(high))
        )
        width = scale.unit * (answer.share or 0.0)
        body += _segment(x, y, width, answer.figure, f"{answer.side} {strength}")
        x += width
    body.append(svg.line(scale.zero, y - 3, scale.zero, y + BAR + 3, "zero"))
    for side, start in ((MIDDLE, scale.middle), (UNKNOWN, scale.unknown)):
        for answer in question.of(side):
            if answer.share is not None:
                body += _alone(start, y, scale.unit * answer.share, answer.figure, side)
    return body


def _strength(from_the_end: int, of: int) -> str:
    """Return the shade of an answer: the outermost one is strong, where a side has several."""
    return "strong" if from_the_end == 0 or of == 1 else "mild"


def _segment(x: float, y: float, width: float, figure: str, kind: str) -> list[str]:
    drawn = [svg.rectangle(x, y, max(width - 1, 0.5), BAR, f"side {kind}")]
    if width >= SMALLEST_FOR_FIGURE:
        drawn.append(svg.text(x + width / 2, y + BAR / 2 + 4.5, figure, f"inside {kind}"))
    return drawn


def _alone(x: float, y: float, width: float, figure: str, kind: str) -> list[str]:
    """Return a bar that stands apart, its figure to its right."""
    return [
        svg.rectangle(x, y, max(width, 0.5), BAR, f"side {kind}"),
        svg.text(x + width + 5, y + BAR / 2 + 4.5, figure, "beside"),
    ]


def _key(question: Bars, y: float) -> tuple[list[str], float]:
    """Return a swatch and a label for each answer: those of a side one below the other, outermost first, then the rest.

    The sides stand in two columns, as the bars do; a label that is longer than its column goes on below itself.
    """
    low, high = question.of(LOW), question.of(HIGH)[::-1]
    sides = [[(answer.label, f"{answer.side} {_strength(place, len(side))}") for place, answer in enumerate(side)]
             for side in (low, high)]  # fmt: skip
    rest = [(answer.label, answer.side) for answer in [*question.of(MIDDLE), *question.of(UNKNOWN)]]
    rows = [*zip_longest(*sides), *zip_longest(rest[::2], rest[1::2])]
    body, y = [], y + 4
    for row in rows:
        labels = [svg.wrapped(entry[0], KEY_SIZE, KEY_ROOM) if entry else [] for entry in row]
        for column, (entry, lines) in enumerate(zip(row, labels, strict=True)):
            x = column * WIDTH / 2
            if entry:
                body.append(svg.rectangle(x, y, 10, 10, f"side {entry[1]}"))
            body += [
                svg.text(x + SWATCH, y + 9.5 + place * KEY_LINE, line, "axis faint") for place, line in enumerate(lines)
            ]
        y += max(map(len, labels)) * KEY_LINE + KEY_GAP
    return body, y
