"""What the removal of careless respondents does to each estimate: with them, and without, on one sample."""

from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.definitions import ALL
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.values import DomainMask
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight, weigh

_KEYS = ("item", "statistic", "category")


def quality_effect(data: PanelData, weight: PanelWeight, wave: str) -> pl.DataFrame:
    """Return the rows of `quality_effect` of one weight at one wave.

    Both estimates are of one sample, so that what they share cancels in the standard error of their difference.

    Args:
        weight: made without the removed, as it is published.

    Source: methodology C15; the difference of two estimates as in C8.
    """
    waves = weight.recipe.waves or (weight.wave,)
    behind = {*waves, weight.recipe.starting_wave or wave}
    is_removed = data.arrays.removed(*behind)
    everyone = weigh(data.survey, weight.recipe, waves, data.arrays.as_if_nobody_removed())
    before = _answers(data, everyone, wave)
    is_kept = ~is_removed[everyone.design_rows]
    kept = replace(before, items=[item.restricted_to(is_kept) for item in before.items])
    same, again = net_change(before, kept), net_change(before, _answers(data, weight, wave))
    return _rows(data, same, again).with_columns(
        survey=pl.lit(data.survey.survey),
        wave=pl.lit(wave),
        weight_id=pl.lit(weight.recipe.weight_id),
        n_removed=pl.lit(int(is_removed.sum())),
    )


def _answers(data: PanelData, weight: PanelWeight, wave: str) -> WaveAnswers:
    """Return a wave's answers of everyone under one weight."""
    rows = weight.design_rows
    everyone = DomainMask(ALL, ALL, np.ones(rows.size, np.bool_))
    return WaveAnswers(design=weight.design, member=rows, items=data.items(wave, rows), domains=[everyone])


def _rows(data: PanelData, same: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """Return the two differences of each estimate side by side."""
    under_same = same.select(
        *_KEYS,
        pl.col("estimate_from").alias("estimate_with"),
        pl.col("estimate_to").alias("estimate_same_weights"),
        pl.col("change").alias("difference_same_weights"),
        pl.col("standard_error").alias("difference_same_weights_standard_error"),
        pl.col("unweighted_n_from").alias("unweighted_n_with"),
        pl.col("unweighted_n_to").alias("unweighted_n_without"),
    )
    made_again = again.select(
        *_KEYS,
        pl.col("estimate_to").alias("estimate_without"),
        pl.col("change").alias("difference"),
        pl.col("standard_error").alias("difference_standard_error"),
    )
    both = under_same.join(made_again, on=_KEYS, how="inner", nulls_equal=True, maintain_order="left")
    profile = disclosure_profile(data.survey.disclosure_profile)
    return both.with_columns(is_suppressed=is_too_thin("unweighted_n_without", profile))
