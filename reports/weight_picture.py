"""A picture of how weights are spread: a histogram in units of the mean weight, as SVG or PNG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 544, 56, 250  # of the plot
INK, QUIET, LINES, MARK, GROUND = "#17202a", "#59636e", "#dedad0", "#0b5f94", "#ffffff"
FONT = 'font-family="Liberation Sans, Arial, Helvetica, sans-serif"'
PNG_SCALE = 2.0
TICKS = 5


@dataclass(frozen=True)
class Distribution:
    """How many people have weights within each bar, in units of the mean weight."""

    edges: Sequence[float]  # one more than bars
    counts: Sequence[int]
    lowest: float
    highest: float
    design_effect: float


def weight_picture(spread: Distribution, name: str) -> str:
    """Return the histogram as a file of its own, with its figures in words."""
    words = (
        f"{sum(spread.counts):,} weights from {spread.lowest:.2f} to {spread.highest:.2f} times the mean; "
        f"design effect {spread.design_effect:.2f}"
    )
    body = [_text(LEFT, 24, f"Weights of {name}", INK, size=16), _text(LEFT, 42, words, QUIET)]
    body += [*_grid(spread), *_bars(spread), *_axis(spread)]
    body.append(_text((LEFT + RIGHT) / 2, HEIGHT - 10, "weight, as times the mean weight", QUIET, anchor="middle"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-labelledby="title desc"><title id="title">Weights of {escape(name)}</title>'
        f'<desc id="desc">{escape(words)}</desc><rect width="{WIDTH}" height="{HEIGHT}" fill="{GROUND}"/>'
        f"{''.join(body)}</svg>\n"
    )


def as_png(svg: str) -> bytes:
    """Return a picture as PNG; the renderer brings its own fonts."""
    from vl_convert import svg_to_png

    return bytes(svg_to_png(svg, scale=PNG_SCALE))


def _grid(spread: Distribution) -> list[str]:
    """Return level lines with their counts."""
    tallest, parts = max(spread.counts), []
    for count in _round_numbers(0, tallest, smallest_step=1):
        y = _y(count, tallest)
        parts.append(f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{LINES}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{count:,.0f}", QUIET, anchor="end"))
    return parts


def _bars(spread: Distribution) -> list[str]:
    tallest, width = max(spread.counts), (RIGHT - LEFT) / len(spread.counts)
    return [
        f'<rect x="{LEFT + number * width + 0.5:.1f}" y="{_y(count, tallest):.1f}" width="{max(width - 1, 0.5):.1f}" '
        f'height="{BOTTOM - _y(count, tallest):.1f}" fill="{MARK}"/>'
        for number, count in enumerate(spread.counts)
        if count
    ]


def _axis(spread: Distribution) -> list[str]:
    """Return round weights below the bars."""
    low, high = spread.edges[0], spread.edges[-1]
    width = (high - low) or 1.0
    return [
        _text(LEFT + (RIGHT - LEFT) * (tick - low) / width, BOTTOM + 18, f"{tick:g}", QUIET, anchor="middle")
        for tick in _round_numbers(low, high)
    ]


def _round_numbers(low: float, high: float, *, smallest_step: float = 0.0) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten from low to high, about `TICKS` of them."""
    rough = max((high - low) / TICKS, smallest_step, 1e-9)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough * (1 - 1e-9))
    return [
        round(number * step, 9) for number in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _y(count: float, tallest: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * count / max(tallest, 1)


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}" {FONT}>'
        f"{escape(text)}</text>"
    )
