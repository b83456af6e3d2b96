"""What respondents of a wave answered first, against everyone asked: what an R-indicator on profiles misses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.estimation.contrasts import compare_columns
from pipeline.estimation.tests import HOLM, corrected_p_values
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.lives import PanelTime

Mask = NDArray[np.bool_]

SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("wave", "item", "category"), pl.String),
    **dict.fromkeys(("estimate_respondents", "estimate_asked", "difference", "standard_error"), pl.Float64),
    **dict.fromkeys(("ci_low", "ci_high", "p_value", "p_value_corrected"), pl.Float64),
    **dict.fromkeys(("n_respondents", "n_asked"), pl.Int64),
}


def first_answer_differences(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `response_by_answer`: first answers of each wave's respondents and of everyone asked.

    They are answers of earlier waves to the headlines declared before fieldwork, or to every headline where none are;
    whose first answer is not known is left out. The tests of a wave are corrected together.

    Source: methodology C13.
    """
    survey, histories = time.data.survey, time.histories
    followed = _followed(survey)
    first: dict[str, ItemValues] = {}
    frames = [pl.DataFrame(schema=SCHEMA)]
    for place, wave in enumerate(time.waves):
        asked = histories.is_at_risk[:, place]
        answered = asked & histories.is_respondent[:, place]
        if first and answered.any() and (asked & ~answered).any():
            frames.append(
                _of_wave(time, list(first.values()), answered, asked, confidence).with_columns(wave=pl.lit(wave))
            )
        for item in time.data.items(wave, time.rows):
            if item.item in followed:
                first[item.item] = _kept_first(first.get(item.item), item)
    found = pl.concat(one.select(*SCHEMA) for one in frames)
    fewest = pl.min_horizontal("n_respondents", pl.col("n_asked") - pl.col("n_respondents"))
    profile = disclosure_profile(survey.disclosure_profile)
    return (
        found.with_columns(survey=pl.lit(survey.survey), fewest=fewest)
        .with_columns(is_suppressed=is_too_thin("fewest", profile))
        .drop("fewest")
    )


def _followed(survey: Survey) -> set[str]:
    """Return the items of the headline families; every item with a headline where these name none."""
    declared = {item for family in survey.families if family.is_headline for item in family.items}
    return declared or {name for name, item in survey.items.items() if item.headline}


def _kept_first(before: ItemValues | None, now: ItemValues) -> ItemValues:
    """Return the answers given before, and those of now by members who had given none."""
    if before is None or before.codes is None or now.codes is None:
        return now
    return replace(now, codes=np.where(before.codes >= 0, before.codes, now.codes))


def _of_wave(
    time: PanelTime, items: Sequence[ItemValues], answered: Mask, asked: Mask, confidence: float
) -> pl.DataFrame:
    """Return the differences of one wave; respondents are among those asked, and the covariance is in the error."""
    sides = [DomainMask("response", "respondents", answered), DomainMask("response", "asked", asked)]
    design = time.design(is_weighted=True)
    counts = pl.DataFrame(
        [
            (one.item, *(int((mask.mask & (one.codes >= 0)).sum()) for mask in sides))
            for one in items
            if one.codes is not None
        ],
        schema={"item": pl.String, "n_respondents": pl.Int64, "n_asked": pl.Int64},
        orient="row",
    )
    found = compare_columns(design, items, sides, pairs=[(0, 1)], confidence=confidence)
    found = found.filter(statistic="headline").join(counts, on="item", maintain_order="left")
    found = found.filter(pl.col("n_respondents") > 0)
    corrected = corrected_p_values(found["p_value"].fill_null(np.nan).to_numpy(), HOLM)
    return found.rename({"estimate": "estimate_respondents", "other_estimate": "estimate_asked"}).with_columns(
        p_value_corrected=pl.Series(corrected).fill_nan(None), wave=pl.lit(None, pl.String)
    )
