"""Charts as SVG text, intervals always drawn: a trend over waves, and a dot with its interval for each group."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reports import svg
from reports.svg import Words

WIDTH = 480
LABEL_ROOM = 64  # right of the plot, for the figure of the last dot in a wide font
SMALLEST_SPAN = 40  # whole per cent on the upright axis: a narrower one makes noise look like news
MOST_WAVE_LABELS = 12
TICKS = (0, 25, 50, 75, 100)
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
    is_before_break: bool = False  # an earlier wording of the question: no line leads on from it


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


def trend_chart(marks: Sequence[Mark], about: Words, *, at_break: str = "") -> str:
    """Return the estimates of consecutive waves as dots, joined where neighbours are shown, in a band.

    Args:
        at_break: what stands beside the line that parts the waves of an earlier wording from the others.
    """
    lowest, highest = _span(marks)
    frame = _Frame(46, WIDTH - LABEL_ROOM, 14, 204, lowest, highest)
    places = _places(len(marks), frame)
    body = [_upright_grid(frame), _break(marks, places, frame, at_break), *_runs(marks, places, frame)]
    body += [_upright_dot(mark, x, frame) for mark, x in zip(marks, places, strict=True)]
    body += [_wave_labels(marks, places, frame), _last_figure(marks, places, frame)]
    return svg.picture(about, WIDTH, frame.bottom + (46 if any(mark.note for mark in marks) else 29), body)


def interval_chart(marks: Sequence[Mark], about: Words, *, width: int = WIDTH) -> str:
    """Return one row per group: a dot, its interval, and the figure in print; a wide one spans 0 to 100 %."""
    row_height = 27
    lowest, highest = (0, 100) if width == WIDTH else _span(marks)  # a small one has no room for all that is empty
    frame = _Frame(_label_room(marks), width - LABEL_ROOM, 8, 8 + row_height * len(marks), lowest, highest)
    body = [_level_grid(frame, TICKS if width == WIDTH else (lowest, (lowest + highest) // 2, highest))]
    for index, mark in enumerate(marks):
        body.append(_level_row(mark, frame.top + row_height * (index + 0.5), frame))
    return svg.picture(about, width, frame.bottom + 26, body)


def standalone(chart: str, css: str) -> str:
    """Return a chart as a file of its own: the same picture with its style inside."""
    head, rest = chart.split(">", 1)
    return f"{head}><style>{css}</style>{rest}\n"


def for_print(chart: str, css: str, *, ground: str = "") -> str:
    """Return a chart for programs that know neither CSS variables nor media: light colours, and a size of its own."""
    light = dict(_VARIABLE.findall(css.split("}", 1)[0]))
    light["--ground"] = ground or light["--ground"]
    plain = _MEDIA.sub("", css).split("}", 1)[1]
    plain = re.sub(r"var\((--\w+)\)", lambda found: light[found.group(1)], plain)
    plain = re.sub(r"font: ([\d.]+px) ", r"font-size: \1; font-family: ", plain)
    head, rest = chart.split(">", 1)
    _, _, width, height = re.findall(r'viewBox="([^"]+)"', head)[0].split()
    behind = f'<rect width="{width}" height="{height}" fill="{light["--ground"]}"/>'
    title_end = rest.index("</desc>") + len("</desc>")
    inside = rest[:title_end] + behind + rest[title_end:]
    return f'{head} width="{width}" height="{height}"><style>{plain}</style>{inside}\n'


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
        lines.append(svg.line(frame.left, y, frame.right, y, "grid"))
        lines.append(svg.text(frame.left - 7, y + 4, f"{tick}%", "axis end"))
    return "".join(lines)


def _level_grid(frame: _Frame, ticks: Sequence[int]) -> str:
    lines = []
    for tick in ticks:
        x = frame.x(tick / 100)
        lines.append(svg.line(x, frame.top, x, frame.bottom, "grid"))
        lines.append(svg.text(x, frame.bottom + 17, f"{tick}%", "axis middle"))
    return "".join(lines)


def _break(marks: Sequence[Mark], places: Sequence[float], frame: _Frame, label: str) -> str:
    """Return the line between the last wave of an earlier wording and the first of this one; "" for no break."""
    before = sum(mark.is_before_break for mark in marks)
    if not 0 < before < len(marks):
        return ""
    x = (places[before - 1] + places[before]) / 2
    kind = "axis faint" if x < WIDTH / 2 else "axis faint end"
    named = svg.text(x + 5 if x < WIDTH / 2 else x - 5, frame.bottom - 6, label, kind)
    return svg.line(x, frame.top, x, frame.bottom, "break") + named


def _runs(marks: Sequence[Mark], places: Sequence[float], frame: _Frame) -> list[str]:
    """Return band and line of every stretch of neighbouring final waves; a line to a provisional one would be news."""
    shown = list(zip(marks, places, strict=True))
    drawn = []
    for (is_shown, _), run in groupby(shown, key=lambda one: (_is_joined(one[0]), one[0].is_before_break)):
        stretch = list(run)
        if is_shown and len(stretch) > 1:
            drawn += [_band(stretch, frame), _path(stretch, frame)]
    return drawn


def _is_joined(mark: Mark) -> bool:
    return mark.estimate is not None and not mark.is_provisional


def _band(stretch: Sequence[tuple[Mark, float]], frame: _Frame) -> str:
    upper = [f"{svg.number(x)},{svg.number(frame.y(mark.high))}" for mark, x in stretch if mark.high is not None]
    lower = [
        f"{svg.number(x)},{svg.number(frame.y(mark.low))}" for mark, x in reversed(stretch) if mark.low is not None
    ]
    return f'<polygon class="band" points="{" ".join(upper + lower)}"/>'


def _path(stretch: Sequence[tuple[Mark, float]], frame: _Frame) -> str:
    corners = [
        f"{svg.number(x)},{svg.number(frame.y(mark.estimate))}" for mark, x in stretch if mark.estimate is not None
    ]
    return f'<polyline class="line" points="{" ".join(corners)}"/>'


def _upright_dot(mark: Mark, x: float, frame: _Frame) -> str:
    if mark.estimate is None:
        return ""
    bar = ""
    if mark.low is not None and mark.high is not None:
        bar = svg.line(x, frame.y(mark.low), x, frame.y(mark.high), "bar")
    return bar + _dot(x, frame.y(mark.estimate), mark.is_provisional)


def _wave_labels(marks: Sequence[Mark], places: Sequence[float], frame: _Frame) -> str:
    every = -(-len(marks) // MOST_WAVE_LABELS)
    last = len(marks) - 1
    labels = []
    for index, (mark, x) in enumerate(zip(marks, places, strict=True)):
        if index == 0 or ((last - index) % every == 0 and index >= every):
            labels.append(svg.text(x, frame.bottom + 20, mark.label, "axis middle"))
        if mark.note and (index in (0, last) or last < 4):
            labels.append(svg.text(x, frame.bottom + 37, mark.note, "axis faint middle"))
    return "".join(labels)


def _last_figure(marks: Sequence[Mark], places: Sequence[float], frame: _Frame) -> str:
    last = marks[-1].estimate
    if last is None:
        return svg.text(places[-1], frame.bottom - 8, marks[-1].figure, "axis faint middle")
    return svg.text(places[-1] + 10, frame.y(last) + 5, marks[-1].figure, "figure")


def _label_room(marks: Sequence[Mark]) -> float:
    longest = max((len(mark.label) for mark in marks), default=0)
    return min(190.0, 20 + 8.6 * longest)


def _level_row(mark: Mark, y: float, frame: _Frame) -> str:
    label = svg.text(frame.left - 12, y + 4.5, mark.label, "axis strong end")
    if mark.estimate is None:
        return label + svg.text(frame.left + 8, y + 4.5, mark.figure, "axis faint")
    bar = ""
    if mark.low is not None and mark.high is not None:
        bar = svg.line(frame.x(mark.low), y, frame.x(mark.high), y, "bar")
    figure = svg.text(frame.right + 14, y + 5, mark.figure, "figure")
    return label + bar + _dot(frame.x(mark.estimate), y, mark.is_provisional) + figure


def _dot(x: float, y: float, is_provisional: bool) -> str:
    return svg.dot(x, y, "dot open" if is_provisional else "dot")
