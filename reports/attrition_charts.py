"""The pictures of the attrition page as SVG text: small curves and hazards of one group each, and an age profile."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reports import words
from reports.charts import Mark
from reports.language import ENGLISH
from reports.svg import Words, picture
from reports.svg import number as _n

SMALL_WIDTH, SMALL_HEIGHT = 260, 176
LEFT, RIGHT, TOP, BOTTOM = 46, 214, 12, 146  # of the plot in a small picture
PROFILE_WIDTH, ROW_HEIGHT, PROFILE_LEFT, PROFILE_RIGHT = 480, 30, 96, 440
MOST_TICKS = 6
MOST_WAVES = 12  # labels on the axis of the indicator


@dataclass(frozen=True)
class Point:
    """A share at one time, with its interval; None where it may not be shown."""

    time: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Profile:
    """One group's share of the active members and of the population."""

    label: str
    panel: float | None
    population: float


def curve(points: Sequence[Point], everyone: Sequence[Point], about: Words) -> str:
    """Return one group's share still in the panel over time, in its band, beside the line of everyone."""
    frame = _Frame(max((point.time for point in [*points, *everyone]), default=1), 1.0)
    start = Point(0, 1.0, 1.0, 1.0)
    shown = [start, *_until_hidden(points)]
    body = [frame.grid((0.0, 0.5, 1.0)), frame.line([start, *_until_hidden(everyone)], "other")]
    if len(shown) > 1:
        body += [frame.band(shown), frame.line(shown, "line"), frame.last_figure(shown[-1])]
    else:
        body.append(f'<text class="axis faint" x="{LEFT + 8}" y="{BOTTOM - 10}">too few to show</text>')
    return picture(about, SMALL_WIDTH, SMALL_HEIGHT, [*body, frame.times()])


def hazards(points: Sequence[Point], highest: float, about: Words) -> str:
    """Return one group's share who left at each time, as dots with their intervals, up to a common highest share."""
    frame = _Frame(max((point.time for point in points), default=1), highest)
    body = [frame.grid((0.0, highest / 2, highest))]
    for point in points:
        if point.share is not None and point.low is not None and point.high is not None:
            x, high = frame.x(point.time), frame.y(min(point.high, highest))
            body.append(f'<line class="bar" x1="{_n(x)}" x2="{_n(x)}" y1="{_n(frame.y(point.low))}" y2="{_n(high)}"/>')
            body.append(f'<circle class="dot" cx="{_n(x)}" cy="{_n(frame.y(point.share))}" r="4"/>')
    return picture(about, SMALL_WIDTH, SMALL_HEIGHT, [*body, frame.times()])


