"""Who moved between which answers, and how far such a table's margins lie from the published toplines."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analysis_plans import TransitionPlan
from pipeline.definitions import ALL, Survey
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.transitions import transition_table
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.estimates import PanelData, pair_keys
from pipeline.panel.weights import PanelWeight
from pipeline.series import earlier_version
from pipeline.weighting_steps import WeightRecipe

Pair = tuple[str, str]
NAMES = {  # of a change from topline to margin: what it is called here
    "estimate_from": "topline_share",
    "estimate_to": "margin_share",
    "change": "discrepancy",
    "unweighted_n_from": "topline_n",
    "unweighted_n_to": "unweighted_n",
}


@dataclass(frozen=True)
class Tabulated:
    """The items of a plan over the holders of a weight, at both waves, among those who answered both."""

    first: list[ItemValues]
    second: list[ItemValues]


def tabulated(data: PanelData, weight: PanelWeight, plan: TransitionPlan, pair: Pair) -> Tabulated:
    """Return the items that a plan tabulates; one whose wording has a break between the waves is left out."""
    rows = weight.design_rows
    linked = data.linked_items((pair[0], rows), (pair[1], rows)).without_breaks()
    both = [
        (first, second, first.is_answered & second.is_answered)
        for first, second in zip(linked.first, linked.second, strict=True)
        if second.item in plan.items
    ]
    order = {item: place for place, item in enumerate(plan.items)}
    both.sort(key=lambda one: order[one[1].item])
    return Tabulated(
        [first.restricted_to(answered) for first, _, answered in both],
        [second.restricted_to(answered) for _, second, answered in both],
    )


def transitions(data: PanelData, weight: PanelWeight, items: Tabulated, pair: Pair) -> pl.DataFrame:
    """Return the rows of `transitions` between two waves, under one weight."""
    pairs = zip(items.first, items.second, strict=True)
    tables = [transition_table(weight.design, first, second) for first, second in pairs]
    return _keyed(data, weight, pair, tables)


def topline_recipe(survey: Survey, wave: str) -> WeightRecipe | None:
    """Return the weight of a wave's published toplines: its own cross-sectional one, else one for it alone."""
    of_wave = [recipe for recipe in survey.weights if recipe.waves in ((), (wave,))]
    of_wave.sort(key=lambda recipe: recipe.kind != "cross_sectional")  # stable: as declared
    return of_wave[0] if of_wave else None


def transition_margins(
    data: PanelData,
    weight: PanelWeight,
    items: Tabulated,
    pair: Pair,
    toplines: dict[str, PanelWeight],
    *,
    confidence: float,
) -> pl.DataFrame:
    """Return the rows of `transition_margins`: each margin of the tables beside the topline of the same answer.

    A table speaks of those who were in the population at both waves and answered both; a topline of everyone at
    its wave. Their discrepancy has a standard error that knows they share most members.

    Args:
        toplines: wave: the weight of its published toplines.

    Source: methodology C11.
    """
    tables = []
    for wave, tabled in zip(pair, (items.first, items.second), strict=True):
        if wave in toplines and tabled:
            found = _beside_topline(data, weight, tabled, toplines[wave], wave, confidence)
            names = {one.item for one in tabled}
            tables.append(found.filter(pl.col("item").is_in(names), pl.col("statistic") == "share"))
    rows = _keyed(data, weight, pair, tables)
    if rows.is_empty():
        return rows
    is_thin = is_too_thin("unweighted_n", disclosure_profile(data.survey.disclosure_profile))
    kept = ("survey", "wave_from", "wave_to", "weight_id", "item", "wave", "category", "topline_weight_id")
    figures = ("standard_error", "ci_low", "ci_high", "p_value", "overlap_n")
    return rows.rename(NAMES).select(*kept, *NAMES.values(), *figures).with_columns(is_suppressed=is_thin)


def _beside_topline(
    data: PanelData, weight: PanelWeight, tabled: list[ItemValues], topline: PanelWeight, wave: str, confidence: float
) -> pl.DataFrame:
    """Return the difference between a margin of the tables and the topline, as a change from one to the other."""
    names = {_asked_as(data, one, wave): one.item for one in tabled}
    asked = [one for one in data.items(wave, topline.design_rows) if one.item in names]
    renamed = [ItemValues(names[one.item], one.codes, None, one.categories, one.headlines) for one in asked]
    sides = (
        WaveAnswers(topline.design, topline.design_rows, renamed, [_everyone(topline.design_rows)]),
        WaveAnswers(weight.design, weight.design_rows, tabled, [_everyone(weight.design_rows)]),
    )
    found = net_change(*sides, confidence=confidence)
    return found.with_columns(wave=pl.lit(wave), topline_weight_id=pl.lit(topline.recipe.weight_id))


def _asked_as(data: PanelData, item: ItemValues, wave: str) -> str:
    """Return the name under which an item was asked at a wave."""
    asked = {placed.item for placed in data.survey.wave(wave).items}
    version = earlier_version(item.item, data.survey.item_links, asked)
    return item.item if version is None else version.item


def _everyone(rows: NDArray[np.int64]) -> DomainMask:
    return DomainMask(ALL, ALL, np.ones(rows.size, np.bool_))


def _keyed(data: PanelData, weight: PanelWeight, pair: Pair, tables: list[pl.DataFrame]) -> pl.DataFrame:
    if not tables:
        return pl.DataFrame()
    return pl.concat(tables).with_columns(**pair_keys(data, weight.recipe.weight_id, pair))
