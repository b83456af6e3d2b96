"""Follow items over all waves: trend lines with their bands, and the tests of trend, corrected together."""

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.releases import provisional_waves
from flows.run_context import current
from pipeline import warehouse
from pipeline.analysis_plans import NET, WITHIN_PERSON, TrendPlan
from pipeline.disclosure import disclosure_profile, is_too_thin
from pipeline.panel.estimates import PanelData
from pipeline.panel.trend_models import pooled_trends, with_trend_verdicts
from pipeline.panel.trends import WaveWeight, panel_trends, ready_waves
from pipeline.panel.weights import PanelWeight


@task(task_run_name="trends-{survey}-{weight_id}", cache_policy=NO_CACHE)
def follow_trends(
    survey: str, weight_id: str, plans: list[TrendPlan], weights: dict[str, PanelWeight], data: PanelData
) -> None:
    """Draw the lines and make the tests of every plan under one weight, and replace their rows."""
    night = current()
    provisional = provisional_waves(night, survey, weights)
    waves = [WaveWeight(wave, weight, wave in provisional) for wave, weight in weights.items()]
    lines, tests = [], []
    for plan in plans:
        ready = ready_waves(data, plan, waves)
        of_waves = panel_trends(data.survey, ready, plan, confidence=night.workspace.confidence)
        lines.append(of_waves[0])
        tests += [of_waves[1], pooled_trends(data.survey, ready, plan, confidence=night.workspace.confidence)]
    key = {"survey": survey, "weight_id": weight_id}
    columns = {name: pl.lit(value) for name, value in key.items()}
    columns["is_suppressed"] = is_too_thin("unweighted_n", disclosure_profile(data.survey.disclosure_profile))
    kind = WITHIN_PERSON if data.survey.weight(weight_id).waves else NET
    tested = with_trend_verdicts(pl.concat(tests).with_columns(**columns), data.survey.families, kind=kind)
    with warehouse.transaction(night.connection):
        warehouse.replace_rows(night.connection, "analysis.trends", pl.concat(lines).with_columns(**columns), **key)
        warehouse.replace_rows(night.connection, "analysis.trend_tests", tested, **key)
