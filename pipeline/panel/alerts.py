"""What a panel manager must know of who leaves: the hazard model, and alerts on groups that differ or dwindle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.definitions import Domain
from pipeline.errors import EstimationError
from pipeline.estimation.values import DomainMask
from pipeline.panel.lives import PanelTime, plan_of
from pipeline.retention.differences import family_corrected, groups_of, share_differences, survival_differences
from pipeline.retention.hazard_model import COLUMNS as MODEL_COLUMNS
from pipeline.retention.hazard_model import Factor, hazard_model
from pipeline.retention.histories import person_times, without_other_causes

SURVIVAL, RESPONSE, ACTIVE = "survival", "response", "active"
ALERT_LEVEL = 0.05  # of the corrected p: methodology C10
FEWEST_ACTIVE = 50  # members of a group: below it no figure of theirs can be shown (methodology B4)


def attrition_model(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `attrition_model`: every domain with time, and each age domain, or the first one, by time."""
    rows = without_other_causes(person_times(time.histories))
    factors = [_factor(time, one) for one in time.first_domains()]
    models: list[tuple[str, Sequence[Factor], bool]] = [("profile", factors, False)]
    models += [(f"{one.domain}_by_wave", [one], True) for one in factors if one.domain == _age_domain(time)]
    frames = []
    for name, of_model, by_time in models:
        try:
            found = hazard_model(time.design(is_weighted=True), rows, of_model, by_time=by_time, confidence=confidence)
        except EstimationError as error:
            found = pl.DataFrame(
                [{"term": "model", "kind": "not fitted", "reference": str(error)}], schema=MODEL_COLUMNS
            )
        frames.append(found.with_columns(model=pl.lit(name)))
    return pl.concat(frames).with_columns(survey=pl.lit(time.data.survey.survey))


def attrition_alerts(time: PanelTime, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `attrition_alerts`: each group against the rest, and how many of it are active."""
    histories, design = time.histories, time.design(is_weighted=True)
    domains = [one for one in time.data.domains(time.rows) if one.domain != "all"]
    rows = without_other_causes(person_times(histories))
    has_left = np.zeros(time.rows.size, np.bool_)
    has_left[rows.row[rows.cause >= 0]] = True
    still_in = histories.is_at_risk[:, -1] & ~histories.has_withdrawn[:, -1] & ~has_left
    answered = np.where(still_in, histories.is_respondent[:, -1].astype(np.int64), -1)
    groups = groups_of(domains)
    measures = {
        SURVIVAL: survival_differences(design, groups, rows, confidence=confidence),
        RESPONSE: share_differences(design, groups, answered, confidence=confidence),
    }
    tested = family_corrected(pl.concat([found.with_columns(measure=pl.lit(name)) for name, found in measures.items()]))
    counts = _counts(time, domains)
    found = pl.concat([tested, _active(counts)], how="diagonal").join(
        counts, on=("domain", "domain_value"), how="left", maintain_order="left"
    )
    is_alert = (pl.col("p_value_corrected") < ALERT_LEVEL).fill_null(False) | (
        (pl.col("measure") == ACTIVE) & (pl.col("n_active") < FEWEST_ACTIVE)
    )
    marked = found.with_columns(is_alert=is_alert)
    wave = time.waves[-1]
    messages = [alert_message(row, wave) if row["is_alert"] else None for row in marked.iter_rows(named=True)]
    return marked.drop("degrees_of_freedom", "time").with_columns(
        survey=pl.lit(time.data.survey.survey),
        wave=pl.lit(wave),
        message=pl.Series(messages, dtype=pl.String),
    )


def _counts(time: PanelTime, domains: Sequence[DomainMask]) -> pl.DataFrame:
    """Return how many members each domain value has, and how many of them are active."""
    ever = time.histories.is_at_risk.any(axis=1)
    rows = [
        (one.domain, one.domain_value, int((one.mask & ever).sum()), int((one.mask & time.histories.is_active).sum()))
        for one in domains
    ]
    return pl.DataFrame(rows, schema=["domain", "domain_value", "n_members", "n_active"], orient="row")


def _active(counts: pl.DataFrame) -> pl.DataFrame:
    """Return the number of active members as a measure of its own."""
    return counts.select(
        "domain", "domain_value", pl.col("n_active").cast(pl.Float64).alias("estimate"), measure=pl.lit(ACTIVE)
    )


def alert_message(row: dict[str, Any], wave: str) -> str:
    """Return an alert in words, given the newest wave that it knows of."""
    who = f"{row['domain'].replace('_', ' ')} {row['domain_value']}"
    if row["measure"] == ACTIVE:
        return f"{who}: {row['n_active']} active members, fewer than {FEWEST_ACTIVE}"
    what = {
        SURVIVAL: f"still in the panel after {row['time']} wave{'' if row['time'] == 1 else 's'}",
        RESPONSE: f"of those still in the panel answered {wave}",
    }[row["measure"]]
    points = abs(round(100 * row["difference"]))
    return (
        f"{who}: {row['estimate']:.0%} {what}, {row['rest']:.0%} of the others "
        f"({points} points {'more' if row['difference'] > 0 else 'less'}, corrected p {_p(row['p_value_corrected'])})"
    )


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def _age_domain(time: PanelTime) -> str | None:
    """Return the domain of age, or the first one where the plan names no age."""
    ageing = {one.domain for one in time.ageing_domains()}
    first = [one.domain for one in time.first_domains()]
    return next((name for name in first if name in ageing), first[0] if first and not plan_of(time.data).age else None)


def _factor(time: PanelTime, domain: Domain) -> Factor:
    return Factor(domain.domain, domain.values, time.data.arrays.domains[domain.domain].codes[time.rows])
