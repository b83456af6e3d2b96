"""Who stays, who leaves and who answers: the panel's retention, attrition and response as published rows."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import RetentionPlan
from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel_arrays import PanelArrays
from pipeline.panel_estimates import PanelData
from pipeline.panel_weights import PanelWeight
from pipeline.retention.rates import WaveParticipation, retention_rates
from pipeline.retention.survival import exits, survival_curves
from pipeline.weighting.base import base_weight
from pipeline.weighting_steps import WeightRecipe

RATES = {"completion_rate": "is_invited", "response_rate": "is_eligible"}


def retention(data: PanelData, weight: PanelWeight, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `retention`: who of the first wave's respondents still answers, by domain and wave.

    Args:
        weight: that of the plan at its first wave.
    """
    plan = _plan(data)
    rows = weight.design_rows
    arrays = data.arrays
    waves = [
        WaveParticipation(wave, arrays.is_respondent[wave][rows], arrays.is_eligible[wave][rows])
        for wave in _waves_from(data, plan.first_wave)
    ]
    is_first_wave = arrays.is_respondent[plan.first_wave][rows]
    found = retention_rates(weight.design, is_first_wave, data.domains(rows), waves, confidence=confidence)
    return found.with_columns(survey=pl.lit(data.survey.survey))


def attrition_hazards(data: PanelData, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `attrition_hazards`: hazard and Kaplan-Meier survival since joining, by domain."""
    plan = _plan(data)
    arrays = data.arrays
    weight = _recruitment_weight(data.survey.weight(plan.weight_id), arrays)
    rows = np.flatnonzero(weight > 0)
    waves = _waves_from(data, plan.first_wave)
    at_risk = np.column_stack([arrays.is_eligible[wave][rows] for wave in waves])
    answered = np.column_stack([arrays.is_respondent[wave][rows] for wave in waves])
    leaving = exits(at_risk, answered, missed_waves=plan.missed_waves)
    design = SurveyDesign(
        weight=weight[rows],
        strata=arrays.stratum[rows],
        psu=arrays.psu[rows],
        lonely_psu=data.survey.design.lonely_psu,
    )
    found = survival_curves(design, data.domains(rows), leaving, confidence=confidence)
    return found.with_columns(survey=pl.lit(data.survey.survey))


def response_rates(data: PanelData, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `response_rates`: of those invited, and of those still in the population, who answered."""
    if not data.survey.has_member_list:
        return pl.DataFrame()  # who did not answer is not known
    waves = [wave for wave in data.arrays.is_respondent if data.survey.has_wave(wave)]
    rows = [_wave_rates(data, wave, confidence) for wave in waves]
    return pl.concat(rows) if rows else pl.DataFrame()


def _wave_rates(data: PanelData, wave: str, confidence: float) -> pl.DataFrame:
    """Return one wave's response by domain, unweighted, with the design's strata and PSUs."""
    arrays = data.arrays
    listed = np.flatnonzero(arrays.is_listed[wave])
    design = SurveyDesign(
        weight=np.ones(listed.size),
        strata=arrays.stratum[listed],
        psu=arrays.psu[listed],
        lonely_psu=data.survey.design.lonely_psu,
    )
    answered = arrays.is_respondent[wave][listed]
    bases = {"is_invited": arrays.is_invited[wave][listed], "is_eligible": arrays.is_eligible[wave][listed]}
    items = [
        ItemValues(rate, codes=np.where(bases[base], answered.astype(np.int64), -1), categories=("no", "yes"))
        for rate, base in RATES.items()
    ]
    domains = data.domains(listed)
    found = estimate_items(design, items, domains, confidence=confidence).filter(category="yes")
    table = _counts(domains, bases, answered)
    for rate in RATES:
        figures = found.filter(item=rate).select(
            "domain",
            "domain_value",
            pl.col("estimate").alias(rate),
            pl.col("ci_low").alias(f"{rate}_ci_low"),
            pl.col("ci_high").alias(f"{rate}_ci_high"),
        )
        table = table.join(figures, on=("domain", "domain_value"), how="left", maintain_order="left")
    return table.with_columns(survey=pl.lit(data.survey.survey), wave=pl.lit(wave))


def _counts(
    domains: list[DomainMask], bases: dict[str, NDArray[np.bool_]], answered: NDArray[np.bool_]
) -> pl.DataFrame:
    rows = [
        {
            "domain": one.domain,
            "domain_value": one.domain_value,
            "n_invited": int((bases["is_invited"] & one.mask).sum()),
            "n_eligible": int((bases["is_eligible"] & one.mask).sum()),
            "n_respondents": int((answered & one.mask).sum()),
        }
        for one in domains
        if one.mask.any()
    ]
    return pl.DataFrame(rows)


def _plan(data: PanelData) -> RetentionPlan:
    assert data.survey.retention is not None
    return data.survey.retention


def _waves_from(data: PanelData, first_wave: str) -> list[str]:
    """Return the waves that somebody answered, from the first one of the plan on."""
    start = data.survey.wave(first_wave).wave_number
    return [wave.wave for wave in data.survey.waves if wave.wave_number >= start and data.is_answered(wave.wave)]


def _recruitment_weight(recipe: WeightRecipe, arrays: PanelArrays) -> NDArray[np.float64]:
    """Return who the panel was recruited to stand for: the supplied weight, 1 / selection probability, or 1."""
    if recipe.supplied is not None:
        return np.nan_to_num(arrays.number(recipe.supplied))
    if not recipe.selection_probabilities:
        return np.ones(len(arrays.members))
    columns = [arrays.number(column) for column in recipe.selection_probabilities.values()]
    return base_weight(np.column_stack(columns))
