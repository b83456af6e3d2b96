"""Panel conditioning as published rows: newcomers against experienced members wave by wave, and answers by tenure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import ALL, DONT_KNOW, Survey
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.errors import StatisticsError
from pipeline.estimation.change import WaveAnswers, net_change
from pipeline.estimation.contrasts import Contrast
from pipeline.estimation.intervals import normal_interval
from pipeline.estimation.tenure import WaveRows, tenure_effect
from pipeline.estimation.tests import corrected_p_values
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.estimation.waves import joint_spreads
from pipeline.panel.arrays import UNKNOWN, PanelArrays
from pipeline.panel.carefulness import PREFIX, careful_items
from pipeline.panel.estimates import PanelData
from pipeline.panel.response_quality import MEASURED
from pipeline.panel.weights import PanelWeight, weigh
from pipeline.weighting_steps import WeightRecipe

NEWCOMERS, TENURE = "newcomers", "tenure"
CAREFULNESS = "carefulness"  # statistic of how carefully people answered
TESTED = ("headline", "mean", DONT_KNOW, CAREFULNESS)  # the shares behind headlines would only be tested twice
LEVEL = 0.05
CORRECTION = "benjamini_hochberg"
NO_MEASURES = pl.DataFrame(schema=MEASURED)
FEWEST_NEWCOMERS = 100  # methodology A3: no comparison of figures on fewer
Mask = NDArray[np.bool_]
_OF_DONT_KNOW = f" {DONT_KNOW}"
SCHEMA: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("wave", "contrast", "item", "statistic", "category"), pl.String),
    **dict.fromkeys(("estimate_experienced", "estimate_newcomers", "difference", "standard_error"), pl.Float64),
    **dict.fromkeys(("ci_low", "ci_high", "p_value", "degrees_of_freedom"), pl.Float64),
    **dict.fromkeys(("n_experienced", "n_newcomers"), pl.Int64),
}


def tenure_at(data: PanelData, wave: str) -> NDArray[np.int64]:
    """Return in how many delivered waves before this one each member was in the panel."""
    names = [one.wave for one in data.survey.waves]
    before = [one for one in names[: names.index(wave)] if one in data.arrays.is_listed]
    listed = [data.arrays.is_listed[one].astype(np.int64) for one in before]
    return np.sum(listed, axis=0) if listed else np.zeros(len(data.arrays.members), np.int64)


def refreshed_waves(data: PanelData, waves: Sequence[str]) -> list[str]:
    """Return the waves with enough newcomers, and enough experienced members, among their respondents."""
    found = []
    for wave in waves:
        is_new = tenure_at(data, wave) == 0
        answered = data.arrays.is_respondent[wave]
        if min(int((answered & is_new).sum()), int((answered & ~is_new).sum())) >= FEWEST_NEWCOMERS:
            found.append(wave)
    return found


def newcomers_rows(
    data: PanelData, recipe: WeightRecipe, wave: str, *, confidence: float, quality: pl.DataFrame = NO_MEASURES
) -> pl.DataFrame:
    """Return how newcomers answer beside experienced members, each weighted to the population by the recipe alone.

    Attrition of the experienced is adjusted for as far as the recipe does, or it would pose as conditioning.

    Args:
        quality: wave, panel_member_id, measure and value: how carefully people answered.

    Raises:
        WeightingError: the recipe cannot be followed for one of the groups.

    Source: methodology C14; Das, Toepoel and van Soest (2011), Sociological Methods & Research 40.
    """
    is_new = tenure_at(data, wave) == 0
    measures = quality.filter(wave=wave)
    sides = [_side(data, recipe, wave, group, measures) for group in (~is_new, is_new)]
    found = net_change(sides[0], sides[1], confidence=confidence)
    names = {
        "estimate_from": "estimate_experienced",
        "estimate_to": "estimate_newcomers",
        "change": "difference",
        "unweighted_n_from": "n_experienced",
        "unweighted_n_to": "n_newcomers",
    }
    keys = {"wave": pl.lit(wave), "contrast": pl.lit(NEWCOMERS)}
    named = found.rename(names).with_columns(**keys).select(list(SCHEMA)).cast(pl.Schema(SCHEMA))
    is_dont_know = pl.col("item").str.ends_with(_OF_DONT_KNOW)
    told = named.filter(~is_dont_know | (pl.col("category") == DONT_KNOW)).with_columns(
        item=pl.col("item").str.strip_suffix(_OF_DONT_KNOW),
        statistic=pl.when(is_dont_know).then(pl.lit(DONT_KNOW)).otherwise("statistic"),
        category=pl.when(~is_dont_know).then("category"),
    )
    return _with_carefulness(told)


def _with_carefulness(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows in which a measure of carefulness is a category of no item."""
    is_measure = pl.col("item").str.starts_with(PREFIX)
    return rows.with_columns(
        statistic=pl.when(is_measure).then(pl.lit(CAREFULNESS)).otherwise("statistic"),
        category=pl.when(is_measure).then(pl.col("item").str.strip_prefix(PREFIX)).otherwise("category"),
        item=pl.when(is_measure).then(pl.lit("")).otherwise("item"),
    )


