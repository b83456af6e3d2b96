"""The few pieces of SVG that charts are made of: a picture with its text alternative, lines, dots, bars and texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reports.foreign_text import plain

LETTER = 0.56  # of the size of a text: the mean width of its letters, on the wide side
LINE = 1.25  # of the size of a text: from one line to the next


@dataclass(frozen=True)
class Words:
    """A chart for whoever cannot see it."""

    chart_id: str  # unique on the page
    title: str
    description: str


def picture(about: Words, width: float, height: float, body: Sequence[str]) -> str:
    """Return a chart with its title and description."""
    title, description = f"{about.chart_id}-title", f"{about.chart_id}-desc"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {number(width)} {number(height)}" '
        f'role="img" aria-labelledby="{title} {description}"><title id="{title}">{escape(plain(about.title))}</title>'
        f'<desc id="{description}">{escape(plain(about.description))}</desc>{"".join(body)}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return f'<line class="{kind}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"/>'


def text(x: float, y: float, words: str, kind: str) -> str:
    """Return a text whose base line is at y."""
    return f'<text class="{kind}" x="{number(x)}" y="{number(y)}">{escape(plain(words))}</text>'


def rectangle(x: float, y: float, width: float, height: float, kind: str) -> str:
    """Return a filled rectangle."""
    place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{kind}" {place}/>'


def dot(x: float, y: float, kind: str = "dot") -> str:
    """Return the dot of an estimate."""
    return f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="4.5"/>'


def polyline(points: Sequence[tuple[float, float]], kind: str) -> str:
    """Return the line through points."""
    corners = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline class="{kind}" points="{corners}"/>'


def number(value: float) -> str:
    """Return a coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def text_width(words: str, size: float) -> float:
    """Return about how wide a text is; never less than it is in the fonts we name."""
    return LETTER * size * len(words)


def wrapped(words: str, size: float, width: float) -> list[str]:
    """Return the lines of a text that is to fit into a width."""
    lines: list[str] = []
    for word in words.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def apart(wanted: Sequence[float], gap: float, lowest: float, highest: float) -> list[float]:
    """Return places as near as can be to those wanted, at least a gap apart, in their order, within the bounds.

    Where the bounds have too little room for all, the gap is the largest that fits.

    Source: pool-adjacent-violators, the least-squares fit of a rising sequence (Barlow et al., 1972).
    """
    if not wanted:
        return []
    gap = min(gap, (highest - lowest) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    pools: list[list[float]] = []  # [mean, size] of neighbours that touch each other
    for rank, place in enumerate(order):
        pools.append([wanted[place] - rank * gap, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, size = pools.pop()
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * size) / (pools[-1][1] + size), pools[-1][1] + size]
    level = [mean for mean, size in pools for _ in range(int(size))]
    top = highest - gap * (len(wanted) - 1)
    places = [0.0] * len(wanted)
    for rank, place in enumerate(order):
        places[place] = min(max(level[rank], lowest), top) + rank * gap
    return places
