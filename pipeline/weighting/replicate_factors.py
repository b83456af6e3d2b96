"""Replicate factors: how each PSU's weight is perturbed in each replicate, and what a deviation then counts.

The variance of any estimate is Σ_r coefficient_r (estimate_r - estimate)². A replicate is a factor per PSU, so
rows × replicates is never stored.
"""

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.design import DesignStructure, SurveyDesign
from pipeline.errors import WeightingError
from pipeline.weighting.cells import blocks
from pipeline.weighting.hadamard import hadamard
from pipeline.weighting.replicate_columns import CountedFactor
from pipeline.weighting.threads import in_threads

Floats = NDArray[np.float64]
KINDS = ("bootstrap", "jk1", "jkn", "jkgroups", "brr", "fay")
RANDOM_KINDS = ("bootstrap", "jkgroups")
MOST_DELETE_ONE = 10_000  # PSUs up to which one replicate for each is kept in memory
DRAWN_TOGETHER = 32  # replicates written at a time, for writes that share their cache lines
MOST_NUMBERS = 1 << 24  # PSUs × replicates up to which bootstrap factors are kept as numbers; then as counts


@dataclass(frozen=True)
class ReplicatePlan:
    """Which replicates to make. The seed belongs to the panel, so that all its waves share their PSU draws."""

    kind: str
    n_replicates: int = 500  # of a bootstrap; number of groups of jkgroups; the design decides for the others
    seed: int | None = None
    drawn: float = 1.0  # share of the n_h - 1 PSUs of a bootstrap that are drawn; of fewer, no weight becomes 0
    fay: float = 0.5  # how much of a PSU's weight stays in the half that is left out, for Fay's method


