"""Test for panel conditioning: newcomers of a refreshment against experienced members, and answers by tenure."""

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import warehouse
from pipeline.errors import StatisticsError
from pipeline.panel import conditioning
from pipeline.panel.conditioning import newcomers_rows, tenure_rows, with_corrections
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import PanelWeight

_QUALITY = "select wave, panel_member_id, measure, value from analysis.response_measures where survey = ? order by all"


@task(task_run_name="conditioning-{survey}-{weight_id}", cache_policy=NO_CACHE)
def compare_newcomers(survey: str, weight_id: str, weights: dict[str, PanelWeight], data: PanelData) -> None:
    """Compare newcomers with experienced members wherever there are enough of both, and replace the rows."""
    night = current()
    confidence = night.workspace.confidence
    recipe = data.survey.weight(weight_id)
    quality = warehouse.read(night.connection, _QUALITY, [survey])
    found = []
    for wave in conditioning.refreshed_waves(data, list(weights)):
        try:
            found.append(newcomers_rows(data, recipe, wave, confidence=confidence, quality=quality))
        except StatisticsError as error:
            night.say(f"{survey}, {wave}: newcomers are not compared with experienced members. {error}")
    found.append(tenure_rows(data, list(weights), list(weights.values()), confidence=confidence, quality=quality))
    key = {"survey": survey, "weight_id": weight_id}
    rows = with_corrections(pl.concat(found), data.survey, recipe)
    columns = {name: pl.lit(value) for name, value in key.items()}
    warehouse.replace_rows(night.connection, "analysis.conditioning", rows.with_columns(**columns), **key)
