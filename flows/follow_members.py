"""Follow the members: who stays, who leaves and who answers, by age group and every other domain."""

import numpy as np
import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import Night, current
from pipeline import known_profile, warehouse
from pipeline.panel import alerts, attrition, refreshment, response, retention
from pipeline.panel.estimates import PanelData
from pipeline.panel.first_answers import first_answer_differences
from pipeline.panel.lives import Lives, panel_time
from pipeline.panel.weights import weigh

_DISPOSITIONS = """
select
    disposition.panel_member_id,
    disposition.disposition
from staging.dispositions as disposition
inner join definitions.eligibility_columns as eligibility
    on disposition.survey = eligibility.survey
    and disposition.wave = eligibility.wave
    and contains(disposition.disposition, eligibility.contains)
inner join core.waves as wave
    on disposition.survey = wave.survey
    and disposition.wave = wave.wave
where disposition.survey = $survey
order by disposition.panel_member_id, wave.wave_number
"""
_TOLD = """
select panel_member_id, wave, disposition
from core.participation
where survey = $survey and not list_contains(cast($known as varchar[]), disposition)
order by wave, panel_member_id
"""
OF_SETTLED_WAVES = (
    "attrition_hazards",
    "attrition_curves",
    "member_patterns",
    "attrition_patterns",
    "representativity",
    "response_by_answer",
    "attrition_model",
    "attrition_alerts",
    "refresh_outlook",
)
_WAVES = "select wave, fieldwork_start from core.waves where survey = $survey and fieldwork_start is not null"


@task(task_run_name="retention-{survey}", cache_policy=NO_CACHE)
def follow_members(survey: str, data: PanelData, in_field: frozenset[str] = frozenset()) -> None:
    """Count retention, hazards of leaving, patterns and response, and replace their rows.

    Who has not answered a wave in the field yet has not missed it: it is left out of who has left.
    """
    night = current()
    for table, rows in _tables(night, data, in_field).items():
        warehouse.replace_rows(night.connection, f"analysis.{table}", rows, survey=survey)


def _tables(night: Night, data: PanelData, in_field: frozenset[str]) -> dict[str, pl.DataFrame]:
    """Return every table of who stays and who answers; those that the survey's plan does not ask for are left out."""
    confidence = night.workspace.confidence
    told = _told(night, data)
    tables = {
        "response_rates": response.panel_response(data, told, confidence=confidence),
        "response_patterns": attrition.response_patterns(data),
    }
    plan = data.survey.retention
    if plan is None or not data.is_answered(plan.first_wave):
        return tables
    weight = weigh(data.survey, data.survey.weight(plan.weight_id), (plan.first_wave,), data.arrays)
    time = panel_time(data, _lives(night, data), in_field)
    tables["retention"] = retention.retention(data, weight, confidence=confidence)
    if not time.waves:
        return tables | dict.fromkeys(OF_SETTLED_WAVES, pl.DataFrame())
    return tables | {
        "attrition_hazards": retention.attrition_hazards(time, confidence=confidence),
        "attrition_curves": attrition.attrition_curves(time, confidence=confidence),
        "member_patterns": attrition.member_patterns(time),
        "attrition_patterns": attrition.attrition_patterns(time, confidence=confidence),
        "representativity": response.panel_representativity(time, confidence=confidence),
        "response_by_answer": first_answer_differences(time, confidence=confidence),
        "attrition_model": alerts.attrition_model(time, confidence=confidence),
        "attrition_alerts": alerts.attrition_alerts(time, confidence=confidence),
        "refresh_outlook": refreshment.refresh_outlook(time),
    }


def _told(night: Night, data: PanelData) -> pl.DataFrame:
    """Return the dispositions that the panel's arrays do not tell: partial interviews, not invited, set aside."""
    key = {"survey": data.survey.survey, "known": list(response.DISPOSITIONS)}
    return warehouse.read(night.connection, _TOLD, key)


def _lives(night: Night, data: PanelData) -> Lives:
    """Return what the warehouse knows of the members' time in the panel."""
    plan = data.survey.retention
    key = {"survey": data.survey.survey}
    starts = warehouse.read(night.connection, _WAVES, key)
    return Lives(
        members=warehouse.read(
            night.connection, known_profile.MEMBERS_SQL, {**key, "age": plan.age if plan and plan.age else ""}
        ),
        dispositions=warehouse.read(night.connection, _DISPOSITIONS, key),
        wave_starts={wave: np.datetime64(start, "D") for wave, start in starts.iter_rows()},
    )
