"""Who answers each wave, as published rows: AAPOR's response rates, a panel's stages, and how representative it is."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.estimates import estimate_items
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.panel.arrays import PanelArrays
from pipeline.panel.eligibility import long_silent
from pipeline.panel.estimates import PanelData
from pipeline.panel.lives import PanelTime
from pipeline.retention.outcomes import CohortWave, Outcomes, panel_rates, response_rates
from pipeline.retention.representativity import COLUMNS, representativity
from pipeline.retention.response_model import Covariate

Mask = NDArray[np.bool_]

NOT_FITTED = "not_fitted"
PROBABILITY = "probability"  # only a sample drawn with known chances has a response rate
DISPOSITIONS = ("complete", "no_answer", "left_panel", "not_eligible")  # told by the arrays; the others are `told`


def panel_response(data: PanelData, told: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `response_rates`: of those invited, and of those still in the population, who answered.

    Args:
        told: panel_member_id, wave, disposition of those whose disposition is not one of DISPOSITIONS.
    """
    if not data.survey.has_member_list:
        return pl.DataFrame()  # who did not answer is not known
    waves = [wave for wave in data.arrays.is_respondent if data.survey.has_wave(wave)]
    waves.sort(key=lambda wave: data.survey.wave(wave).wave_number)
    rows = [_wave_rates(data, wave, told.filter(wave=wave), confidence) for wave in waves]
    if not rows:
        return pl.DataFrame()
    found = pl.concat(rows).with_columns(survey=pl.lit(data.survey.survey))
    return found if data.survey.inference == PROBABILITY else _participation_only(found)


def _participation_only(found: pl.DataFrame) -> pl.DataFrame:
    """Return the rows without any response rate: of people not drawn by chance there is only participation."""
    rates = [f"rr{number}" for number in range(1, 7)] + ["cumrr1", "cumrr2", "cumulative_response_rate"]
    rates += ["response_rate", "response_rate_ci_low", "response_rate_ci_high"]
    return found.with_columns(pl.lit(None, pl.Float64).alias(rate) for rate in rates).with_columns(
        rate_kind=pl.lit("participation")
    )


def _wave_rates(data: PanelData, wave: str, told: pl.DataFrame, confidence: float) -> pl.DataFrame:
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
    # who was recruited by other means has no response rate, and who was not invited cannot answer
    drawn = ~(arrays.is_other | arrays.passed_over(wave))[listed]
    rated = {"completion_rate": bases["is_invited"], "response_rate": bases["is_eligible"] & drawn}
    items = [
        ItemValues(rate, codes=np.where(base, answered.astype(np.int64), -1), categories=("no", "yes"))
        for rate, base in rated.items()
    ]
    domains = data.domains(listed)
    found = estimate_items(design, items, domains, confidence=confidence).filter(category="yes")
    dispositions = np.where(drawn, _dispositions(data, wave, told)[listed], NOT_DRAWN)
    table = _counts(domains, bases, answered, dispositions)
    for rate in rated:
        figures = found.filter(item=rate).select(
            "domain",
            "domain_value",
            pl.col("estimate").alias(rate),
            pl.col("ci_low").alias(f"{rate}_ci_low"),
            pl.col("ci_high").alias(f"{rate}_ci_high"),
        )
        table = table.join(figures, on=("domain", "domain_value"), how="left", maintain_order="left")
    is_everyone = pl.col("domain") == "all"
    stages = panel_rates(_cohorts(data, wave), data.survey.recruitment)
    return table.with_columns(
        pl.when(is_everyone).then(pl.lit(rate, pl.Float64)).alias(name) for name, rate in stages.items()
    ).with_columns(pl.col("cumrr2").alias("cumulative_response_rate"), wave=pl.lit(wave), rate_kind=pl.lit("response"))


PARTIAL, REFUSED, NOT_CONTACTED, OTHER, UNKNOWN, COMPLETE, NOT_ELIGIBLE, NOT_DRAWN = range(8)
# Nobody knows of whom every invitation came back. Source: AAPOR Standard Definitions (2023), 3.30 of internet surveys.
_TOLD = {"partial": PARTIAL, "undeliverable": UNKNOWN}


