"""Cumulative incidence: how many have left by a wave, of which cause, when several causes compete."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.estimation.blocks import degrees_of_freedom, safe_ratio, without_rounding
from pipeline.estimation.intervals import edge_interval, log_log_interval, proportion_interval
from pipeline.estimation.linearisation import Linearisation, linearisation
from pipeline.estimation.tables import as_frame
from pipeline.estimation.variance import binned_sums, variance_of_totals
from pipeline.retention.histories import PersonTimes

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

ALL_CAUSES = "all"
COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("domain", "domain_value"), pl.String),
    "time": pl.Int64,
    "cause": pl.String,
    **dict.fromkeys(("n_at_risk", "n_exits"), pl.Int64),
    **dict.fromkeys(("hazard", "hazard_standard_error", "hazard_ci_low", "hazard_ci_high"), pl.Float64),
    **dict.fromkeys(("incidence", "incidence_standard_error", "incidence_ci_low", "incidence_ci_high"), pl.Float64),
    "degrees_of_freedom": pl.Int64,
}


@dataclass(frozen=True)
class GroupMask:
    """The members of one group: for good (n,), or wave by wave (n, n_waves) where people move between groups."""

    domain: str
    domain_value: str
    mask: NDArray[np.bool_]

    def holds(self, rows: PersonTimes) -> NDArray[np.bool_]:
        """Return which rows (m,) are of the group."""
        return np.asarray(self.mask[rows.row] if self.mask.ndim == 1 else self.mask[rows.row, rows.wave])


def cumulative_incidence(
    design: SurveyDesign,
    groups: Sequence[GroupMask],
    rows: PersonTimes,
    causes: Sequence[str],
    *,
    since_joining: bool,
    confidence: float = 0.95,
) -> pl.DataFrame:
    """Return hazard and cumulative incidence of each cause in each group, a row per time with anybody at risk.

    `h_c(t) = sum w 1(exit of c at t) / sum w 1(at risk at t)`, `S(t)` is the product of `1 - sum_c h_c`, and
    `F_c(t)` the sum of `S(t - 1) h_c(t)`. With several causes their sum stands in rows of its own. Who comes after
    the first wave enters the risk set then (delayed entry) unless time counts since joining. The interval of F is
    symmetric for log(-log(1 - F)).

    Args:
        rows: exits with a place in `causes`; times count from 1 in the result.

    Source: methodology C10; Aalen and Johansen (1978), Scand. J. Statistics 5; Binder (1983) for the linearisation.
    """
    prepared = linearisation(design)
    frames = [_group_frame(prepared, group, rows.where(group.holds(rows)), causes, since_joining) for group in groups]
    found = pl.concat([frame for frame in frames if frame.height]) if any(f.height for f in frames) else frames[0]
    return _with_intervals(found, confidence)


@dataclass(frozen=True)
class Sums:
    """Sums over the bins of the design, by time: of those at risk, and of the exits of each cause."""

    at_risk: Array  # (n_times, n_bins)
    exits: Array  # (n_causes, n_times, n_bins)
    weight_at_risk: Array  # (n_times,)
    weight_of_exits: Array  # (n_causes, n_times)


def _group_frame(
    prepared: Linearisation, group: GroupMask, rows: PersonTimes, causes: Sequence[str], since_joining: bool
) -> pl.DataFrame:
    """Return one group's figures without intervals; sums by PSU live for one group at a time."""
    place = rows.time if since_joining else rows.wave
    n_times = int(place.max(initial=-1)) + 1
    sums = exit_sums(prepared, rows, place, n_times, len(causes))
    hazard, incidence, influence = aalen_johansen(sums)
    n_at_risk = np.bincount(place, minlength=n_times)
    n_exits = np.stack([np.bincount(place[rows.cause == one], minlength=n_times) for one in range(len(causes))])
    labels, tables = list(causes), [hazard, incidence, *influence]
    if len(causes) > 1:
        labels, n_exits = [*labels, ALL_CAUSES], np.vstack([n_exits, n_exits.sum(axis=0)])
        tables = [np.concatenate([part, part.sum(axis=0, keepdims=True)]) for part in tables]
    hazard, incidence, hazard_influence, incidence_influence = tables
    squares = binned_sums(place, np.square(prepared.design.weight[rows.row]), 1, n_times)[0]
    freedom = degrees_of_freedom(prepared.design, sums.at_risk[:, : prepared.n_psus] > 0)
    shown = n_at_risk > 0
    n_shown, n_labels = int(shown.sum()), len(labels)

    def by_time(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.repeat(values[shown], n_labels)

    def by_both(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return values[:, shown].T.ravel()

    return pl.DataFrame(
        {
            "domain": [group.domain] * (n_shown * n_labels),
            "domain_value": [group.domain_value] * (n_shown * n_labels),
            "time": by_time(np.arange(1, n_times + 1)),
            "cause": labels * n_shown,
            "n_at_risk": by_time(n_at_risk),
            "n_exits": by_both(n_exits),
            "hazard": by_both(hazard),
            "hazard_standard_error": by_both(_error(prepared, hazard_influence, hazard, n_at_risk)),
            "incidence": by_both(incidence),
            "incidence_standard_error": by_both(_error(prepared, incidence_influence, incidence, n_at_risk)),
            "kish_n": by_time(safe_ratio(np.square(sums.weight_at_risk), squares)),
            "degrees_of_freedom": by_time(freedom),
        }
    )


def exit_sums(prepared: Linearisation, rows: PersonTimes, place: Codes, n_times: int, n_causes: int) -> Sums:
    """Return the sums behind one group's hazards."""
    at_risk = prepared.sums(rows.row, place, n_times)
    left = [rows.cause == cause for cause in range(n_causes)]
    exits = np.stack([prepared.sums(rows.row[one], place[one], n_times) for one in left])
    n_psus = prepared.n_psus
    return Sums(at_risk, exits, at_risk[:, :n_psus].sum(axis=1), exits[..., :n_psus].sum(axis=2))


def aalen_johansen(sums: Sums) -> tuple[Array, Array, tuple[Array, Array]]:
    """Return hazards and incidences (n_causes, n_times), and the influence of each."""
    n_causes, n_times, n_bins = sums.exits.shape
    hazard = safe_ratio(sums.weight_of_exits, np.broadcast_to(sums.weight_at_risk, sums.weight_of_exits.shape))
    per_weight = safe_ratio(np.ones(n_times), sums.weight_at_risk)
    hazard_influence = (sums.exits - hazard[..., None] * sums.at_risk) * per_weight[:, None]
    incidence, incidence_influence = np.zeros((n_causes, n_times)), np.zeros((n_causes, n_times, n_bins))
    before, before_influence = 1.0, np.zeros(n_bins)
    for time in range(n_times):
        step = before * hazard_influence[:, time] + before_influence * hazard[:, time, None]
        incidence[:, time] = before * hazard[:, time]
        incidence_influence[:, time] = step
        if time:
            incidence[:, time] += incidence[:, time - 1]
            incidence_influence[:, time] += incidence_influence[:, time - 1]
        before_influence = before_influence - step.sum(axis=0)
        before = max(before * (1.0 - hazard[:, time].sum()), 0.0)
    return hazard, incidence, (hazard_influence, incidence_influence)


def _error(prepared: Linearisation, influence: Array, share: Array, n_at_risk: Codes) -> Array:
    """Return the standard errors (n_causes, n_times) of shares with this influence."""
    variance = variance_of_totals(prepared.design, prepared.psu_totals(influence))
    srs = safe_ratio(share * (1 - share), np.broadcast_to(np.maximum(n_at_risk - 1.0, 1.0), share.shape))
    return np.sqrt(without_rounding(variance, srs, share))


def _with_intervals(found: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Return the figures with their intervals; without variance those of a proportion of 0 or 1."""
    column = {name: found[name].to_numpy().astype(np.float64) for name in found.columns if found[name].dtype.is_float()}
    freedom = found["degrees_of_freedom"].to_numpy().astype(np.float64)
    n_at_risk, kish_n = found["n_at_risk"].to_numpy(), column["kish_n"]
    hazard_limits = proportion_interval(
        column["hazard"],
        column["hazard_standard_error"],
        freedom,
        unweighted_n=n_at_risk,
        kish_n=kish_n,
        confidence=confidence,
    )
    remaining = 1.0 - column["incidence"]
    log_error = safe_ratio(column["incidence_standard_error"], remaining)
    low, high = log_log_interval(remaining, log_error, freedom, confidence=confidence)
    edge_low, edge_high = edge_interval(
        remaining, freedom, unweighted_n=n_at_risk, kish_n=kish_n, confidence=confidence
    )
    at_edge = ((remaining >= 1) | (remaining <= 0)) & (freedom >= 1)
    return as_frame(
        {name: found[name] for name in COLUMNS if name in found.columns}
        | {
            "hazard_ci_low": hazard_limits[0],
            "hazard_ci_high": hazard_limits[1],
            "incidence_ci_low": 1.0 - np.where(at_edge, edge_high, high),
            "incidence_ci_high": 1.0 - np.where(at_edge, edge_low, low),
        },
        COLUMNS,
    )
