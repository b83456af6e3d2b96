"""Gross change: how many of the same persons moved, and which way, which net change adds up and hides."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.values import DomainMask, ItemValues

DIRECTIONS = ("down", "same", "up")
MEMBERSHIPS = ("never", "lost", "gained", "kept")  # of a headline's answers: at neither wave, the first, second, both
SCALE, NUMBER, HEADLINE = "scale", "number", "headline"

COLUMNS = (
    *("item", "statistic", "category", "domain", "domain_value", "movement", "variance_method"),
    *("estimate", "standard_error", "ci_low", "ci_high", "degrees_of_freedom", "unweighted_n"),
)


def movements(
    design: SurveyDesign,
    first_items: Sequence[ItemValues],
    second_items: Sequence[ItemValues],
    domains: Sequence[DomainMask],
    *,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return the shares of those who answered both waves by how they moved, with COLUMNS.

    `scale`: whose answer stands further up or down the list of answers than before; `number`: whose number rose or
    fell; `headline`: who gave one of its answers at one wave, at both, or never. For a headline gained - lost is
    the within-person change. Errors of measurement make people look more mobile than they are.

    Args:
        design: everyone who holds the weight of the wave set.
        first_items: their answers at the first wave; second_items at the second, matched by place.

    Source: methodology C8 and C11.
    """
    keys: dict[str, tuple[str, str, str | None]] = {}
    moves = []
    for first, second in zip(first_items, second_items, strict=True):
        for statistic, category, move in _moves(first, second):
            name = str(len(keys))
            keys[name] = (first.item, statistic, category)
            moves.append(ItemValues(name, codes=move[0], categories=move[1]))
    found = estimate_items(design, moves, domains, confidence=confidence)
    named = pl.DataFrame(
        [(name, *key) for name, key in keys.items()],
        schema=dict.fromkeys(("move", "moved_item", "moved_statistic", "moved_category"), pl.String),
        orient="row",
    )
    return (
        found.rename({"item": "move", "category": "movement"})
        .drop("statistic")
        .join(named, on="move", how="left", maintain_order="left")
        .rename({"moved_item": "item", "moved_statistic": "statistic", "moved_category": "category"})
        .select(COLUMNS)
    )


Move = tuple[NDArray[np.int64], tuple[str, ...]]  # codes (n,), -1 for who did not answer both; what they mean


def _moves(first: ItemValues, second: ItemValues) -> list[tuple[str, str | None, Move]]:
    """Return the ways in which one item's answers can be said to move: statistic, category, and who moved how."""
    answered = first.is_answered & second.is_answered
    if first.number is not None and second.number is not None:
        difference = np.where(answered, second.number, 0.0) - np.where(answered, first.number, 0.0)
        return [(NUMBER, None, (_directions(difference, answered), DIRECTIONS))]
    if first.codes is None or second.codes is None:
        return []
    moves: list[tuple[str, str | None, Move]] = []
    if len(first.categories) > 1:
        moves.append((SCALE, None, (_directions(second.codes - first.codes, answered), DIRECTIONS)))
    for name, answers in second.headlines.items():
        held = np.isin(first.codes, first.headlines[name]) + 2 * np.isin(second.codes, answers)
        moves.append((HEADLINE, name, (np.where(answered, held, -1), MEMBERSHIPS)))
    return moves


def _directions(difference: NDArray[np.float64] | NDArray[np.int64], answered: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the position in DIRECTIONS of each row's difference, -1 for who did not answer both."""
    return np.where(answered, np.sign(difference).astype(np.int64) + 1, -1)