def _side(data: PanelData, recipe: WeightRecipe, wave: str, group: Mask, measures: pl.DataFrame) -> WaveAnswers:
    """Return one group as a sample of its own."""
    weight = weigh(data.survey, recipe, (wave,), only(data.arrays, group))
    rows = weight.design_rows
    design = replace(weight.design, weight=np.where(group[rows], weight.design.weight, 0.0))
    everyone = DomainMask(ALL, ALL, np.ones(rows.size, np.bool_))
    careful = careful_items(data.survey, data.arrays, rows, measures)
    return WaveAnswers(design, rows, [*data.items(wave, rows), *_dont_knows(data, wave, rows), *careful], [everyone])


def _dont_knows(data: PanelData, wave: str, rows: NDArray[np.int64]) -> list[ItemValues]:
    """Return of each question with answers who said don't know instead, among those who did either."""
    answers, place = data.answers[wave], np.full(len(data.arrays.members), UNKNOWN, np.int64)
    place[rows] = np.arange(rows.size)
    told = answers.filter((pl.col("missing_kind") == DONT_KNOW) | pl.col("code").is_not_null())
    located = told.join(data.arrays.row_of_member, on="panel_member_id")
    found = []
    for (name,), part in located.partition_by("item", as_dict=True, maintain_order=True).items():
        item = data.survey.items.get(str(name))
        if item is None or not item.is_published or item.kind != "category":
            continue
        codes, at = np.full(rows.size, UNKNOWN, np.int64), place[part["row"].to_numpy()]
        codes[at[at != UNKNOWN]] = part["code"].is_null().to_numpy()[at != UNKNOWN]
        found.append(ItemValues(f"{name}{_OF_DONT_KNOW}", codes=codes, categories=("answered", DONT_KNOW)))
    return found


def only(arrays: PanelArrays, group: Mask) -> PanelArrays:
    """Return the arrays as if only a group of members had been in the panel."""
    return replace(
        arrays,
        is_respondent={wave: flags & group for wave, flags in arrays.is_respondent.items()},
        is_listed={wave: flags & group for wave, flags in arrays.is_listed.items()},
        is_invited={wave: flags & group for wave, flags in arrays.is_invited.items()},
    )


def tenure_rows(
    data: PanelData,
    waves: Sequence[str],
    weights: Sequence[PanelWeight],
    *,
    confidence: float,
    quality: pl.DataFrame = NO_MEASURES,
) -> pl.DataFrame:
    """Return the effect of time in the panel on each headline, number and measure of carefulness, pooled over waves.

    What cannot be told from wave and profile has none.
    """
    spreads = joint_spreads([one.design for one in weights])
    ready = [
        WaveRows(spread, tenure_at(data, wave)[one.design_rows].astype(float), _profile(data, one.design_rows))
        for wave, one, spread in zip(waves, weights, spreads, strict=True)
    ]
    pairs = list(zip(waves, weights, strict=True))
    asked = [
        {item.item: item for item in [*data.items(wave, one.design_rows), *_careful(data, wave, one, quality)]}
        for wave, one in pairs
    ]
    measures = dict.fromkeys(item for items in asked for item in items if item.startswith(PREFIX))
    rows = []
    for item in (*data.survey.items, *measures):
        places = [place for place, items in enumerate(asked) if item in items]
        for statistic, category in [("mean", None)] if item in measures else _outcomes(data.survey, item):
            answers = [_outcome(asked[place][item], category) for place in places]
            try:
                found = tenure_effect([ready[place] for place in places], answers) if places else None
            except StatisticsError:
                found = None
            if found is not None:
                n = sum(int(np.isfinite(one).sum()) for one in answers)
                key = {"wave": waves[-1], "contrast": TENURE, "item": item, "statistic": statistic}
                rows.append(key | {"category": category, "n_experienced": n} | _figures(found, confidence))
    found_rows = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return _with_carefulness(found_rows.with_columns(pl.col(pl.Float64).fill_nan(None)))


