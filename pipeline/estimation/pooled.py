"""Models of single answers pooled over waves, on time alone: proportional odds, and GEE with working independence.

With time the only predictor people who gave the same answer at the same wave are alike, so the model is fitted on
the weighted counts of answers by wave, whatever the number of people. Its errors come through the one sandwich:
every wave's influence goes through that wave's own linearisation (its calibration included), over the union of PSUs,
so that a member's answers at several waves count as one cluster. The exchangeable working matrix is not offered: with
weights that change from wave to wave it can bias (Pepe and Anderson 1994).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import EstimationError
from pipeline.estimation.blocks import degrees_of_freedom
from pipeline.estimation.contrasts import Contrast, JointEstimates, Wald, wald_test
from pipeline.estimation.intervals import t_p_value
from pipeline.estimation.likelihoods import Fit, fitted_linear, fitted_logit, fitted_proportional_odds
from pipeline.estimation.spread import Spread

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class PooledAnswers:
    """One item in one domain over waves: who answered what, by the answer's place among those ever given."""

    spreads: Sequence[Spread]  # of each wave, over the union of PSUs
    rows: Sequence[Codes]  # of each wave: rows of the domain that answered
    codes: Sequence[Codes]  # of each wave: their answers, 0 .. n_answers - 1
    answers: Codes  # (n_answers,) the codes they are of
    time: Array  # (n_waves,)

    @property
    def degrees_of_freedom(self) -> int:
        """Return PSUs minus strata with answers at any wave; of replicates one less than there are."""
        first = self.spreads[0]
        if first.design.replicates is not None:
            return int(first.design.replicates.n_replicates) - 1
        has_data = np.zeros((1, first.psus.n_psus), np.bool_)
        for spread, rows in zip(self.spreads, self.rows, strict=True):
            has_data[0, spread.psus.code[rows]] = True
        return int(degrees_of_freedom(first.psus.of, has_data)[0])

    @cached_property
    def sums(self) -> list[Array]:
        """Return each wave's sums over bins (n_answers, n_bins) of who gave each answer, for every model alike."""
        given = zip(self.spreads, self.rows, self.codes, strict=True)
        return [spread.sums(rows, codes, self.answers.size) for spread, rows, codes in given]

    @cached_property
    def counts(self) -> Array:
        """Return the weighted answers, (n_waves, n_answers)."""
        weights = [one.design.weight[rows] for one, rows in zip(self.spreads, self.rows, strict=True)]
        given = zip(self.codes, weights, strict=True)
        return np.stack([np.bincount(codes, weight, minlength=self.answers.size) for codes, weight in given])


def pooled_answers(
    spreads: Sequence[Spread], masks: Sequence[NDArray[np.bool_]], codes: Sequence[Codes], time: Array
) -> PooledAnswers:
    """Return one item's answers over waves, those that nobody ever gave left out.

    Args:
        masks: of each wave, the rows of the domain; codes: of each wave, all rows' answers, -1 missing.
    """
    rows = [
        np.flatnonzero(mask & (code >= 0) & (spread.design.weight > 0))
        for spread, mask, code in zip(spreads, masks, codes, strict=True)
    ]
    given = [code[kept] for code, kept in zip(codes, rows, strict=True)]
    found = np.unique(np.concatenate(given))
    places = [np.searchsorted(found, one) for one in given]
    return PooledAnswers(spreads, rows, places, found, time)


def ordinal_trend(pooled: PooledAnswers) -> Contrast:
    """Return the log odds per unit of time of answering further up the scale, by proportional odds.

    Source: methodology C12; McCullagh (1980), JRSS B 42; Binder (1983), International Statistical Review 51.
    """
    fit = _fitted(pooled, "proportional_odds", np.arange(pooled.answers.size, dtype=np.float64))
    return _slope(pooled, fit, place=0)


def gee_trend(pooled: PooledAnswers, outcome: Array, *, kind: str) -> Contrast:
    """Return the slope on time of a GEE with working independence: log odds (logit) or the mean (linear).

    Args:
        outcome: (n_answers,) what each answer counts as: 0 or 1, or a number.

    Source: methodology C12; Liang and Zeger (1986), Biometrika 73.
    """
    return _slope(pooled, _fitted(pooled, kind, outcome), place=1)


def parallel_lines(pooled: PooledAnswers) -> Wald:
    """Return the test that all cuts of the scale move alike, as proportional odds suppose.

    Source: Brant (1990), Biometrics 46, with design-based covariance.
    """
    place = np.arange(pooled.answers.size)
    fits = [_fitted(pooled, "logit", (place >= cut).astype(np.float64)) for cut in place[1:]]
    deviations = np.stack([_deviations(pooled, fit)[1] for fit in fits])
    n_cuts = len(fits)
    freedom = np.full(n_cuts, pooled.degrees_of_freedom)
    slopes = np.array([fit.coefficient[1] for fit in fits])
    joint = JointEstimates(pl.DataFrame(), slopes, deviations, freedom, np.zeros(n_cuts))
    return wald_test(joint, np.eye(n_cuts)[1:] - np.eye(n_cuts)[:1])


def _fitted(pooled: PooledAnswers, kind: str, outcome: Array) -> Fit:
    """Return the weighted fit on the counts of answers by wave."""
    counts = pooled.counts
    n_waves, n_answers = counts.shape
    if len(set(outcome.tolist())) < 2 or not (counts.sum(axis=1) > 0).all():
        raise EstimationError("everybody gave the same answer, or nobody answered a wave: there is no trend to fit.")
    time = np.repeat(pooled.time - pooled.time.mean(), n_answers)
    x = time[:, None] if kind == "proportional_odds" else np.column_stack([np.ones_like(time), time])
    models = {"linear": fitted_linear, "logit": fitted_logit, "proportional_odds": fitted_proportional_odds}
    weight = counts.ravel() / counts.sum() * counts.size
    fit = models[kind](np.tile(outcome, n_waves), x, weight)
    return Fit(fit.coefficient, fit.score, fit.information * (counts.sum() / counts.size))


def _slope(pooled: PooledAnswers, fit: Fit, *, place: int) -> Contrast:
    estimate, error = float(fit.coefficient[place]), float(np.sqrt(np.square(_deviations(pooled, fit)[place]).sum()))
    freedom = pooled.degrees_of_freedom
    p_value = float(t_p_value(np.array(estimate), np.array(error), np.array(freedom)))
    return Contrast(estimate, error, freedom, p_value)


def _deviations(pooled: PooledAnswers, fit: Fit) -> Array:
    """Return the deviations (p, m) of the coefficients, added up over the waves."""
    n_answers = pooled.answers.size
    influence = fit.influence().reshape(len(pooled.rows), n_answers, -1)  # of who gave this answer at this wave
    total: Array | None = None
    for spread, sums, counts, of_wave in zip(pooled.spreads, pooled.sums, pooled.counts, influence, strict=True):
        deviations = spread.total_deviations(of_wave.T @ sums, of_wave.T @ counts)
        total = deviations if total is None else total + deviations
    assert total is not None
    return total
