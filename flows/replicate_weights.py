"""Replicate the weights: every weight made again with the draws that all waves share, stored as factors and ratios."""

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.run_context import current
from pipeline import warehouse
from pipeline.errors import WeightingError
from pipeline.panel.draws import PanelDraws, StoredReplicates, stored_replicates, weight_replicates
from pipeline.panel.estimates import PanelData
from pipeline.panel.replicate_rows import factor_rows, places, ratio_rows, replicate_places, set_row
from pipeline.panel.weights import PanelWeight, weight_rows

_IN_FULL = "(select replicate_set from analysis.detailed_places)"  # draws that combine no PSUs


@task(task_run_name="replicate-{survey}-{wave_set}-{weight_id}", cache_policy=NO_CACHE)
def replicate_weight(
    survey: str, wave_set: str, weight_id: str, weight: PanelWeight, data: PanelData, draws: PanelDraws
) -> None:
    """Make the replicates of one weight and replace their rows, and where its holders stand in them."""
    night = current()
    key = {"survey": survey, "weight_id": weight_id}
    stored = _made(survey, weight, draws)
    with warehouse.transaction(night.connection):
        _delete_ratios("not in", survey, weight_id, wave_set)
        if stored is not None:
            warehouse.insert_rows(
                night.connection, "analysis.replicate_ratios", ratio_rows(survey, weight, stored, draws)
            )
            _store_draws(survey, draws)
        for wave in weight.recipe.waves or (weight.wave,):
            warehouse.delete_rows(night.connection, "analysis.weights", **key, wave=wave)
        rows = weight_rows(data.survey, weight, data.arrays, places(weight, draws, stored))
        warehouse.insert_rows(night.connection, "analysis.weights", rows)


@task(task_run_name="replicate-in-full-{survey}-{wave_set}-{weight_id}", cache_policy=NO_CACHE)
def replicate_in_full(
    survey: str, wave_set: str, weight_id: str, weight: PanelWeight, data: PanelData, draws: PanelDraws
) -> None:
    """Make the replicates of one weight with each PSU drawn on its own, for the file in full detail."""
    night = current()
    key = {"survey": survey, "weight_id": weight_id, "wave_set": wave_set}
    stored = _made(survey, weight, draws)
    with warehouse.transaction(night.connection):
        _delete_ratios("in", survey, weight_id, wave_set)
        warehouse.delete_rows(night.connection, "analysis.detailed_places", **key)
        if stored is None:
            return
        warehouse.insert_rows(night.connection, "analysis.replicate_ratios", ratio_rows(survey, weight, stored, draws))
        _store_draws(survey, draws)
        members = [data.arrays.members[row] for row in weight.held_rows]
        rows = pl.DataFrame({"panel_member_id": members, **replicate_places(draws, stored)})
        keyed = rows.with_columns(**{name: pl.lit(value) for name, value in key.items()})
        for wave in weight.recipe.waves or (weight.wave,):
            warehouse.insert_rows(night.connection, "analysis.detailed_places", keyed.with_columns(wave=pl.lit(wave)))


def forget_replicates_in_full(survey: str) -> bool:
    """Delete the replicates for the file in full detail, which is asked for no more; return whether there were any."""
    night = current()
    sql = "select 1 from analysis.detailed_places where survey = ? limit 1"
    if warehouse.read(night.connection, sql, [survey]).is_empty():
        return False
    with warehouse.transaction(night.connection):
        warehouse.execute(night.connection, f"delete from analysis.replicate_ratios where replicate_set in {_IN_FULL}")
        warehouse.delete_rows(night.connection, "analysis.detailed_places", survey=survey)
    return True


def _delete_ratios(which: str, survey: str, weight_id: str, wave_set: str) -> None:
    """Delete a weight's ratios: those of draws `in` full, or those that are `not in` full."""
    sql = (
        "delete from analysis.replicate_ratios where survey = ? and weight_id = ? and wave_set = ? "
        f"and coalesce(replicate_set, '') {which} {_IN_FULL}"
    )
    warehouse.execute(current().connection, sql, [survey, weight_id, wave_set])


def forget_unused_draws(survey: str) -> None:
    """Delete the draws that no weight of a survey rests on any more."""
    night = current()
    unused = (
        "survey = ? and replicate_set not in "
        "(select replicate_set from analysis.weights where survey = ? and replicate_set is not null) "
        f"and replicate_set not in {_IN_FULL}"
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
