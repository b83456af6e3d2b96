"""The sampling design: how people were drawn, how many each stands for, and what weights are calibrated to."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EstimationError

LONELY_PSU_POLICIES = ("fail", "certainty", "adjust", "average")


@dataclass(frozen=True)
class Calibration:
    """What the weights were calibrated from and to, as residual linearisation needs it (methodology C5).

    `levels` holds a column of level codes from 0 for each margin; `auxiliaries` any further numeric columns.
    `is_calibrated` says who took part (None: everyone); the others of the starting sample carry weight 0.
    """

    base_weight: NDArray[np.float64]  # (n,) d; the weight is g * d
    levels: NDArray[np.int64] | None = None  # (n, n_margins)
    auxiliaries: NDArray[np.float64] | None = None  # (n, n_auxiliaries)
    is_calibrated: NDArray[np.bool_] | None = None  # (n,)
    controls_estimated: bool = False  # the totals are those of the starting sample, with its sampling error
    # (n,) g * d before anyone is dropped; None: the weight
    calibrated_weight: NDArray[np.float64] | None = None
    # (n,) weights of the starting sample behind estimated totals; None: the base weight
    control_weight: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        """Widen the level codes: margins keep them in a byte, where arithmetic with them would overflow."""
        if self.levels is not None and self.levels.dtype != np.int64:
            object.__setattr__(self, "levels", self.levels.astype(np.int64))


@dataclass(frozen=True)
class ResponseModel:
    """A fitted model of who answered: the weights of those who did were divided by its propensities p.

    People alike in all that the model knows are a group. Whoever was not asked at this step has group -1.
    """

    group: NDArray[np.int64]  # (n,)
    predictors: NDArray[np.float64]  # (n_groups, k) q
    residual: NDArray[np.float64]  # (n,) d (r - p), d the weight at the time; 0 for those not asked
    information: NDArray[np.float64]  # (k, k) sum of d p (1 - p) q q'
    sensitivity: NDArray[np.float64]  # (n,) 1 - p; 0 where the factor 1 / p was capped, and for those not asked

    def of(self, rows: NDArray[np.bool_]) -> "ResponseModel":
        """Return the model over some of the rows; nobody whose residual is not 0 may be left out."""
        return ResponseModel(
            self.group[rows], self.predictors, self.residual[rows], self.information, self.sensitivity[rows]
        )


@dataclass(frozen=True)
class DesignStructure:
    """Strata and PSUs as compact codes; PSUs are nested: equal labels in two strata are two PSUs."""

    stratum: NDArray[np.int64]  # (n,) 0 .. n_strata - 1
    psu: NDArray[np.int64]  # (n,) 0 .. n_psus - 1, ordered by stratum
    stratum_of_psu: NDArray[np.int64]  # (n_psus,)
    psus_in_stratum: NDArray[np.int64]  # (n_strata,) n_h
    sampling_fraction: NDArray[np.float64]  # (n_strata,) f_h = n_h / N_h; 0 without a finite population

    @property
    def n_strata(self) -> int:
        """Return the number of strata."""
        return self.psus_in_stratum.size

    @property
    def n_psus(self) -> int:
        """Return the number of PSUs in all strata."""
        return self.stratum_of_psu.size

    @property
    def degrees_of_freedom(self) -> int:
        """Return PSUs minus strata of the whole design."""
        return self.n_psus - self.n_strata

    @property
    def lonely_strata(self) -> NDArray[np.int64]:
        """Return the codes of strata with a single PSU that is not the stratum's whole population."""
        return np.flatnonzero((self.psus_in_stratum == 1) & (self.sampling_fraction < 1))


