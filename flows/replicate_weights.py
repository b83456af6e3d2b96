"""Replicate the weights: every weight made again with the draws that all waves share, stored as factors and ratios."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import warehouse
from pipeline.errors import WeightingError
from pipeline.panel.draws import PanelDraws, StoredReplicates, stored_replicates, weight_replicates
from pipeline.panel.estimates import PanelData
from pipeline.panel.replicate_rows import factor_rows, places, ratio_rows, set_row
from pipeline.panel.weights import PanelWeight, weight_rows


@task(task_run_name="replicate-{survey}-{wave_set}-{weight_id}", cache_policy=NO_CACHE)
def replicate_weight(
    survey: str, wave_set: str, weight_id: str, weight: PanelWeight, data: PanelData, draws: PanelDraws
) -> None:
    """Make the replicates of one weight and replace their rows, and where its holders stand in them."""
    night = current()
    key = {"survey": survey, "weight_id": weight_id}
    stored = _made(survey, weight, draws)
    with warehouse.transaction(night.connection):
        warehouse.delete_rows(night.connection, "analysis.replicate_ratios", **key, wave_set=wave_set)
        if stored is not None:
            warehouse.insert_rows(night.connection, "analysis.replicate_ratios", ratio_rows(survey, weight, stored))
            _store_draws(survey, draws)
        for wave in weight.recipe.waves or (weight.wave,):
            warehouse.delete_rows(night.connection, "analysis.weights", **key, wave=wave)
        rows = weight_rows(data.survey, weight, data.arrays, places(weight, draws, stored))
        warehouse.insert_rows(night.connection, "analysis.weights", rows)


def forget_unused_draws(survey: str) -> None:
    """Delete the draws that no weight of a survey rests on any more."""
    night = current()
    unused = (
        "survey = ? and replicate_set not in "
        "(select replicate_set from analysis.weights where survey = ? and replicate_set is not null)"
    )
    with warehouse.transaction(night.connection):
        for table in ("analysis.replicate_sets", "analysis.replicate_factors"):
            warehouse.execute(night.connection, f"delete from {table} where {unused}", [survey, survey])


def _made(survey: str, weight: PanelWeight, draws: PanelDraws) -> StoredReplicates | None:
    """Return the replicates of a weight; None, and said, where they cannot be made."""
    try:
        return stored_replicates(weight, weight_replicates(weight, draws), draws)
    except WeightingError as error:
        where = f"{survey}, {weight.wave_set}, weight '{weight.recipe.weight_id}'"
        current().say(f"{where}: no replicate weights. {error}")
        return None


def _store_draws(survey: str, draws: PanelDraws) -> None:
    """Store the draws, unless they are there already."""
    night = current()
    sql = "select 1 from analysis.replicate_sets where survey = ? and replicate_set = ?"
    if warehouse.read(night.connection, sql, [survey, draws.replicate_set]).is_empty():
        warehouse.insert_rows(night.connection, "analysis.replicate_sets", set_row(survey, draws))
        warehouse.insert_rows(night.connection, "analysis.replicate_factors", factor_rows(survey, draws))