def indicator_chart(marks: Sequence[Mark], about: Words) -> str:
    """Return the R-indicator of consecutive waves as dots with their intervals, joined by a line, in its own units."""
    shown = [one for one in marks if one.estimate is not None]
    lowest = math.floor(min([0.99, *(one.low for one in shown if one.low is not None)]) * 5) / 5
    scale = _Scale(len(marks), lowest)
    points = [
        (scale.x(place), scale.y(one.estimate), one) for place, one in enumerate(marks) if one.estimate is not None
    ]
    body = [scale.grid(), f'<polyline class="line" points="{" ".join(f"{_n(x)},{_n(y)}" for x, y, _ in points)}"/>']
    for x, y, one in points:
        if one.low is not None and one.high is not None:
            ends = f'y1="{_n(scale.y(one.low))}" y2="{_n(scale.y(one.high))}"'
            body.append(f'<line class="bar" x1="{_n(x)}" x2="{_n(x)}" {ends}/>')
        body.append(f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="4.5"/>')
    every = -(-len(marks) // MOST_WAVES)
    for place, one in enumerate(marks):
        if place % every == 0:
            at = f'x="{_n(scale.x(place))}" y="{_n(scale.bottom + 20)}"'
            body.append(f'<text class="axis middle" {at}>{escape(one.label)}</text>')
    x, y, last = points[-1]
    body.append(f'<text class="figure" x="{_n(x + 10)}" y="{_n(y + 5)}">{last.estimate:.2f}</text>')
    return picture(about, PROFILE_WIDTH, scale.bottom + 30, body)


@dataclass(frozen=True)
class _Scale:
    """The plot of the indicator: waves side by side, values from the lowest fifth to 1."""

    n_marks: int
    lowest: float
    top = 14.0
    bottom = 190.0
    left = 46.0
    right = 430.0

    def x(self, place: int) -> float:
        return self.left + 24 + place * (self.right - self.left - 48) / max(self.n_marks - 1, 1)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.lowest) / (1 - self.lowest) * (self.bottom - self.top)

    def grid(self) -> str:
        values = [self.lowest + step / 5 for step in range(round((1 - self.lowest) * 5) + 1)]
        return "".join(
            f'<line class="grid" x1="{self.left}" x2="{self.right}" y1="{_n(self.y(value))}" y2="{_n(self.y(value))}"/>'
            f'<text class="axis end" x="{_n(self.left - 7)}" y="{_n(self.y(value) + 4)}">{value:.1f}</text>'
            for value in values
        )


def round_share(share: float) -> float:
    """Return the next of 5, 10, 20, … 100 % that holds a share."""
    return next(step / 100 for step in (5, 10, 20, 40, 60, 80, 100) if step / 100 >= min(share, 1.0) - 1e-12)


def profile_chart(profiles: Sequence[Profile], about: Words) -> str:
    """Return one row per group: a dot for its share of the panel, a ring for its share of the population."""
    highest = round_share(max([one.population for one in profiles] + [one.panel or 0.0 for one in profiles]))
    bottom = 8 + ROW_HEIGHT * len(profiles)

    def x(share: float) -> str:
        return _n(PROFILE_LEFT + share / highest * (PROFILE_RIGHT - PROFILE_LEFT))

    body = []
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = x(highest * part)
        body.append(f'<line class="grid" x1="{at}" x2="{at}" y1="8" y2="{bottom}"/>')
        body.append(f'<text class="axis middle" x="{at}" y="{bottom + 17}">{100 * highest * part:g}%</text>')
    for place, one in enumerate(profiles):
        y = 8 + ROW_HEIGHT * (place + 0.5)
        body.append(
            f'<text class="axis strong end" x="{PROFILE_LEFT - 12}" y="{_n(y + 4.5)}">{escape(one.label)}</text>'
        )
        if one.panel is not None:
            body.append(f'<line class="bar" x1="{x(one.panel)}" x2="{x(one.population)}" y1="{_n(y)}" y2="{_n(y)}"/>')
            body.append(f'<circle class="dot" cx="{x(one.panel)}" cy="{_n(y)}" r="5.5"/>')
        body.append(f'<circle class="dot open" cx="{x(one.population)}" cy="{_n(y)}" r="5.5"/>')
    return picture(about, PROFILE_WIDTH, bottom + 26, body)


@dataclass(frozen=True)
class _Frame:
    """The plot of a small picture: times from 0, shares up to the highest."""

    last_time: int
    highest: float

    def x(self, time: float) -> float:
        return LEFT + time / max(self.last_time, 1) * (RIGHT - LEFT)

    def y(self, share: float) -> float:
        return BOTTOM - share / self.highest * (BOTTOM - TOP)

    def grid(self, shares: Sequence[float]) -> str:
        lines = [
            f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{_n(self.y(share))}" y2="{_n(self.y(share))}"/>'
            f'<text class="axis end" x="{LEFT - 5}" y="{_n(self.y(share) + 4)}">{100 * share:g}%</text>'
            for share in shares
        ]
        return "".join(lines)

    def times(self) -> str:
        every = max(1, math.ceil(self.last_time / MOST_TICKS))
        return "".join(
            f'<text class="axis middle" x="{_n(self.x(time))}" y="{BOTTOM + 18}">{time}</text>'
            for time in range(every, self.last_time + 1, every)
        )

    def line(self, points: Sequence[Point], kind: str) -> str:
        corners = " ".join(f"{_n(self.x(one.time))},{_n(self.y(one.share))}" for one in points if one.share is not None)
        return f'<polyline class="{kind}" points="{corners}"/>'

    def band(self, points: Sequence[Point]) -> str:
        upper = [f"{_n(self.x(one.time))},{_n(self.y(one.high))}" for one in points if one.high is not None]
        lower = [f"{_n(self.x(one.time))},{_n(self.y(one.low))}" for one in reversed(points) if one.low is not None]
        return f'<polygon class="band" points="{" ".join(upper + lower)}"/>'

    def last_figure(self, point: Point) -> str:
        assert point.share is not None, "only shown points are drawn"
        figure = words.short_percent(ENGLISH, point.share)
        return f'<text class="figure" x="{RIGHT + 5}" y="{_n(self.y(point.share) + 5)}">{figure}</text>'


def _until_hidden(points: Sequence[Point]) -> list[Point]:
    """Return the points before the first one that may not be shown."""
    hidden = next((place for place, point in enumerate(points) if point.share is None), len(points))
    return list(points[:hidden])
