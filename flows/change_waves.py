"""Compare waves: changes with their tests, and who moved between which answers."""

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.releases import provisional_waves
from flows.run_context import current
from pipeline import warehouse
from pipeline.analysis_plans import TransitionPlan
from pipeline.panel import estimates, transitions
from pipeline.panel.estimates import PanelData
from pipeline.panel.modes import with_mode_guard
from pipeline.panel.weights import PanelWeight


@task(task_run_name="change-{survey}-{wave}-{weight_id}", cache_policy=NO_CACHE)
def change_waves(
    survey: str,
    wave: str,
    weight_id: str,
    kind: str,
    pairs: list[tuple[str, str]],
    weights: dict[str, PanelWeight],
    data: PanelData,
) -> None:
    """Compare a wave with earlier ones, test the changes together, and replace their rows."""
    night = current()
    found, gross = [], []
    for first, second in pairs:
        provisional = bool(provisional_waves(night, survey, (first, second)))
        confidence = night.workspace.confidence
        if kind == "net":
            changes = estimates.net_changes(
                data, weights[first], weights[second], confidence=confidence, is_provisional=provisional
            )
        else:
            changes = estimates.within_person_changes(
                data, weights[second], (first, second), confidence=confidence, is_provisional=provisional
            )
            gross.append(
                estimates.gross_changes(
                    data, weights[second], (first, second), confidence=confidence, is_provisional=provisional
                )
            )
        sides = weights[first] if kind == "net" else weights[second], weights[second]
        found.append(with_mode_guard(changes, data, *sides, (first, second)))
    tested = estimates.with_verdicts(pl.concat(found), data.survey.families)
    key = {"survey": survey, "wave_to": wave, "weight_id": weight_id}
    warehouse.replace_rows(night.connection, "analysis.changes", tested, **key, kind=kind)
    if gross:
        warehouse.replace_rows(night.connection, "analysis.gross_changes", pl.concat(gross), **key)


@task(task_run_name="transitions-{survey}", cache_policy=NO_CACHE)
def tabulate_transitions(
    survey: str,
    plan: TransitionPlan,
    pair: tuple[str, str],
    weight: PanelWeight,
    toplines: dict[str, PanelWeight],
    data: PanelData,
) -> None:
    """Tabulate who moved between which answers, hold the tables' margins beside the toplines, and replace the rows."""
    night = current()
    items = transitions.tabulated(data, weight, plan, pair)
    tables = {
        "analysis.transitions": transitions.transitions(data, weight, items, pair),
        "analysis.transition_margins": transitions.transition_margins(
            data, weight, items, pair, toplines, confidence=night.workspace.confidence
        ),
    }
    key = {"survey": survey, "weight_id": weight.recipe.weight_id, "wave_from": pair[0], "wave_to": pair[1]}
    for table, rows in tables.items():
        warehouse.replace_rows(night.connection, table, rows, **key)
