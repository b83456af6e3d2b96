"""Tell what the removal of respondents did to the estimates of a wave, and replace its rows."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import warehouse
from pipeline.panel import quality_effect
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight


@task(task_run_name="quality-effect-{survey}-{wave}-{weight_id}", cache_policy=NO_CACHE)
def tell_quality_effect(survey: str, wave: str, weight_id: str, weight: PanelWeight, data: PanelData) -> None:
    """Replace the rows of a wave under one weight by those of tonight."""
    found = quality_effect.quality_effect(data, weight, wave)
    key = {"survey": survey, "wave": wave, "weight_id": weight_id}
    warehouse.replace_rows(current().connection, "analysis.quality_effect", found, **key)


def forget_quality_effect(survey: str, wave: str, weight_id: str) -> None:
    """Delete the rows of a wave under one weight: nobody is removed."""
    key = {"survey": survey, "wave": wave, "weight_id": weight_id}
    warehouse.delete_rows(current().connection, "analysis.quality_effect", **key)
