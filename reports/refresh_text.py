"""A refreshment plan in words: whom to chase, how many to recruit by group, and what it does to the weights."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from reports import words
from reports.language import ENGLISH

COLUMNS = (
    ("domain_value", "group"),
    ("n_active", "active"),
    ("share_active", "% now"),
    ("population_share", "% of people"),
    ("n_absent", "absent"),
    ("n_lost", "lost by then"),
    ("n_ageing", "ageing"),
    ("n_expected", "left then"),
    ("n_target", "wanted"),
    ("n_to_recruit", "to recruit"),
    ("n_to_invite", "to invite"),
)
AGES_DIFFER = "(age at recruitment; the table below goes by age now, so its counts are others)"
PERCENT = ("share_active", "population_share")


@dataclass(frozen=True)
class PlanFacts:
    """What a plan is for."""

    survey: str
    wave: str
    waves_ahead: int
    expected_on: date | None
    size: int
    is_of_recruits: bool  # wanted is the profile of those recruited, as there is no margin
    design_effects: tuple[float, float, float]  # of the profile: now, then without and with recruitment
    weights_design_effect: float | None  # of the newest weights; None where there are none


def plan_text(facts: PlanFacts, groups: pl.DataFrame, chase: pl.DataFrame) -> str:
    """Return the plan for people.

    Args:
        groups: a row for each group, with the columns of COLUMNS.
        chase: domain, domain_value, n_absent, share_short: groups that answer too little, the worst first.
    """
    return "\n".join(
        [
            *_heading(facts),
            "",
            *_chase(chase, facts.wave, is_ageing=_is_ageing(groups)),
            "",
            *_table(groups),
            "",
            *_effects(facts),
            "",
        ]
    )


def _heading(facts: PlanFacts) -> list[str]:
    when = f", about {words.day(ENGLISH, facts.expected_on)}" if facts.expected_on else ""
    profile = (
        "as it was recruited (no margin says what the population is)" if facts.is_of_recruits else "of the population"
    )
    waves = "1 wave" if facts.waves_ahead == 1 else f"{facts.waves_ahead} waves"
    return [
        f"{facts.survey}: {facts.size:,} active members with the profile {profile}, {waves} after {facts.wave}{when}."
    ]


def _chase(chase: pl.DataFrame, wave: str, *, is_ageing: bool) -> list[str]:
    if chase.is_empty():
        return ["Whom to chase: no group answers less than the others beyond what chance does."]
    lines = ["Whom to chase, those first who make response unrepresentative (unconditional partial R below 0):"]
    return (
        lines
        + [
            f"  {row['domain'].replace('_', ' ')} {row['domain_value']}: partial R {row['estimate']:+.3f} "
            f"({row['ci_low']:+.3f} to {row['ci_high']:+.3f}); {row['n_absent']:,} active members missed {wave}"
            for row in chase.iter_rows(named=True)
        ]
        + [f"  {AGES_DIFFER}"] * is_ageing
    )


def _is_ageing(groups: pl.DataFrame) -> bool:
    return groups["n_ageing"].null_count() < groups.height


def _table(groups: pl.DataFrame) -> list[str]:
    shown = [column for column in COLUMNS if groups[column[0]].null_count() < groups.height]
    cells = [[heading for _, heading in shown]]
    cells += [[_cell(name, row[name]) for name, _ in shown] for row in groups.iter_rows(named=True)]
    totals = [name for name, _ in shown if name not in PERCENT and name != "domain_value"]
    total = {name: groups[name].sum() for name in totals}
    cells.append(["all", *(_cell(name, total.get(name)) for name, _ in shown[1:])])
    widths = [max(len(row[place]) for row in cells) for place in range(len(shown))]
    return [
        "  ".join(_padded(cell, width, place) for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]


def _padded(cell: str, width: int, place: int) -> str:
    return cell.ljust(width) if place == 0 else cell.rjust(width)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if name == "n_ageing":
        return f"{value:+,.0f}".replace("-0", "0").replace("+0", "0")
    return f"{100 * value:.0f}" if name in PERCENT else f"{value:,.0f}"


def _effects(facts: PlanFacts) -> list[str]:
    now, without, with_recruits = (f"{effect:.3f}" for effect in facts.design_effects)
    lines = [
        f"Design effect of the profile alone: {now} now, {without} then without recruitment, {with_recruits} with it."
    ]
    if facts.weights_design_effect is not None:
        factor = facts.weights_design_effect / facts.design_effects[0]
        expected = [f"{factor * effect:.3f}" for effect in facts.design_effects[1:]]
        lines.append(
            f"Of the weights ({facts.weights_design_effect:.3f} at {facts.wave}), if all else stays: "
            f"{expected[0]} without, {expected[1]} with it."
        )
    lines.append(
        "lost by then: left, died or moved away, as their group did so far; ageing: into the group less out of "
        "it; to recruit: now, so many that enough are still there then."
    )
    return lines