def _careful(data: PanelData, wave: str, weight: PanelWeight, quality: pl.DataFrame) -> list[ItemValues]:
    return careful_items(data.survey, data.arrays, weight.design_rows, quality.filter(wave=wave))


def _outcomes(survey: Survey, item: str) -> list[tuple[str, str | None]]:
    """Return what of an item is looked at: each headline, or the number."""
    asked = survey.items[item]
    if asked.kind == "number" and asked.is_published:
        return [("mean", None)]
    return [("headline", name) for name in asked.headline] if asked.is_published else []


def _outcome(item: ItemValues, category: str | None) -> NDArray[np.float64]:
    """Return a number, or 1 for who gave a headline's answer and 0 for who gave another; NaN missing."""
    if item.number is not None:
        return item.number
    assert category is not None
    assert item.codes is not None
    return np.where(item.codes >= 0, np.isin(item.codes, item.headlines[category]).astype(float), np.nan)


def _profile(data: PanelData, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a dummy for each value of each published domain but its first, and for who is in none."""
    columns = []
    for domain in data.survey.domains:
        if domain.is_published:
            codes = data.arrays.domains[domain.domain].codes[rows]
            columns += [(codes == code).astype(float) for code in (UNKNOWN, *range(1, len(domain.values)))]
    return np.column_stack(columns) if columns else np.zeros((rows.size, 0))


def _figures(found: Contrast, confidence: float) -> dict[str, float]:
    numbers = (np.array(one) for one in (found.estimate, found.standard_error, found.degrees_of_freedom))
    low, high = normal_interval(*numbers, confidence=confidence)
    return {
        "difference": found.estimate,
        "standard_error": found.standard_error,
        "ci_low": float(low),
        "ci_high": float(high),
        "p_value": found.p_value,
        "degrees_of_freedom": float(found.degrees_of_freedom),
    }


def is_adjusted_for_attrition(recipe: WeightRecipe) -> bool:
    """Return whether those who stay stand for those like them who left; a producer's weight is taken to do that."""
    return recipe.nonresponse is not None or recipe.supplied is not None


def with_corrections(rows: pl.DataFrame, survey: Survey, recipe: WeightRecipe) -> pl.DataFrame:
    """Return rows with p values corrected together within one wave and contrast, and what may be said.

    Under a weight that does not adjust for attrition nothing may: it would pose as conditioning.
    """
    rows = rows.with_row_index("row")
    corrected = np.full(rows.height, np.nan)
    is_tested = pl.col("p_value").is_not_null() & pl.col("statistic").is_in(TESTED)
    is_answer = pl.col("statistic") != CAREFULNESS  # what people say and how they say it are two questions
    for part in rows.filter(is_tested).with_columns(is_answer=is_answer).partition_by("wave", "contrast", "is_answer"):
        corrected[part["row"].to_numpy()] = corrected_p_values(part["p_value"].to_numpy(), CORRECTION)
    smaller = pl.when(pl.col("contrast") == NEWCOMERS).then(pl.min_horizontal("n_experienced", "n_newcomers"))
    thin = is_too_thin("smaller_n", disclosure_profile(survey.disclosure_profile))
    verdict = _verdict() if is_adjusted_for_attrition(recipe) else _unadjusted()
    return (
        rows.with_columns(p_value_corrected=pl.Series(corrected).fill_nan(None))
        .with_columns(verdict=verdict, smaller_n=smaller.otherwise(pl.col("n_experienced")))
        .with_columns(is_suppressed=thin)
        .drop("row", "smaller_n")
    )


def _unadjusted() -> pl.Expr:
    is_tested = pl.col("p_value_corrected").is_not_null()
    return pl.when(is_tested).then(pl.lit("not adjusted for attrition")).otherwise(pl.lit("not tested"))


def _verdict() -> pl.Expr:
    """Return in words what the corrected test allows to be said."""
    is_up = pl.col("difference") > 0
    newcomers = pl.when(is_up).then(pl.lit("newcomers higher")).otherwise(pl.lit("newcomers lower"))
    tenure = pl.when(is_up).then(pl.lit("rises with time")).otherwise(pl.lit("falls with time"))
    clear = pl.when(pl.col("contrast") == NEWCOMERS).then(newcomers).otherwise(tenure)
    corrected = pl.col("p_value_corrected")
    return (
        pl.when(corrected.is_null())
        .then(pl.lit("not tested"))
        .when(corrected < LEVEL)
        .then(clear)
        .otherwise(pl.lit("no clear difference"))
    )
