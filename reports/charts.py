"""Charts as SVG text, intervals always drawn: a trend over waves, and a dot with its interval for each group."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from reports.foreign_text import plain

WIDTH = 480
LABEL_ROOM = 54  # right of the plot, for the figure of the last dot
SMALLEST_SPAN = 40  # whole per cent on the upright axis: a narrower one makes noise look like news
MOST_WAVE_LABELS = 12
_VARIABLE = re.compile(r"(--\w+): ([^;]+);")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.DOTALL)


@dataclass(frozen=True)
class Mark:
    """One estimate on a chart, as a share of 0 to 1; None where it may not be shown."""

    label: str  # what stands on the axis
    estimate: float | None
    low: float | None
    high: float | None
    note: str = ""  # under the label: a date
    figure: str = ""  # the estimate in print, or why there is none
    is_provisional: bool = False


@dataclass(frozen=True)
class Words:
    """A chart for whoever cannot see it."""

    chart_id: str  # unique on the page
    title: str
    description: str


@dataclass(frozen=True)
class _Frame:
    """The plot inside the picture, in its units, and the stretch of whole per cent that it spans."""

    left: float
    right: float
    top: float
    bottom: float
    lowest: int
    highest: int

    def y(self, share: float) -> float:
        """Return the height of a share on an upright axis."""
        part = (share * 100 - self.lowest) / (self.highest - self.lowest)
        return self.bottom - part * (self.bottom - self.top)

    def x(self, share: float) -> float:
        """Return the place of a share on a level axis."""
        return self.left + (share * 100 - self.lowest) / (self.highest - self.lowest) * (self.right - self.left)


def trend_chart(marks: Sequence[Mark], about: Words) -> str:
    """Return the estimates of consecutive waves as dots, joined where neighbours are shown, in a band."""
    lowest, highest = _span(marks)
    frame = _Frame(46, WIDTH - LABEL_ROOM, 14, 204, lowest, highest)
    places = _places(len(marks), frame)
    body = [_upright_grid(frame), *_runs(marks, places, frame)]
    body += [_upright_dot(mark, x, frame) for mark, x in zip(marks, places, strict=True)]
    body += [_wave_labels(marks, places, frame), _last_figure(marks, places, frame)]
    return _svg(about, frame.bottom + (46 if any(mark.note for mark in marks) else 29), body)


def interval_chart(marks: Sequence[Mark], about: Words) -> str:
    """Return one row per group on a scale of 0 to 100 %: a dot, its interval, and the figure in print."""
    row_height = 27
    frame = _Frame(_label_room(marks), WIDTH - LABEL_ROOM, 8, 8 + row_height * len(marks), 0, 100)
    body = [_level_grid(frame)]
    for index, mark in enumerate(marks):
        body.append(_level_row(mark, frame.top + row_height * (index + 0.5), frame))
    return _svg(about, frame.bottom + 26, body)


def standalone(svg: str, css: str) -> str:
    """Return a chart as a file of its own: the same picture with its style inside."""
    head, rest = svg.split(">", 1)
    return f"{head}><style>{css}</style>{rest}\n"


def for_print(svg: str, css: str, *, ground: str = "") -> str:
    """Return a chart for programs that know neither CSS variables nor media: light colours, and a size of its own."""
    light = dict(_VARIABLE.findall(css.split("}", 1)[0]))
    light["--ground"] = ground or light["--ground"]
    plain = _MEDIA.sub("", css).split("}", 1)[1]
    plain = re.sub(r"var\((--\w+)\)", lambda found: light[found.group(1)], plain)
    plain = re.sub(r"font: ([\d.]+px) ", r"font-size: \1; font-family: ", plain)
    head, rest = svg.split(">", 1)
    _, _, width, height = re.findall(r'viewBox="([^"]+)"', head)[0].split()
    behind = f'<rect width="{width}" height="{height}" fill="{light["--ground"]}"/>'
    title_end = rest.index("</desc>") + len("</desc>")
    inside = rest[:title_end] + behind + rest[title_end:]
    return f'{head} width="{width}" height="{height}"><style>{plain}</style>{inside}\n'


def _svg(about: Words, height: float, body: Sequence[str]) -> str:
    title, description = f"{about.chart_id}-title", f"{about.chart_id}-desc"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {WIDTH} {_n(height)}" role="img" '
        f'aria-labelledby="{title} {description}"><title id="{title}">{escape(plain(about.title))}</title>'
        f'<desc id="{description}">{escape(plain(about.description))}</desc>{"".join(body)}</svg>'
    )


def _span(marks: Sequence[Mark]) -> tuple[int, int]:
    """Return the tens that hold every interval, at least `SMALLEST_SPAN` apart."""
    shares = [share for mark in marks for share in (mark.low, mark.high, mark.estimate) if share is not None]
    low = math.floor(min(shares, default=0.0) * 10) * 10
    high = math.ceil(max(shares, default=1.0) * 10) * 10
    while high - low < SMALLEST_SPAN:
        low = max(0, low - 10)
        high = min(100, high + 10) if high - low < SMALLEST_SPAN else high
    return low, high


def _places(n_marks: int, frame: _Frame) -> list[float]:
    if n_marks == 1:
        return [(frame.left + frame.right) / 2]
    inset = 24.0
    step = (frame.right - frame.left - 2 * inset) / (n_marks - 1)
    return [frame.left + inset + step * index for index in range(n_marks)]


def _upright_grid(frame: _Frame) -> str:
    step = 10 if frame.highest - frame.lowest <= 50 else 20
    first = -(-frame.lowest // step) * step
    lines = []
    for tick in range(first, frame.highest + 1, step):
        y = frame.y(tick / 100)
        lines.append(_line(frame.left, y, frame.right, y, "grid"))
        lines.append(_text(frame.left - 7, y + 4, f"{tick}%", "axis end"))
    return "".join(lines)


def _level_grid(frame: _Frame) -> str:
    lines = []
    for tick in (0, 25, 50, 75, 100):
        x = frame.x(tick / 100)
        lines.append(_line(x, frame.top, x, frame.bottom, "grid"))
        lines.append(_text(x, frame.bottom + 17, f"{tick}%", "axis middle"))
    return "".join(lines)


def _runs(marks: Sequence[Mark], places: Sequence[float], frame: _Frame) -> list[str]:
    """Return band and line of every stretch of neighbouring final waves; a line to a provisional one would be news."""
    shown = list(zip(marks, places, strict=True))
    drawn = []
    for is_shown, run in groupby(shown, key=lambda one: one[0].estimate is not None and not one[0].is_provisional):
        stretch = list(run)
        if is_shown and len(stretch) > 1:
            drawn += [_band(stretch, frame), _path(stretch, frame)]
    return drawn


def _band(stretch: Sequence[tuple[Mark, float]], frame: _Frame) -> str:
    upper = [f"{_n(x)},{_n(frame.y(mark.high))}" for mark, x in stretch if mark.high is not None]
    lower = [f"{_n(x)},{_n(frame.y(mark.low))}" for mark, x in reversed(stretch) if mark.low is not None]
    return f'<polygon class="band" points="{" ".join(upper + lower)}"/>'


def _path(stretch: Sequence[tuple[Mark, float]], frame: _Frame) -> str:
    corners = [f"{_n(x)},{_n(frame.y(mark.estimate))}" for mark, x in stretch if mark.estimate is not None]
    return f'<polyline class="line" points="{" ".join(corners)}"/>'


def _upright_dot(mark: Mark, x: float, frame: _Frame) -> str:
    if mark.estimate is None:
        return ""
    bar = ""
    if mark.low is not None and mark.high is not None:
        bar = _line(x, frame.y(mark.low), x, frame.y(mark.high), "bar")
    return bar + _dot(x, frame.y(mark.estimate), mark.is_provisional)


def _wave_labels(marks: Sequence[Mark], places: Sequence[float], frame: _Frame) -> str:
    every = -(-len(marks) // MOST_WAVE_LABELS)
    last = len(marks) - 1
    labels = []
    for index, (mark, x) in enumerate(zip(marks, places, strict=True)):
        if index == 0 or ((last - index) % every == 0 and index >= every):
            labels.append(_text(x, frame.bottom + 20, mark.label, "axis middle"))
        if mark.note and (index in (0, last) or last < 4):
            labels.append(_text(x, frame.bottom + 37, mark.note, "axis faint middle"))
    return "".join(labels)


def _last_figure(marks: Sequence[Mark], places: Sequence[float], frame: _Frame) -> str:
    last = marks[-1].estimate
    if last is None:
        return _text(places[-1], frame.bottom - 8, marks[-1].figure, "axis faint middle")
    return _text(places[-1] + 10, frame.y(last) + 5, marks[-1].figure, "figure")


def _label_room(marks: Sequence[Mark]) -> float:
    longest = max((len(mark.label) for mark in marks), default=0)
    return min(190.0, 20 + 8.6 * longest)


def _level_row(mark: Mark, y: float, frame: _Frame) -> str:
    label = _text(frame.left - 12, y + 4.5, mark.label, "axis strong end")
    if mark.estimate is None:
        return label + _text(frame.left + 8, y + 4.5, mark.figure, "axis faint")
    bar = ""
    if mark.low is not None and mark.high is not None:
        bar = _line(frame.x(mark.low), y, frame.x(mark.high), y, "bar")
    figure = _text(frame.right + 14, y + 5, mark.figure, "figure")
    return label + bar + _dot(frame.x(mark.estimate), y, mark.is_provisional) + figure


def _dot(x: float, y: float, is_provisional: bool) -> str:
    return f'<circle class="dot{" open" if is_provisional else ""}" cx="{_n(x)}" cy="{_n(y)}" r="4.5"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
