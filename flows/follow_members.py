"""Follow the members: who stays, who leaves and who answers, by age group and every other domain."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import panel_retention, warehouse
from pipeline.panel_estimates import PanelData
from pipeline.panel_weights import weigh


@task(task_run_name="retention-{survey}", cache_policy=NO_CACHE)
def follow_members(survey: str, data: PanelData) -> None:
    """Count retention, hazards of leaving and response, and replace their rows."""
    night = current()
    confidence = night.workspace.confidence
    tables = {"analysis.response_rates": panel_retention.response_rates(data, confidence=confidence)}
    plan = data.survey.retention
    if plan is not None and data.is_answered(plan.first_wave):
        weight = weigh(data.survey, data.survey.weight(plan.weight_id), (plan.first_wave,), data.arrays)
        tables["analysis.retention"] = panel_retention.retention(data, weight, confidence=confidence)
        tables["analysis.attrition_hazards"] = panel_retention.attrition_hazards(data, confidence=confidence)
    for table, rows in tables.items():
        warehouse.replace_rows(night.connection, table, rows, survey=survey)
