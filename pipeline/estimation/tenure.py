"""Answers by time in the panel: a regression pooled over waves, which wave and profile explain beside tenure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EstimationError
from pipeline.estimation.blocks import degrees_of_freedom
from pipeline.estimation.contrasts import Contrast
from pipeline.estimation.intervals import t_p_value
from pipeline.estimation.likelihoods import fitted_linear
from pipeline.estimation.spread import Spread

Array = NDArray[np.float64]


@dataclass(frozen=True)
class WaveRows:
    """One wave of the pool: what explains its rows beside the wave itself."""

    spread: Spread  # over the union of PSUs
    tenure: Array  # (n,) waves since joining
    profile: Array  # (n, n_columns) dummies, the same columns in every wave


def tenure_effect(waves: Sequence[WaveRows], outcomes: Sequence[Array]) -> Contrast:
    """Return the difference in the outcome for each doubling of 1 + tenure, given wave and profile.

    Within a wave only members who joined at different times tell of tenure, so waves before the first refreshment
    add nothing to it. Each wave's influence goes through its own linearisation.

    Args:
        outcomes: of each wave, (n,) numbers, or 0 and 1; NaN missing.

    Raises:
        EstimationError: tenure is not told from wave and profile: everybody joined at the same time.

    Source: methodology C14; Binder (1983), International Statistical Review 51.
    """
    rows = [
        np.flatnonzero(np.isfinite(outcome) & (one.spread.design.weight > 0))
        for one, outcome in zip(waves, outcomes, strict=True)
    ]
    parts = zip(waves, rows, strict=True)
    x = np.vstack([_explaining(one, kept, place, len(waves)) for place, (one, kept) in enumerate(parts)])
    is_wave = np.arange(x.shape[1]) <= len(waves)  # the waves take the place of a constant; so does tenure, first
    x = x[:, np.where(is_wave, x.any(axis=0), np.ptp(x, axis=0) > 0) | (np.arange(x.shape[1]) == 0)]
    if np.linalg.matrix_rank(x) < x.shape[1] or np.ptp(x[:, 0]) == 0:
        raise EstimationError("members' time in the panel is not told from the wave and their profile.")
    y = np.concatenate([outcome[kept] for outcome, kept in zip(outcomes, rows, strict=True)])
    weight = np.concatenate([one.spread.design.weight[kept] for one, kept in zip(waves, rows, strict=True)])
    fit = fitted_linear(y, x, weight)
    influence = np.split(fit.influence()[:, 0], np.cumsum([kept.size for kept in rows])[:-1])
    error = float(np.sqrt(np.square(_deviations(waves, rows, influence)).sum()))
    freedom = _freedom(waves, rows)
    p_value = float(t_p_value(np.array(fit.coefficient[0]), np.array(error), np.array(freedom)))
    return Contrast(float(fit.coefficient[0]), error, freedom, p_value)


def _explaining(one: WaveRows, kept: NDArray[np.int64], place: int, n_waves: int) -> Array:
    """Return the columns of a wave's rows: tenure, each wave, the profile."""
    wave = np.zeros((kept.size, n_waves))
    wave[:, place] = 1.0
    return np.column_stack([np.log2(1 + one.tenure[kept]), wave, one.profile[kept]])


def _deviations(waves: Sequence[WaveRows], rows: Sequence[NDArray[np.int64]], influence: Sequence[Array]) -> Array:
    """Return the deviations of the coefficient, added up over the waves."""
    total: Array | None = None
    for one, kept, of_wave in zip(waves, rows, influence, strict=True):
        sums = one.spread.sums(kept, np.zeros_like(kept), 1, of_wave)
        whole = np.array([one.spread.design.weight[kept] @ of_wave])
        deviations = one.spread.total_deviations(sums, whole)
        total = deviations if total is None else total + deviations
    assert total is not None
    return total


def _freedom(waves: Sequence[WaveRows], rows: Sequence[NDArray[np.int64]]) -> int:
    """Return PSUs minus strata with answers at any wave; of replicates one less than there are."""
    first = waves[0].spread
    if first.design.replicates is not None:
        return int(first.design.replicates.n_replicates) - 1
    has_data = np.zeros((1, first.psus.n_psus), np.bool_)
    for one, kept in zip(waves, rows, strict=True):
        has_data[0, one.spread.psus.code[kept]] = True
    return int(degrees_of_freedom(first.psus.of, has_data)[0])
