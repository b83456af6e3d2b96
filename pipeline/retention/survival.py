"""Attrition as survival: the hazard of leaving the panel and how many remain, by group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.design import SurveyDesign
from pipeline.errors import EstimationError
from pipeline.estimation.blocks import degrees_of_freedom, safe_ratio, without_rounding
from pipeline.estimation.estimates import DomainMask
from pipeline.estimation.intervals import edge_interval, log_log_interval, proportion_interval
from pipeline.estimation.linearisation import Linearisation, linearisation
from pipeline.estimation.tables import as_frame
from pipeline.estimation.values import DomainRows, domain_rows
from pipeline.estimation.variance import binned_sums, variance_of_totals

Array = NDArray[np.float64]

COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("domain", "domain_value"), pl.String),
    **dict.fromkeys(("time", "n_at_risk", "n_exits"), pl.Int64),
    **dict.fromkeys(("hazard", "hazard_standard_error", "hazard_ci_low", "hazard_ci_high"), pl.Float64),
    **dict.fromkeys(("survival", "survival_standard_error", "survival_ci_low", "survival_ci_high"), pl.Float64),
    "degrees_of_freedom": pl.Int64,
    **dict.fromkeys(("unweighted_hazard", "unweighted_survival"), pl.Float64),
}


@dataclass(frozen=True)
class Exits:
    """When each member was last at risk of leaving, in waves since joining, and whether they left then."""

    last_time: NDArray[np.int64]  # (n,) 1, 2, …; 0 = never at risk
    has_left: NDArray[np.bool_]  # (n,) False = censored

    @property
    def n_times(self) -> int:
        """Return the last time anybody was at risk."""
        return int(self.last_time.max(initial=0))


def exits(is_at_risk: NDArray[np.bool_], is_respondent: NDArray[np.bool_], *, missed_waves: int) -> Exits:
    """Return who left the panel and when, from who answered which wave.

    A member left when every wave at risk after their last answer was missed, and those are at least
    `missed_waves`; the exit is dated at the first of them. Nobody can be known to have left in the last
    `missed_waves` waves, so exits and times at risk end before them. Dying or moving out of the population
    ends the time at risk and is no exit. Time counts a member's waves at risk since joining.

    Args:
        is_at_risk: (n, n_waves) in the panel's population and joined by then, waves in order.
        is_respondent: (n, n_waves) answered.
        missed_waves: a member who missed the last so many waves has left; at least 1.

    Raises:
        EstimationError: missed_waves is below 1.

    Source: methodology C10.
    """
    if missed_waves < 1:
        raise EstimationError(f"missed_waves is {missed_waves}, expected 1 or more waves missed before an exit.")
    n_waves = is_at_risk.shape[1]
    wave = np.arange(n_waves)
    last_answered = np.max(np.where(is_at_risk & is_respondent, wave, -1), axis=1, initial=-1)
    is_missed = is_at_risk & (wave > last_answered[:, None])
    first_missed = np.where(is_missed.any(axis=1), is_missed.argmax(axis=1), n_waves)
    horizon = max(n_waves - missed_waves, 0)
    has_left = (is_missed.sum(axis=1) >= missed_waves) & (first_missed < horizon)
    end = np.where(has_left, first_missed + 1, horizon)
    return Exits((is_at_risk & (wave < end[:, None])).sum(axis=1), has_left)


def survival_curves(
    design: SurveyDesign, domains: Sequence[DomainMask], leaving: Exits, *, confidence: float = 0.95
) -> pl.DataFrame:
    """Return the hazard and the Kaplan-Meier curve of each domain, a row per time with anybody at risk.

    `h_t = sum w 1(exit at t) / sum w 1(at risk at t)` and `S_t` is the product of `1 - h`. Standard errors
    linearise h and log S over PSUs; the interval of S is symmetric for log(-log S). S of exactly 1 or 0 has
    no standard error and a Korn-Graubard interval with Kish's effective n of those at risk.

    Args:
        design: members with their recruitment weight; domains fixed at recruitment.

    Source: methodology C10; Kalbfleisch and Prentice (2002), section 1.4; Binder (1983) for the linearisation.
    """
    prepared = linearisation(design)
    person_times = _person_times(domain_rows(design, domains), leaving)
    curve = _curve(prepared, person_times, len(domains), leaving.n_times)
    return _frame(curve, domains, confidence)


@dataclass(frozen=True)
class _PersonTimes:
    """All triples of member, domain and time at risk; `cell` counts times within domains."""

    row: NDArray[np.int64]  # (m,)
    cell: NDArray[np.int64]  # (m,)
    is_exit: Array  # (m,) 1.0 at the time of leaving


def _person_times(rows: DomainRows, leaving: Exits) -> _PersonTimes:
    """Return a row for every time that a member of a domain was at risk."""
    times = leaving.last_time[rows.row]
    pair = np.repeat(np.arange(times.size), times)
    time = np.arange(pair.size) - np.repeat(np.cumsum(times) - times, times)
    row = rows.row[pair]
    is_exit = leaving.has_left[row] & (time == leaving.last_time[row] - 1)
    return _PersonTimes(row, rows.domain[pair] * leaving.n_times + time, is_exit.astype(np.float64))


@dataclass(frozen=True)
class _Curve:
    """Hazards and survival, each (n_domains, n_times)."""

    n_at_risk: NDArray[np.int64]
    n_exits: NDArray[np.int64]
    kish_n: Array
    hazard: Array
    hazard_standard_error: Array
    survival: Array
    log_survival_standard_error: Array
    freedom: Array  # degrees of freedom


def _curve(prepared: Linearisation, people: _PersonTimes, n_domains: int, n_times: int) -> _Curve:
    """Return hazards, survival and their standard errors."""
    n_cells, shape = n_domains * n_times, (n_domains, n_times)
    design, n_psus, n_bins = prepared.design, prepared.n_psus, prepared.n_bins
    at_risk = prepared.sums(people.row, people.cell, n_cells)
    left = prepared.sums(people.row, people.cell, n_cells, people.is_exit)
    weight_at_risk = at_risk[:, :n_psus].sum(axis=1)
    squares = binned_sums(people.cell, np.square(design.weight[people.row]), 1, n_cells)[0]
    n_at_risk = np.bincount(people.cell, minlength=n_cells)
    n_exits = np.rint(binned_sums(people.cell, people.is_exit, 1, n_cells)[0]).astype(np.int64)
    everybody_left = (n_exits == n_at_risk) & (n_at_risk > 0)
    hazard = np.where(everybody_left, 1.0, safe_ratio(left[:, :n_psus].sum(axis=1), weight_at_risk))
    influence = safe_ratio(left - hazard[:, None] * at_risk, weight_at_risk[:, None])
    survivors = safe_ratio(np.ones(n_cells), 1.0 - hazard)
    log_influence = np.cumsum((influence * -survivors[:, None]).reshape(*shape, n_bins), axis=1)
    srs = safe_ratio(hazard * (1 - hazard), n_at_risk - 1.0)
    log_error = _standard_error(prepared, log_influence.reshape(n_cells, n_bins), srs)
    return _Curve(
        n_at_risk=n_at_risk.reshape(shape),
        n_exits=n_exits.reshape(shape),
        kish_n=safe_ratio(np.square(weight_at_risk), squares).reshape(shape),
        hazard=np.where(n_at_risk > 0, hazard, np.nan).reshape(shape),
        hazard_standard_error=_standard_error(prepared, influence, srs).reshape(shape),
        survival=np.asarray(np.cumprod(1.0 - hazard.reshape(shape), axis=1), np.float64),
        log_survival_standard_error=log_error.reshape(shape),
        freedom=degrees_of_freedom(design, at_risk[:, :n_psus] > 0).astype(np.float64).reshape(shape),
    )


def _standard_error(prepared: Linearisation, influence_sums: Array, srs_variance: Array) -> Array:
    """Return standard errors from the influence values' sums over bins."""
    variance = variance_of_totals(prepared.design, prepared.psu_totals(influence_sums))
    return np.sqrt(without_rounding(variance, srs_variance))


