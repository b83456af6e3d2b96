"""Estimate: every item of a wave with its error, and what changed since earlier waves."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.releases import note_revisions
from flows.run_context import current
from pipeline import warehouse
from pipeline.panel import estimates
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight


@task(task_run_name="estimate-{survey}-{wave}-{weight_id}", cache_policy=NO_CACHE)
def estimate_wave(
    survey: str, wave: str, weight_id: str, weight: PanelWeight, data: PanelData, is_provisional: bool
) -> None:
    """Estimate every item of a wave under one weight and replace its rows."""
    night = current()
    found = estimates.wave_estimates(
        data, weight, wave, confidence=night.workspace.confidence, is_provisional=is_provisional
    )
    key = {"survey": survey, "wave": wave, "weight_id": weight_id}
    before = warehouse.read(
        night.connection,
        "select * from analysis.estimates where survey = $survey and wave = $wave and weight_id = $weight_id",
        key,
    )
    with warehouse.transaction(night.connection):
        warehouse.replace_rows(night.connection, "analysis.estimates", found, **key)
        note_revisions(night, survey, wave, before, found)
    night.waves_done.add((survey, wave))
