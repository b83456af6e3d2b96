"""Refreshment: what the panel will look like at the next refresh, and whom to recruit now so that it fits then."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.retention.histories import NONE, Histories, PersonTimes

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST_AT_RISK = 30  # member-waves behind a group's own hazard; below it everybody's is used
ROUNDS = 100  # of letting recruits age into each other's groups; they move up one group or two
OUTLOOK: dict[str, type[pl.DataType]] = {
    "domain_value": pl.String,
    "waves_ahead": pl.Int64,
    **dict.fromkeys(("n_active", "n_absent"), pl.Int64),
    **dict.fromkeys(
        ("n_gone", "n_leaving", "n_out_of_population", "n_aged_out", "n_aged_in", "n_expected", "new_member_stays"),
        pl.Float64,
    ),
}


@dataclass(frozen=True)
class Chances:
    """Chances to leave at one wave, by group: the panel, and the population."""

    leaving: Array  # (n_groups,) or (n_times, n_groups)
    dying_or_moving: Array

    @property
    def staying(self) -> Array:
        """Return the chance of neither."""
        return np.maximum(1.0 - self.leaving - self.dying_or_moving, 0.0)


def chances(rows: PersonTimes, group: Codes, n_groups: int) -> Chances:
    """Return the chances of each group (n_groups,), everybody's where too few of it were at risk.

    Args:
        group: (m,) of each row, NONE where it is not known.
    """
    causes = (rows.cause == 0, rows.cause > 0)
    known = group >= 0
    at_risk = np.bincount(group[known], minlength=n_groups)
    found = []
    for exits in causes:
        of_all = float(exits.mean()) if exits.size else 0.0
        of_group = np.bincount(group[known & exits], minlength=n_groups) / np.maximum(at_risk, 1)
        found.append(np.where(at_risk >= FEWEST_AT_RISK, of_group, of_all))
    return Chances(*found)


def chance_gone(histories: Histories) -> Array:
    """Return, for 0, 1, … waves missed in a row, the share of such absences that turned out to be for good.

    Counted over absences that began while exits can be known; with none so long, nobody counts as gone.
    """
    shares = np.zeros(histories.missed_waves)
    is_missed = histories.is_at_risk & ~histories.is_respondent
    for n_missed in range(1, histories.missed_waves):
        began = for_good = 0
        for wave in range(histories.horizon):
            starts = is_missed[:, wave] & (histories.is_answer[:, wave - 1] if wave else np.True_)
            lasts = starts & is_missed[:, wave : wave + n_missed].all(axis=1)
            at_end = is_missed[:, wave : wave + histories.missed_waves].all(axis=1)
            never_again = ~histories.is_answer[:, wave:].any(axis=1)
            began += int(lasts.sum())
            for_good += int((lasts & at_end & never_again).sum())
        shares[n_missed] = for_good / began if began else 0.0
    return shares


@dataclass(frozen=True)
class Members:
    """The members active now, their groups now and at each wave to come, and the chance that they are gone unseen."""

    group_now: Codes  # (n,) NONE where it is not known
    group_then: Codes  # (n, n_ahead)
    is_absent: NDArray[np.bool_]  # (n,) missed the latest wave
    is_gone: Array  # (n,) chance to have left already


def outlook(members: Members, values: tuple[str, ...], settled: Chances, new: Chances) -> pl.DataFrame:
    """Return for each group and number of waves ahead who is expected to be active then and why not, with OUTLOOK.

    `n_expected = n_active - n_gone - n_leaving - n_out_of_population - n_aged_out + n_aged_in`.

    Args:
        settled: chances at a wave (n_groups,) of members beyond their first wave.
        new: chances (n_ahead, n_groups) of members at their first waves, in order.

    Source: methodology B2.4.
    """
    known = members.group_now >= 0
    now, n_groups = members.group_now[known], len(values)
    present = 1.0 - members.is_gone[known]
    left, out = np.zeros(now.size), np.zeros(now.size)
    new_stays = np.ones(n_groups)
    frames = []

    def by_group(value: Array, group: Codes = now) -> Array:
        return np.bincount(group, value, minlength=n_groups).astype(np.float64)

    for ahead in range(members.group_then.shape[1]):
        then = np.where(members.group_then[known, ahead] == NONE, now, members.group_then[known, ahead])
        left += present * settled.leaving[then]
        out += present * settled.dying_or_moving[then]
        present = present * settled.staying[then]
        new_stays = new_stays * new.staying[ahead]
        moved = present * (then != now)
        columns = {
            "domain_value": list(values),
            "waves_ahead": np.full(n_groups, ahead + 1),
            "n_active": np.bincount(now, minlength=n_groups),
            "n_absent": np.bincount(now[members.is_absent[known]], minlength=n_groups),
            "n_gone": by_group(members.is_gone[known]),
            "n_leaving": by_group(left),
            "n_out_of_population": by_group(out),
            "n_aged_out": by_group(moved),
            "n_aged_in": by_group(moved, then),
            "n_expected": by_group(present, then),
            "new_member_stays": new_stays,
        }
        frames.append(pl.DataFrame(columns, schema=OUTLOOK))
    return pl.concat(frames) if frames else pl.DataFrame(schema=OUTLOOK)


@dataclass(frozen=True)
class Wanted:
    """How the panel should be at the next refresh, and how many of those invited join."""

    size: int  # active members
    share: Array  # (n_groups,) of the population
    joining: Array | None = None  # (n_groups,) of those invited; None: not known


@dataclass(frozen=True)
class Plan:
    """Whom to recruit now, by group, and what unequal weights by group then cost."""

    n_target: Array  # (n_groups,) active members wanted at the next refresh
    n_short: Array  # (n_groups,) of them, those missing without recruitment
    n_to_recruit: Codes  # (n_groups,) now, so many that enough of them are still there then
    n_to_invite: Codes | None
    n_then: Array  # (n_groups,) active at the next refresh, recruits among them
    design_effect_now: float
    design_effect_without: float  # at the next refresh
    design_effect_with: float


def refresh_plan(rows: pl.DataFrame, wanted: Wanted) -> Plan:
    """Return how many to recruit by group so that the panel has the population's profile at the next refresh.

    Recruits leave as new members do, and age as the members of their group do: enough are recruited that those who
    are left, and those who aged in, fill each group. A group that is too large stays so.

    Args:
        rows: an outlook at the next refresh, a row for each group, in their order (the older after the younger, or
            the other way round).

    Source: methodology B2.4; Kish (1992) for the design effects.
    """
    expected = rows["n_expected"].to_numpy()
    stays = rows["new_member_stays"].to_numpy()
    moving = _ageing(rows)
    target = wanted.size * wanted.share
    short = np.maximum(target - expected, 0.0)
    recruits = np.zeros(target.size)
    for _ in range(ROUNDS):
        aged_in = (recruits * stays) @ moving
        still_short = np.maximum(target - expected - aged_in, 0.0)
        kept = stays * (1.0 - moving.sum(axis=1))
        again = np.divide(still_short, kept, out=np.zeros_like(kept), where=kept > 0)
        if np.allclose(again, recruits, rtol=0, atol=1e-9):
            break
        recruits = again
    n_recruits = np.ceil(np.round(recruits, 6)).astype(np.int64)
    then = expected + n_recruits * stays * (1.0 - moving.sum(axis=1)) + (n_recruits * stays) @ moving
    invite = None
    if wanted.joining is not None:
        invite = np.ceil(np.round(n_recruits / wanted.joining, 6)).astype(np.int64)
    active = rows["n_active"].to_numpy().astype(np.float64)
    effects = [profile_design_effect(size, wanted.share) for size in (active, expected, then)]
    return Plan(target, short, n_recruits, invite, then, *effects)


def profile_design_effect(size: Array, share: Array) -> float:
    """Return Kish's design effect of weighting groups of these sizes to these shares; NaN where a group is empty."""
    if ((size <= 0) & (share > 0)).any():
        return float("nan")
    return float(size.sum() * (np.square(share) / np.maximum(size, np.finfo(np.float64).tiny)).sum() / share.sum() ** 2)


def _ageing(rows: pl.DataFrame) -> Array:
    """Return which share of each group's survivors is in which other group then, (n_groups, n_groups).

    People age out of a group into the next one that takes them in: the neighbour after it, or before it where the
    groups are listed from old to young.
    """
    out, aged_in = rows["n_aged_out"].to_numpy(), rows["n_aged_in"].to_numpy()
    survivors = rows["n_expected"].to_numpy() - aged_in + out
    share = np.divide(out, survivors, out=np.zeros_like(out), where=survivors > 0)
    moving = np.zeros((out.size, out.size))
    step = 1 if out.size < 2 or aged_in[0] <= aged_in[-1] else -1
    for group in range(out.size):
        if 0 <= group + step < out.size:
            moving[group, group + step] = share[group]
    return moving