def _frame(curve: _Curve, domains: Sequence[DomainMask], confidence: float) -> pl.DataFrame:
    """Return the rows of times with anybody at risk, intervals added."""
    domain, time = np.nonzero(curve.n_at_risk)
    hazard, survival = curve.hazard[domain, time], curve.survival[domain, time]
    log_error, freedom = curve.log_survival_standard_error[domain, time], curve.freedom[domain, time]
    hazard_error, kish_n = curve.hazard_standard_error[domain, time], curve.kish_n[domain, time]
    n_at_risk, n_exits = curve.n_at_risk[domain, time], curve.n_exits[domain, time]
    hazard_limits = proportion_interval(
        hazard, hazard_error, freedom, unweighted_n=n_at_risk, kish_n=kish_n, confidence=confidence
    )
    survival_limits = _survival_limits(survival, log_error, freedom, (n_at_risk, kish_n), confidence)
    unweighted = np.cumprod(1.0 - safe_ratio(curve.n_exits, curve.n_at_risk), axis=1)[domain, time]
    return as_frame(
        {
            "domain": [domains[int(index)].domain for index in domain],
            "domain_value": [domains[int(index)].domain_value for index in domain],
            "time": time + 1,
            "n_at_risk": n_at_risk,
            "n_exits": n_exits,
            "hazard": hazard,
            "hazard_standard_error": hazard_error,
            "hazard_ci_low": hazard_limits[0],
            "hazard_ci_high": hazard_limits[1],
            "survival": survival,
            "survival_standard_error": survival * log_error,
            "survival_ci_low": survival_limits[0],
            "survival_ci_high": survival_limits[1],
            "degrees_of_freedom": freedom,
            "unweighted_hazard": safe_ratio(n_exits, n_at_risk),
            "unweighted_survival": unweighted,
        },
        COLUMNS,
    )


def _survival_limits(
    survival: Array, log_error: Array, freedom: Array, bases: tuple[NDArray[np.int64], Array], confidence: float
) -> tuple[Array, Array]:
    """Return the limits of S; where everybody or nobody is left, those of a proportion of 1 or 0 of the bases.

    Args:
        bases: unweighted n and Kish's.
    """
    low, high = log_log_interval(survival, log_error, freedom, confidence=confidence)
    n_at_risk, kish_n = bases
    edge_low, edge_high = edge_interval(survival, freedom, unweighted_n=n_at_risk, kish_n=kish_n, confidence=confidence)
    at_edge = ((survival >= 1) | (survival <= 0)) & (freedom >= 1)
    return np.where(at_edge, edge_low, low), np.where(at_edge, edge_high, high)
