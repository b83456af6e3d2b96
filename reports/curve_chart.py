"""Retention curves: the share of each group that still answers, wave after wave, each line named at its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from reports import svg
from reports.svg import Words

WIDTH = 480
LEFT, TOP, BOTTOM = 46.0, 14.0, 224.0
NAME_SIZE, NAME_GAP = 15.0, 17.0  # as on a phone, where charts.css makes texts larger
MOST_WAVE_LABELS, WAVE_SIZE = 12, 13.5
BESIDE = 3.5  # between the intervals of the last wave, which would hide each other
SHADES = 6  # of charts.css: colours that people with any colour vision tell apart
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Curve:
    """One group's share at each wave, of 0 to 1, and the interval of the last; None where it may not be shown."""

    label: str
    shares: tuple[float | None, ...]  # one for each wave
    low: float | None
    high: float | None
    figure: str  # the last share in print, or why there is none
    is_everyone: bool = False


def curve_chart(curves: Sequence[Curve], waves: Sequence[str], about: Words) -> str:
    """Return the curves with the interval of each at the last wave, and its name and figure beside it.

    Args:
        waves: what stands under each wave.
    """
    named = [(curve, f"{curve.label} {curve.figure}") for curve in curves]
    room = 34 + max((svg.text_width(name, NAME_SIZE) for _, name in named), default=0.0)
    right = WIDTH - room
    places = [LEFT + 8 + (right - LEFT - 22) * place / max(len(waves) - 1, 1) for place in range(len(waves))]
    ends = svg.apart([_end(curve) for curve in curves], NAME_GAP, TOP, BOTTOM - 2)
    body = [_grid(right), _wave_labels(waves, places)]
    for place, curve in sorted(enumerate(curves), key=lambda one: one[1].is_everyone):
        beside = (place - (len(curves) - 1) / 2) * BESIDE
        body += _curve(curve, places, beside, "everyone" if curve.is_everyone else f"shade{place % SHADES}")
    for place, (curve, name) in enumerate(named):
        kind = "everyone" if curve.is_everyone else f"shade{place % SHADES}"
        body += _named(curve, name, right, ends[place], kind)
    return svg.picture(about, WIDTH, BOTTOM + 29, body)


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP)


def _end(curve: Curve) -> float:
    """Return the height at which a curve's name wants to stand: that of its last shown share."""
    return _y(next((share for share in reversed(curve.shares) if share is not None), 0.0))


def _grid(right: float) -> str:
    return "".join(
        svg.line(LEFT, _y(tick), right, _y(tick), "grid") + svg.text(LEFT - 7, _y(tick) + 4, f"{tick:.0%}", "axis end")
        for tick in TICKS
    )


def _wave_labels(waves: Sequence[str], places: Sequence[float]) -> str:
    """Return the names of the waves, the last among them, as many as stand beside each other."""
    every, last = -(-len(waves) // MOST_WAVE_LABELS), len(waves) - 1
    clear = places[0] + svg.text_width(waves[0], WAVE_SIZE) / 2
    named = [index for index in range(1, len(waves)) if (last - index) % every == 0]
    shown = [index for index in named if places[index] - svg.text_width(waves[index], WAVE_SIZE) / 2 > clear]
    return "".join(svg.text(places[index], BOTTOM + 20, waves[index], "axis middle") for index in (0, *shown))


def _curve(curve: Curve, places: Sequence[float], beside: float, kind: str) -> list[str]:
    """Return the line through shown waves, broken where one may not be shown, and the interval of the last."""
    body: list[str] = []
    stretch: list[tuple[float, float]] = []
    for x, share in [*zip(places, curve.shares, strict=True), (0.0, None)]:
        if share is not None:
            stretch.append((x, _y(share)))
        elif stretch:
            body.append(svg.polyline(stretch, f"curve {kind}"))
            stretch = []
    if curve.low is not None and curve.high is not None:
        x = places[-1] + beside
        body.append(svg.line(x, _y(curve.low), x, _y(curve.high), f"reach {kind}"))
    if curve.shares[-1] is not None:
        body.append(svg.dot(places[-1], _y(curve.shares[-1]), f"point {kind}"))
    return body


def _named(curve: Curve, name: str, right: float, y: float, kind: str) -> list[str]:
    """Return the group's name at the end of its curve, joined to it by a thin line in its colour."""
    leader = svg.polyline([(right - 2, _end(curve)), (right + 10, y), (right + 22, y)], f"leader {kind}")
    return [leader, svg.text(right + 27, y + 4.5, name, "name strong" if curve.is_everyone else "name")]