@dataclass(frozen=True)
class SurveyDesign:
    """One sample with its final weights; every estimator takes a design and a mask, never a filtered design.

    `psu` None: every row is a PSU. `fpc` is the number of PSUs in the population of the row's stratum.
    """

    weight: NDArray[np.float64]  # (n,)
    strata: NDArray[np.int64] | None = None  # (n,)
    psu: NDArray[np.int64] | None = None  # (n,)
    fpc: NDArray[np.float64] | None = None  # (n,)
    calibration: Calibration | None = None
    lonely_psu: str = "fail"
    replicates: Any = None  # pipeline.weighting.replicates.Replicates; core packages come after this module
    response: tuple[ResponseModel, ...] = ()  # the adjustments for nonresponse before calibration, in their order
    # the same rows under the weight that this one starts from, where that was itself calibrated or adjusted
    start: "SurveyDesign | None" = None

    def __post_init__(self) -> None:
        """Refuse a design whose parts do not fit together."""
        if self.lonely_psu not in LONELY_PSU_POLICIES:
            raise EstimationError(
                f"lonely_psu '{self.lonely_psu}' is not known. Use one of {', '.join(LONELY_PSU_POLICIES)}."
            )
        for name, part in (("strata", self.strata), ("psu", self.psu), ("fpc", self.fpc)):
            if part is not None and part.shape != self.weight.shape:
                raise EstimationError(f"{name} has {part.size} rows, the weight {self.weight.size}.")
        lowest = 0.0 if self.calibration is None else -np.inf  # linear calibration may go below 0
        n_broken = int((~(np.isfinite(self.weight) & (self.weight >= lowest))).sum())
        if n_broken:
            raise EstimationError(
                f"{n_broken} weights are missing or negative, expected 0 or more. Correct them; a member "
                "without a weight belongs to no design of that weight."
            )

    @property
    def n(self) -> int:
        """Return the number of rows of the design."""
        return self.weight.size

    @cached_property
    def structure(self) -> DesignStructure:
        """Return the compact codes of strata and PSUs, made once for a design."""
        return design_structure(self.n, self.strata, self.psu, self.fpc)


def design_structure(
    n: int,
    strata: NDArray[np.int64] | None,
    psu: NDArray[np.int64] | None,
    fpc: NDArray[np.float64] | None,
) -> DesignStructure:
    """Return strata and PSUs of n rows as compact codes, PSUs nested in strata and ordered by stratum.

    Raises:
        EstimationError: fpc is not one number per stratum, or is smaller than the PSUs drawn.
    """
    stratum, n_strata = _compact(np.zeros(n, np.int64) if strata is None else strata)
    within, n_within = (np.arange(n), n) if psu is None else _compact(psu)
    psu_code, n_psus = _compact(stratum * max(n_within, 1) + within)
    stratum_of_psu = np.zeros(n_psus, np.int64)
    stratum_of_psu[psu_code] = stratum
    psus_in_stratum = np.bincount(stratum_of_psu, minlength=n_strata)
    fraction = np.zeros(n_strata) if fpc is None else psus_in_stratum / _psus_in_population(stratum, n_strata, fpc)
    if (fraction > 1 + 1e-12).any():
        raise EstimationError(
            f"{int((fraction > 1).sum())} strata hold more PSUs than their population has by fpc. The fpc is "
            "the number of PSUs in the stratum's population, not a fraction."
        )
    return DesignStructure(stratum, psu_code, stratum_of_psu, psus_in_stratum, np.minimum(fraction, 1.0))


def _compact(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return codes as 0 .. k - 1 in their order, and k; by a look-up table where the range allows."""
    if codes.size == 0:
        return codes.astype(np.int64), 0
    low, high = int(codes.min()), int(codes.max())
    if high - low <= 4 * codes.size + 1024:
        is_used = np.zeros(high - low + 1, np.bool_)
        is_used[codes - low] = True
        return (np.cumsum(is_used) - 1)[codes - low], int(is_used.sum())
    unique, inverse = np.unique(codes, return_inverse=True)
    return inverse.astype(np.int64), unique.size


def _psus_in_population(stratum: NDArray[np.int64], n_strata: int, fpc: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return N_h for each stratum, refusing several values in one stratum."""
    population = np.zeros(n_strata)
    population[stratum] = fpc
    n_uneven = int((population[stratum] != fpc).sum())
    if n_uneven or not (population > 0).all():
        raise EstimationError(
            f"fpc differs within a stratum in {n_uneven} rows or is not positive, expected one number of "
            "PSUs for each stratum. Correct the fpc column."
        )
    return population