def _dispositions(data: PanelData, wave: str, told: pl.DataFrame) -> NDArray[np.int64]:
    """Return each member's final disposition at a wave, as AAPOR has them.

    Whoever had missed so many waves before this one that they count as having left, and did not say so, may be out of
    the population: nobody knows.
    """
    arrays = data.arrays
    found = np.where(long_silent(data.survey, arrays, wave), UNKNOWN, NOT_CONTACTED)
    found[arrays.is_eligible[wave] & ~arrays.is_invited[wave]] = REFUSED
    others = told.join(arrays.row_of_member, on="panel_member_id")
    told_as = others["disposition"].replace_strict(_TOLD, default=OTHER, return_dtype=pl.Int64)
    found[others["row"].to_numpy()] = told_as.to_numpy()
    found[arrays.is_respondent[wave]] = COMPLETE
    found[~arrays.is_eligible[wave]] = NOT_ELIGIBLE
    return found


def _counts(
    domains: list[DomainMask], bases: dict[str, Mask], answered: Mask, dispositions: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the counts and AAPOR's rates of every domain value with anybody listed."""
    rows = []
    for one in (domain for domain in domains if domain.mask.any()):
        counts = np.bincount(dispositions[one.mask], minlength=8).tolist()
        outcomes = Outcomes(
            complete=counts[COMPLETE],
            partial=counts[PARTIAL],
            refused=counts[REFUSED],
            not_contacted=counts[NOT_CONTACTED],
            other=counts[OTHER],
            unknown=counts[UNKNOWN],
            not_eligible=counts[NOT_ELIGIBLE],
        )
        rows.append(
            {
                "domain": one.domain,
                "domain_value": one.domain_value,
                "n_invited": int((bases["is_invited"] & one.mask).sum()),
                "n_eligible": int((bases["is_eligible"] & one.mask).sum()),
                "n_respondents": int((answered & one.mask).sum()),
                "n_partial": outcomes.partial,
                "n_refused": outcomes.refused,
                "n_not_contacted": outcomes.not_contacted,
                "n_other": outcomes.other,
                "n_unknown": outcomes.unknown,
                "n_not_eligible": outcomes.not_eligible,
                "eligibility_rate": outcomes.eligibility_rate,
                **response_rates(outcomes),
            }
        )
    rates = dict.fromkeys(["eligibility_rate", *(f"rr{number}" for number in range(1, 7))], pl.Float64)
    return pl.DataFrame(rows, schema_overrides=rates)


def _cohorts(data: PanelData, wave: str) -> dict[str, CohortWave]:
    """Return the counts of each cohort at a wave; one nameless cohort is the only one that is declared."""
    arrays: PanelArrays = data.arrays
    cohort = arrays.cohort
    only = next(iter(data.survey.recruitment)) if len(data.survey.recruitment) == 1 else ""
    found = {}
    drawn = arrays.is_listed[wave] & ~(arrays.is_other | arrays.passed_over(wave))
    for name in np.unique(cohort[drawn]).tolist():
        inside = (cohort == name) & drawn
        found[name or only] = CohortWave(
            invited=int((inside & arrays.is_invited[wave]).sum()),
            eligible=int((inside & arrays.is_eligible[wave]).sum()),
            complete=int((inside & arrays.is_respondent[wave]).sum()),
        )
    return found


def panel_representativity(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `representativity`: every wave at which somebody in the population did not answer.

    The covariates are the same at each wave: the first published domain of each profile variable.
    """
    data, histories = time.data, time.histories
    covariates = _covariates(time)
    frames = [pl.DataFrame(schema={**COLUMNS, "wave": pl.String})]
    for place, wave in enumerate(time.waves):
        asked, answered = histories.is_at_risk[:, place], histories.is_respondent[:, place]
        if covariates and (asked & answered).any() and (asked & ~answered).any():
            frames.append(
                _representativity(time, asked, answered, covariates, confidence).with_columns(wave=pl.lit(wave))
            )
    return pl.concat(frames).with_columns(survey=pl.lit(data.survey.survey))


def _representativity(
    time: PanelTime, asked: Mask, answered: Mask, covariates: list[Covariate], confidence: float
) -> pl.DataFrame:
    """Return the indicators of one wave, or one row that says why response could not be modelled."""
    try:
        return representativity(time.design(is_weighted=True), asked, answered, covariates, confidence=confidence)
    except EstimationError as error:
        reason = {"indicator": NOT_FITTED, "variable": "all", "category": "all", "covariates": str(error)}
        return pl.DataFrame([reason], schema=COLUMNS)


def _covariates(time: PanelTime) -> list[Covariate]:
    """Return the first published domain of each profile variable over the members of the panel's time."""
    arrays = time.data.arrays
    return [
        Covariate(one.domain, one.values, arrays.domains[one.domain].codes[time.rows]) for one in time.first_domains()
    ]
