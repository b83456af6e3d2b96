"""The plan of a refreshment, from the panel's members in full: whom to chase, how many to recruit by age group."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from flows.run_context import detailed_reader
from flows.workspaces import find_survey
from pipeline.errors import UsageError
from pipeline.retention.refreshment import Plan, Wanted, refresh_plan
from pipeline.settings import Workspace
from reports.query_output import as_csv
from reports.refresh_text import PlanFacts, plan_text

_OUTLOOK = "select * from refresh_outlook where survey = ? order by waves_ahead, group_order"
_JOINING = """
select sum(n_joined) / sum(n_invited) as joining
from recruitment
where survey = ?
"""
_CHASE = """
with newest as (
    select domain, domain_value, n_absent
    from (
        select
            member.domain,
            member.domain_value,
            count_if(pattern.is_active and pattern.n_missed_latest > 0) as n_absent
        from member_patterns as pattern
        inner join member_profile as member using (survey, panel_member_id)
        where pattern.survey = $survey
        group by all
    )
)

select
    partial.variable as domain,
    partial.category as domain_value,
    partial.estimate,
    partial.ci_low,
    partial.ci_high,
    coalesce(newest.n_absent, 0) as n_absent
from representativity as partial
left join newest
    on partial.variable = newest.domain
    and partial.category = newest.domain_value
where partial.survey = $survey
    and partial.wave = $wave
    and partial.indicator = 'partial_unconditional'
    and partial.category <> 'all'
    and partial.ci_high < 0
order by partial.estimate, domain, domain_value
"""
_ABSENT = """
select
    pattern.panel_member_id,
    member.domain_value,
    pattern.n_missed_latest,
    pattern.last_answered_wave
from member_patterns as pattern
inner join member_profile as member using (survey, panel_member_id)
where pattern.survey = $survey
    and member.domain = $domain
    and pattern.is_active
    and pattern.n_missed_latest > 0
order by member.domain_value, pattern.panel_member_id
"""
_WEIGHTS = """
select design_effect
from weighting_log
where survey = ? and wave = ?
qualify row_number() over (order by weight_id, step_order desc) = 1
"""


@dataclass(frozen=True)
class Asked:
    """What the options of the command ask for; None: as the panel is."""

    waves: int | None
    active: int | None
    joining: dict[str, float]  # group, or all: share of those invited who join


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from."""

    facts: PlanFacts
    groups: pl.DataFrame
    chase: pl.DataFrame
    absent: pl.DataFrame


def planned(workspace: Workspace, survey: str, asked: Asked) -> Planned:
    """Return the plan of a survey.

    Raises:
        UsageError: there is no such survey, it has no outlook, the wave is too far, or a share is of no group.
    """

    find_survey(workspace, survey)
    with detailed_reader(workspace) as read:
        return _planned(read, survey, asked)


def _planned(read: Callable[[str, Any], pl.DataFrame], survey: str, asked: Asked) -> Planned:
    outlook = read(_OUTLOOK, [survey])
    if outlook.is_empty():
        raise UsageError(
            f"survey '{survey}': nothing is known of who leaves yet. It needs a member list, `retention` in survey.yml "
            "and a wave whose fieldwork is over; then run `panel nightly`."
        )
    rows = _at(outlook, asked.waves)
    facts = rows.row(0, named=True)
    wanted = Wanted(
        size=asked.active or int(rows["n_active"].sum()),
        share=rows["population_share"].to_numpy(),
        joining=_joining(rows, asked.joining or _declared(read(_JOINING, [survey]))),
    )
    plan = refresh_plan(rows, wanted)
    log = read(_WEIGHTS, [survey, facts["wave"]])
    about = PlanFacts(
        survey=survey,
        wave=facts["wave"],
        waves_ahead=facts["waves_ahead"],
        expected_on=facts["expected_on"],
        size=wanted.size,
        is_of_recruits=facts["population_source"] == "recruits",
        design_effects=(plan.design_effect_now, plan.design_effect_without, plan.design_effect_with),
        weights_design_effect=log["design_effect"][0] if log.height else None,
    )
    key = {"survey": survey, "wave": facts["wave"]}
    absent = read(_ABSENT, {"survey": survey, "domain": facts["domain"]})
    return Planned(about, _groups(rows, plan), read(_CHASE, key), absent)


