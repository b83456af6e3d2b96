"""Replicates that tell neither a household nor a rare group: PSUs drawn in groups, cells averaged over members alike.

Members whose weights move alike in every replicate are known to belong together. So PSUs are combined at random
within strata into groups of at least k, which are then drawn as PSUs are: for groups made at random the variance has
the same expectation, on fewer degrees of freedom. And the ratio of a calibration cell, from which the categories it is
made of could be worked out, gives way to the mean over all who are shown alike.

Source: Wolter (2007), Introduction to Variance Estimation, 2nd ed., chapter 2 (random groups) and section 4.7; Lu &
Sitter (2008), "Disclosure risk and replication-based variance estimation", Statistica Sinica 18.
"""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.design import DesignStructure
from pipeline.weighting.cells import blocks
from pipeline.weighting.replicate_columns import CountedFactor
from pipeline.weighting.replicate_factors import ReplicateFactors

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
PAIRED = ("brr", "fay")  # kinds of replicates that need two PSUs in each stratum
AT_ONCE = 1 << 22  # rows × replicates


def joined_strata(structure: DesignStructure, fewest: int) -> Codes:
    """Return the (n_strata,) stratum each belongs to when those with fewer PSUs are joined with a neighbour.

    That errs on the side of too much variance: what differs between the strata joined counts as chance.
    """
    run = _runs_of_at_least(fewest, structure.psus_in_stratum)
    _, first = np.unique(run, return_index=True)
    return first[run]


def combined_psus(structure: DesignStructure, stratum: Codes, k: int, *, kind: str, seed: int) -> Codes:
    """Return the (n_rows,) group of at least k PSUs that each row is drawn with; two to a stratum where kinds need it.

    Args:
        structure: of all rows, whose PSUs are combined.
        stratum: (n_strata,) that each stratum is joined with.
        seed: of the combination, which nobody who has the replicates may know.
    """
    of_psu = stratum[structure.stratum_of_psu]
    group = np.zeros(structure.n_psus, np.int64)
    n_before = 0
    for one in np.unique(of_psu):
        those = np.flatnonzero(of_psu == one)
        n_groups = max(1, 2 if kind in PAIRED else those.size // k)
        dealt = np.arange(those.size) % n_groups
        group[those] = n_before + np.random.default_rng([seed, int(one)]).permutation(dealt)
        n_before += n_groups
    return group[structure.psu]


def secret_seed(structure: DesignStructure, seed: int) -> int:
    """Return a seed that only those can work out who know which households are in which stratum.

    With the declared seed alone, the draws of a stratum could be made again, and its members told by them.
    """
    sizes = np.bincount(structure.psu, minlength=structure.n_psus)
    known = repr(seed).encode() + structure.stratum_of_psu.tobytes() + sizes.tobytes()
    return int.from_bytes(hashlib.sha256(known).digest()[:8], "big")


def in_order_of_rows(factors: ReplicateFactors) -> ReplicateFactors:
    """Return factors whose groups are numbered as rows first meet them, so that numbers tell nothing of strata."""
    groups, first = np.unique(factors.group_of_row, return_index=True)
    order = groups[np.argsort(first)]
    place = np.zeros(factors.factor.shape[0], np.int64)
    place[order] = np.arange(order.size)
    factor = factors.factor
    if isinstance(factor, CountedFactor):
        factor = CountedFactor(factor.times[order], factor.offset[order], factor.slope[order])
    else:
        factor = factor[order]
    return replace(factors, group_of_row=place[factors.group_of_row], factor=factor)


def cells_of_at_least(fewest: int, alike: Codes) -> Codes:
    """Return the (n,) cells of rows that are alike, those with too few rows joined with the next one in order."""
    _, number, counts = np.unique(alike, return_inverse=True, return_counts=True)
    return _runs_of_at_least(fewest, counts)[number]


def averaged_ratios(weight: Floats, group: Codes, factor: Any, ratio: Floats, places: tuple[Codes, Codes]) -> Floats:
    """Return the (n_cells, n_replicates) ratios by which every cell keeps its total of replicate weights.

    Args:
        weight: (n,) final weights.
        group: (n,) row of `factor`, (n_groups, n_replicates).
        ratio: (n_before, n_replicates) of the cells before.
        places: (n,) each row's cell before, and its cell now.
    """
    from scipy import sparse

    before, now = places
    n_cells, n_replicates = int(now.max(initial=-1)) + 1, ratio.shape[1]
    total, started = np.zeros((n_cells, n_replicates)), np.zeros((n_cells, n_replicates))
    for rows in blocks(weight.size, max(1, AT_ONCE // max(1, n_replicates))):
        moved = factor[group[rows]] * weight[rows, None]
        n_rows = rows.stop - rows.start
        within = sparse.csr_matrix((np.ones(n_rows), (now[rows], np.arange(n_rows))), shape=(n_cells, n_rows))
        started += within @ moved
        moved *= ratio[before[rows]]
        total += within @ moved
    return np.divide(total, started, out=np.ones_like(total), where=started > 0)


def _runs_of_at_least(fewest: int, counts: Codes) -> Codes:
    """Return the (n,) number of the run each count is in: neighbours joined until a run counts as many."""
    run = np.zeros(counts.size, np.int64)
    number, n_open = -1, fewest
    for place, count in enumerate(counts.tolist()):
        if n_open >= fewest:
            number, n_open = number + 1, 0
        run[place] = number
        n_open += count
    if n_open < fewest and number > 0:
        run[run == number] = number - 1
    return run