@dataclass(frozen=True)
class ReplicateFactors:
    """The factor of every group of rows in every replicate."""

    group_of_row: NDArray[np.int64]  # (n,) PSU, or stratum and random group
    factor: Floats | CountedFactor  # (n_groups, n_replicates)
    coefficient: Floats  # (n_replicates,)
    plan: ReplicatePlan

    @property
    def n_replicates(self) -> int:
        """Return the number of replicates."""
        return self.coefficient.size

    def of(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "ReplicateFactors":
        """Return the factors of some rows: of one wave, out of those drawn for the whole panel.

        Every wave then has the same draws of PSUs, and the covariance of the waves is in their replicates.
        """
        return replace(self, group_of_row=self.group_of_row[rows])


def replicate_factors(design: SurveyDesign, plan: ReplicatePlan) -> ReplicateFactors:
    """Return the replicate factors of a design; of a whole panel, for the draws to be the same in each wave.

    Raises:
        WeightingError: the kind is unknown or does not suit the design, a stratum has one PSU (unless the design
            says `certainty`), or a random kind has no seed.

    Source: methodology C6; Rao, Wu & Yue (1992), Survey Methodology 18(2); Kott (2001), J. Official Statistics
    17(4); Judkins (1990), J. Official Statistics 6(3).
    """
    structure = design.structure
    _check(design, plan)
    group_of_row = structure.psu
    if plan.kind == "bootstrap":
        factor, coefficient = _bootstrap(structure, _stratum_keys(design), plan)
    elif plan.kind in {"jk1", "jkn"}:
        factor, coefficient = _delete_one(structure)
    elif plan.kind == "jkgroups":
        group_of_row, factor, coefficient = _delete_group(structure, _stratum_keys(design), plan)
    else:
        factor, coefficient = _half_samples(structure, plan.fay if plan.kind == "fay" else 0.0)
    return ReplicateFactors(group_of_row, factor, coefficient, plan)


def _check(design: SurveyDesign, plan: ReplicatePlan) -> None:
    """Refuse a plan that does not suit the design."""
    structure = design.structure
    if plan.kind not in KINDS:
        raise WeightingError(f"replicate type '{plan.kind}' is not known. Use one of {', '.join(KINDS)}.")
    if plan.kind in RANDOM_KINDS and plan.seed is None:
        raise WeightingError(f"replicate type '{plan.kind}' draws at random and needs a seed.")
    if plan.kind in RANDOM_KINDS and plan.n_replicates < 2:
        raise WeightingError(f"{plan.n_replicates} replicates cannot give a variance, expected 2 or more.")
    if plan.kind == "jk1" and structure.n_strata > 1:
        raise WeightingError(f"jk1 is for one stratum, found {structure.n_strata}. Use jkn.")
    if plan.kind in {"jk1", "jkn"} and structure.n_psus > MOST_DELETE_ONE:
        raise WeightingError(f"{plan.kind} would need {structure.n_psus} replicates. Use jkgroups or bootstrap.")
    if not 0 <= plan.fay < 1:
        raise WeightingError(f"Fay's factor is {plan.fay:g}, expected 0 ≤ factor < 1.")
    uneven = int((structure.psus_in_stratum != 2).sum())
    if plan.kind in {"brr", "fay"} and uneven:
        raise WeightingError(f"{plan.kind} needs two PSUs in each stratum; {uneven} strata have another number.")
    if structure.lonely_strata.size and design.lonely_psu != "certainty":
        raise WeightingError(
            f"{structure.lonely_strata.size} strata have one PSU, so no replicate can vary it. Collapse them with a "
            "neighbour, or declare lonely_psu: certainty, by which they add no variance."
        )


def _stratum_keys(design: SurveyDesign) -> NDArray[np.uint64]:
    """Return the label of every stratum as it seeds the draws there, so that new strata do not move others."""
    keys = np.zeros(design.structure.n_strata, np.int64)
    if design.strata is not None:
        keys[design.structure.stratum] = design.strata
    return keys.astype(np.uint64)


def _bootstrap(
    structure: DesignStructure, keys: NDArray[np.uint64], plan: ReplicatePlan
) -> tuple[Floats | CountedFactor, Floats]:
    """Return 1 - λ + λ (n_h / m_h) r, with m_h of the PSUs drawn r times each and λ = √(m_h (1 - f_h) / (n_h - 1)).

    The usual m_h is n_h - 1, which makes λ 1 without a finite population.
    """
    n_psus = structure.psus_in_stratum[structure.stratum_of_psu]
    n_drawn = _n_drawn(n_psus, plan)
    scale = np.sqrt((1 - structure.sampling_fraction)[structure.stratum_of_psu] * n_drawn / np.maximum(n_psus - 1, 1))
    scale *= n_psus > 1
    slope = scale * n_psus / n_drawn
    times = np.zeros((structure.n_psus, plan.n_replicates), np.uint8)  # a PSU is drawn once on average

    def draw(stratum: int, first: int, size: int) -> None:
        if size > 1:  # each stratum has a generator of its own, so the threads' order does not matter
            rng = np.random.default_rng([plan.seed or 0, int(keys[stratum])])
            _draw(rng, times[first : first + size], int(_n_drawn(np.array(size), plan)))

    runs = ((stratum, *run) for stratum, run in enumerate(_runs(structure)))
    deque(in_threads(lambda run: draw(*run), runs), maxlen=0)
    counted = CountedFactor(times, 1 - scale, slope)
    coefficient = np.full(plan.n_replicates, 1 / plan.n_replicates)
    return (counted if times.size > MOST_NUMBERS else counted[:]), coefficient


def _n_drawn(n_psus: NDArray[np.int64], plan: ReplicatePlan) -> NDArray[np.int64]:
    """Return how many PSUs of a stratum each replicate draws: m_h, at least one."""
    return np.maximum((plan.drawn * (n_psus - 1)).astype(np.int64), 1)


def _draw(rng: "np.random.Generator", times: NDArray[np.uint8], n_drawn: int) -> None:
    """Fill (n_psus, n_replicates) with how often each PSU is among so many draws with replacement."""
    n_psus, n_replicates = times.shape
    together = np.empty((DRAWN_TOGETHER, n_psus), np.uint8)
    for replicates in blocks(n_replicates, DRAWN_TOGETHER):
        some = together[: replicates.stop - replicates.start]
        for one in some:
            one[:] = np.bincount(rng.integers(n_psus, size=n_drawn), minlength=n_psus)
        times[:, replicates] = some.T


def _delete_one(structure: DesignStructure) -> tuple[Floats, Floats]:
    """Return one replicate per PSU, which is dropped there while the rest of its stratum stands in for it."""
    counts = structure.psus_in_stratum
    dropped = np.flatnonzero(counts[structure.stratum_of_psu] > 1)
    stratum = structure.stratum_of_psu[dropped]
    is_same = structure.stratum_of_psu[:, None] == stratum
    factor = np.where(is_same, counts[stratum] / np.maximum(counts[stratum] - 1, 1), 1.0)
    factor[dropped, np.arange(dropped.size)] = 0.0
    coefficient = (1 - structure.sampling_fraction[stratum]) * (counts[stratum] - 1) / counts[stratum]
    return factor, coefficient


def _delete_group(
    structure: DesignStructure, keys: NDArray[np.uint64], plan: ReplicatePlan
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return Kott's extended delete-a-group jackknife: PSUs dealt at random to groups, one group left out each.

    Rows are grouped by stratum and group dealt to, so the factors do not grow with the number of PSUs.
    In strata with fewer PSUs than groups the dropped PSU keeps 1 - (n_h - 1) Z and the others get 1 + Z, with
    Z² = G / ((G - 1) n_h (n_h - 1)); so no small stratum is over-weighted.
    """
    n_groups = plan.n_replicates
    of_psu = np.zeros(structure.n_psus, np.int64)
    factor = np.ones((structure.n_strata * n_groups, n_groups))
    for stratum, (first, n_psus) in enumerate(_runs(structure)):
        rng = np.random.default_rng([plan.seed or 0, int(keys[stratum])])
        group = (rng.integers(n_groups) + rng.permutation(n_psus)) % n_groups
        of_psu[first : first + n_psus] = stratum * n_groups + group
        if n_psus > 1:
            scale = np.sqrt(1 - structure.sampling_fraction[stratum])
            left_out = _left_out(n_psus, np.bincount(group, minlength=n_groups))
            factor[stratum * n_groups : (stratum + 1) * n_groups] = 1 + scale * (left_out - 1)
    return of_psu[structure.psu], factor, np.full(n_groups, (n_groups - 1) / n_groups)


def _left_out(n_psus: int, psus_in_group: NDArray[np.int64]) -> Floats:
    """Return the (n_groups, n_groups) factors of each group of one stratum when each group is left out."""
    n_groups = psus_in_group.size
    is_own = np.eye(n_groups, dtype=np.bool_)
    if n_psus >= n_groups:
        return np.where(is_own, 0.0, n_psus / np.maximum(n_psus - psus_in_group, 1))
    shift = np.sqrt(n_groups / ((n_groups - 1) * n_psus * (n_psus - 1)))
    return np.where(is_own, 1 - (n_psus - 1) * shift, np.where(psus_in_group > 0, 1 + shift, 1.0))


def _half_samples(structure: DesignStructure, fay: float) -> tuple[Floats, Floats]:
    """Return balanced half samples: in each replicate one PSU of a pair gains what the other loses."""
    signs = hadamard(structure.n_strata + 1)[1 : structure.n_strata + 1]  # the first row is constant
    scale = np.sqrt(1 - structure.sampling_fraction)[:, None] * (1 - fay)
    factor = np.empty((structure.n_psus, signs.shape[1]))
    factor[0::2], factor[1::2] = 1 + scale * signs, 1 - scale * signs
    return factor, np.full(signs.shape[1], 1 / (signs.shape[1] * (1 - fay) ** 2))


def _runs(structure: DesignStructure) -> list[tuple[int, int]]:
    """Return the first PSU and the number of PSUs of every stratum; PSU codes are ordered by stratum."""
    ends = np.cumsum(structure.psus_in_stratum)
    return [(int(end - count), int(count)) for end, count in zip(ends, structure.psus_in_stratum, strict=True)]