def shares_by_group(texts: Sequence[str]) -> dict[str, float]:
    """Return the shares of GROUP=SHARE.

    Raises:
        UsageError: a text is no group and share.
    """
    shares = {}
    for text in texts:
        group, _, share = text.rpartition("=")
        try:
            shares[group or "all"] = float(share)
        except ValueError:
            raise UsageError(f"--joining {text}: expected GROUP=SHARE, such as 16-24=0.08 or all=0.12.") from None
    return shares


def written(plan: Planned, form: str) -> str:
    """Return the plan as text, json or csv; csv has the groups alone."""
    if form == "csv":
        return as_csv(plan.groups)
    if form == "text":
        return plan_text(plan.facts, plan.groups, plan.chase)
    facts = plan.facts
    now, without, with_recruits = facts.design_effects
    return (
        json.dumps(
            {
                "survey": facts.survey,
                "wave": facts.wave,
                "waves_ahead": facts.waves_ahead,
                "expected_on": facts.expected_on,
                "size": facts.size,
                "profile": "recruits" if facts.is_of_recruits else "population",
                "design_effect": {"now": now, "then_without": without, "then_with": with_recruits},
                "weights_design_effect": facts.weights_design_effect,
                "groups": plan.groups.to_dicts(),
                "chase": plan.chase.to_dicts(),
            },
            default=str,
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def write_absent(plan: Planned, path: Path) -> None:
    """Write who is active and missed the newest wave, by pseudonym; the register knows whom they are."""
    plan.absent.write_csv(path)


def _at(outlook: pl.DataFrame, waves: int | None) -> pl.DataFrame:
    """Return the outlook at the next refresh, or so many waves ahead."""
    if waves is None:
        return outlook.filter("is_next_refresh")
    farthest = int(outlook["waves_ahead"].max())  # type: ignore[arg-type]
    if not 1 <= waves <= farthest:
        raise UsageError(f"--waves {waves}: expected 1 to {farthest} waves ahead.")
    return outlook.filter(waves_ahead=waves)


def _declared(found: pl.DataFrame) -> dict[str, float]:
    """Return the share of those invited who joined in the recruitments declared, {} where none is."""
    share = found["joining"][0] if found.height else None
    return {} if share is None else {"all": float(share)}


def _joining(rows: pl.DataFrame, shares: dict[str, float]) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return the share of those invited who join, of each group; None where it is not known."""
    groups = rows["domain_value"].to_list()
    for name, share in shares.items():
        if name not in (*groups, "all"):
            raise UsageError(f"--joining {name}: no such group; there are {', '.join(groups)} and all.")
        if not 0 < share <= 1:
            raise UsageError(f"--joining {name}={share:g}: expected a share above 0 and at most 1.")
    found = [shares.get(group, shares.get("all", np.nan)) for group in groups]
    return None if np.isnan(found).any() else np.array(found)


def _groups(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Return the plan's groups, one row each."""
    return rows.select(
        "domain",
        "domain_value",
        "n_active",
        (pl.col("n_active") / pl.col("n_active").sum()).alias("share_active"),
        "population_share",
        "n_absent",
        "n_gone",
        "n_leaving",
        "n_out_of_population",
        (pl.col("n_gone") + pl.col("n_leaving") + pl.col("n_out_of_population")).alias("n_lost"),
        "n_aged_out",
        "n_aged_in",
        (pl.col("n_aged_in") - pl.col("n_aged_out")).alias("n_ageing"),
        "n_expected",
        pl.Series("n_target", plan.n_target),
        pl.Series("n_short", plan.n_short),
        "new_member_stays",
        pl.Series("n_to_recruit", plan.n_to_recruit),
        pl.Series("n_to_invite", plan.n_to_invite if plan.n_to_invite is not None else [None] * rows.height, pl.Int64),
        pl.Series("n_then", plan.n_then),
    )
