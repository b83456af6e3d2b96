"""Who stays, who leaves and who answers: the panel's retention, attrition and response as published rows."""

import polars as pl

from pipeline.panel.estimates import PanelData
from pipeline.panel.lives import PanelTime, plan_of, waves_from
from pipeline.panel.weights import PanelWeight
from pipeline.retention.rates import WaveParticipation, retention_rates
from pipeline.retention.survival import exits, survival_curves

UNWEIGHTED_FIGURES = tuple(
    f"{figure}_{part}" for figure in ("hazard", "survival") for part in ("standard_error", "ci_low", "ci_high")
)


def retention(data: PanelData, weight: PanelWeight, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `retention`: who of the first wave's respondents still answers, by domain and wave.

    Args:
        weight: that of the plan at its first wave.
    """
    plan = plan_of(data)
    rows = weight.design_rows
    arrays = data.arrays
    waves = [
        WaveParticipation(
            wave, arrays.is_respondent[wave][rows], arrays.is_eligible[wave][rows], arrays.passed_over(wave)[rows]
        )
        for wave in waves_from(data, plan.first_wave)
    ]
    is_first_wave = arrays.is_respondent[plan.first_wave][rows]
    found = retention_rates(weight.design, is_first_wave, data.domains(rows), waves, confidence=confidence)
    return found.with_columns(survey=pl.lit(data.survey.survey))


def attrition_hazards(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `attrition_hazards`: hazard and Kaplan-Meier survival since joining, by domain."""
    histories = time.histories
    leaving = exits(histories.is_at_risk, histories.is_respondent, missed_waves=histories.missed_waves)
    domains = time.data.domains(time.rows)
    found, equal = (
        pl.concat(
            [
                survival_curves(time.design(is_weighted=weighted), [one], leaving, confidence=confidence)
                for one in domains
            ]
        )
        for weighted in (True, False)
    )
    keys = ["domain", "domain_value", "time"]
    unweighted = equal.select(*keys, *(pl.col(name).alias(f"unweighted_{name}") for name in UNWEIGHTED_FIGURES))
    joined = found.join(unweighted, on=keys, how="left", maintain_order="left", validate="1:1")
    return joined.with_columns(survey=pl.lit(time.data.survey.survey))
