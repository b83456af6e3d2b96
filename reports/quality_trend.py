"""The quality of a survey's deliveries and answers over its waves, as rows of a table with a small line each."""

from dataclasses import dataclass

import polars as pl

from reports import words
from reports.language import ENGLISH

WIDTH, HEIGHT, EDGE = 132, 30, 4  # of a line, in its own units; the edge keeps the last dot inside
_TITLES = ENGLISH.table("measures")


@dataclass(frozen=True)
class TrendRow:
    """One measure over the waves: `cells` are (count, share) in words, empty where a wave has none."""

    title: str
    line: str  # SVG
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Trend:
    """A survey's measures over the waves that were delivered, with the rows of each."""

    waves: tuple[str, ...]
    rows_delivered: tuple[str, ...]
    rows: tuple[TrendRow, ...]


def trend_of(quality: pl.DataFrame, survey: str) -> Trend | None:
    """Return the trend of a survey; None while fewer than two waves were delivered.

    Args:
        quality: rows of the table quality_by_wave, waves in order.
    """
    own = quality.filter(pl.col("survey") == survey)
    delivered = own.filter(pl.col("measure") == "rows_refused")
    waves = delivered["wave"].to_list()
    if len(waves) < 2:
        return None
    found = {(row["wave"], row["measure"]): (row["n_found"], row["n_of"]) for row in own.to_dicts()}
    present = [measure for measure in _TITLES if any((wave, measure) in found for wave in waves)]
    rows = tuple(_row(measure, [found.get((wave, measure)) for wave in waves], waves) for measure in present)
    return Trend(tuple(waves), tuple(words.count(ENGLISH, n) for n in delivered["n_of"]), rows)


def _row(measure: str, counts: list[tuple[int, int] | None], waves: list[str]) -> TrendRow:
    shares = [one[0] / one[1] if one and one[1] else None for one in counts]
    cells = [
        ("", "") if one is None or share is None else (words.count(ENGLISH, one[0]), small_percent(share))
        for one, share in zip(counts, shares, strict=True)
    ]
    told = [f"{wave} {share}" for wave, (_, share) in zip(waves, cells, strict=True) if share]
    return TrendRow(_TITLES[measure], line(shares, f"{_TITLES[measure]}: {', '.join(told)}"), tuple(cells))


def small_percent(share: float) -> str:
    """Return a share in per cent with one decimal: faults are rare, and 0.4 is not 0."""
    return f"{100 * share:.1f}%"


def line(shares: list[float | None], description: str) -> str:
    """Return an SVG line from zero to the largest share, broken where a wave has none; the last wave is a dot.

    Args:
        description: for whoever cannot see it; made of titles, waves and figures, so that nothing needs escaping.
    """
    highest = max((share for share in shares if share is not None), default=0.0) or 1.0
    step = (WIDTH - 2 * EDGE) / max(len(shares) - 1, 1)
    points = [
        None if share is None else (EDGE + place * step, HEIGHT - EDGE - share / highest * (HEIGHT - 2 * EDGE))
        for place, share in enumerate(shares)
    ]
    path, is_drawing = "", False
    for point in points:
        if point is not None:
            path += f"{'L' if is_drawing else 'M'}{point[0]:.1f} {point[1]:.1f}"
        is_drawing = point is not None
    last = next((point for point in reversed(points) if point is not None), None)
    dot = f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3"/>' if last else ""
    base = f'<path class="base" d="M{EDGE} {HEIGHT - EDGE}H{WIDTH - EDGE}"/>'
    return (
        f'<svg class="line" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{description}">{base}<path d="{path}"/>{dot}</svg>'
    )
