"""Test whether groups differ: the declared headlines of a wave in the declared domains."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import warehouse
from pipeline.panel.estimates import PanelData
from pipeline.panel.group_tests import group_tests
from pipeline.panel.weights import PanelWeight


@task(task_run_name="groups-{survey}-{wave}-{weight_id}", cache_policy=NO_CACHE)
def compare_groups(
    survey: str, wave: str, weight_id: str, weight: PanelWeight, data: PanelData, is_provisional: bool
) -> None:
    """Test the groups of a wave under one weight, all headlines and domains together, and replace their rows."""
    tested = group_tests(data, weight, wave, is_provisional=is_provisional)
    key = {"survey": survey, "wave": wave, "weight_id": weight_id}
    warehouse.replace_rows(current().connection, "analysis.group_tests", tested, **key)
