"""Members of several recruitments as one sample: composite weights, and pseudo-weights of those who were not drawn.

Where a member's chance in the other recruitments is not known, the recruitments that could have drawn the same
people share the work: each one's weights 1 / π are multiplied by λ, its part of their effective sizes. Whoever only
one recruitment could have drawn, such as those who have moved in since, keeps the whole weight.

Members recruited by other means have no chance of selection. Their pseudo-weight is the odds of being in the
probability sample, weighted, rather than among them, given what is known of both; then both share the work by λ.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.covariates import Groups, groups_of, joined_levels
from pipeline.weighting.propensity import FittedPropensity, fitted_propensity, refitted_propensities

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Coverage:
    """Which recruitment drew each member, and which of them could have."""

    own: Codes  # (n,) place of the recruitment that drew the member
    is_covered: Mask  # (n, n_cohorts)
    counts: Mask  # (n,) on whom the effective sizes rest: the respondents

    def shares(self, weight: Floats) -> Floats:
        """Return λ of every member for weights 1 / π: (n,), or (n, n_replicates) for as many columns.

        Source: methodology C1; Hartley (1962); Lohr (2021), Survey Methodology 47(2).
        """
        columns = weight.reshape(weight.shape[0], -1)
        share = np.ones_like(columns)
        patterns, number = np.unique(self.is_covered, axis=0, return_inverse=True)
        for pattern in np.flatnonzero(patterns.sum(axis=1) > 1):
            inside = number.reshape(-1) == pattern
            sizes = np.stack(
                [
                    effective_sizes(columns, inside & self.counts & (self.own == cohort))
                    for cohort in range(patterns.shape[1])
                ]
            )
            total = np.maximum(sizes.sum(axis=0), 1e-300)
            share[inside] = (sizes / total)[self.own[inside]]
        shares: Floats = share.reshape(weight.shape)
        return shares


def effective_sizes(columns: Floats, rows: Mask) -> Floats:
    """Return Kish's effective size of some rows in every column; 0 where they carry nothing."""
    total, squares = columns[rows].sum(axis=0), np.square(columns[rows]).sum(axis=0)
    sizes: Floats = np.divide(np.square(total), squares, out=np.zeros_like(total), where=squares > 0)
    return sizes


def coverage(chance: Floats, is_covered: Mask, counts: Mask) -> Coverage:
    """Return who was drawn by which recruitment, from the one chance that each member has.

    Args:
        chance: (n, n_cohorts) chance of being drawn in the member's own recruitment, NaN in the others.
        is_covered: (n, n_cohorts) whether the recruitment's frame had the member.

    Raises:
        WeightingError: a member with no chance, with several, or outside the frame that drew them.
    """
    known = ~np.isnan(chance) & (chance > 0)
    own = known.argmax(axis=1)
    faults = {
        "have no selection probability": ~known.any(axis=1),
        "have several selection probabilities (then cohorts are combined by multiplicity)": known.sum(axis=1) > 1,
        "are not in the frame of the recruitment that drew them": known.any(axis=1)
        & ~is_covered[np.arange(own.size), own],
    }
    found = [f"{int(rows.sum())} members {what}" for what, rows in faults.items() if rows.any()]
    if found:
        raise WeightingError(f"cohorts cannot be combined: {'; '.join(found)}. Correct the member list.")
    return Coverage(own, is_covered, counts)


@dataclass(frozen=True)
class Blend:
    """How members recruited by other means come to stand beside those drawn at random."""

    is_other: Mask  # (n,)
    counts: Mask  # (n,) on whom the effective sizes rest: the respondents
    groups: Groups  # of everyone, alike in the covariates
    fitted: FittedPropensity  # of being recruited by other means
    largest_factor: float
    n_joined: int

    def weights(self, base: Floats) -> Floats:
        """Return (n,) weights of both kinds of members, or (n, n_replicates) for as many columns.

        Args:
            base: weights of those drawn at random; of the others 1, or their replicate factor.
        """
        columns = base.reshape(base.shape[0], -1).copy()
        others, drawn = columns[self.is_other].sum(axis=0), columns[~self.is_other].sum(axis=0)
        odds = self._odds(columns, others / drawn)
        pseudo = np.minimum(odds, self.largest_factor * (drawn / others))
        columns[self.is_other] *= pseudo[self.groups.of_row[self.is_other]]
        sizes = [effective_sizes(columns, self.counts & rows) for rows in (self.is_other, ~self.is_other)]
        share = sizes[0] / np.maximum(sizes[0] + sizes[1], 1e-300)
        columns *= np.where(self.is_other[:, None], share, 1 - share)
        weights: Floats = columns.reshape(base.shape)
        return weights

    def _odds(self, columns: Floats, scale: Floats) -> Floats:
        """Return (n_groups, n_columns) persons for each member recruited by other means."""
        total, responded = _sums(self.groups, columns, self.is_other, scale)
        propensity, _ = refitted_propensities(self.groups.predictors, total, responded, self.fitted.coefficient)
        odds: Floats = (1 - propensity) / propensity / scale
        return odds


def blend(base: Floats, is_other: Mask, counts: Mask, levels: Codes, largest_factor: float) -> Blend:
    """Return the pseudo-weighting of members recruited by other means.

    Args:
        base: (n,) 1 / π of those drawn at random, 1 of the others.
        levels: (n, n_covariates) codes of what is known of both.

    Raises:
        WeightingError: one kind of members is missing, or the two cannot be compared.

    Source: methodology C16 (b); Elliott and Valliant (2017), Statistical Science 32(2); Wang, Valliant and Li
    (2021), Statistics in Medicine 40(24), whose odds are weighted so that they count persons.
    """
    if not is_other.any() or is_other.all():
        raise WeightingError(
            f"{int(is_other.sum())} members were recruited by other means and {int((~is_other).sum())} at random: "
            "pseudo-weights need both. Take 'other_means' out of the recipe, or correct the routes."
        )
    joined, n_joined = joined_levels(levels, np.ones(is_other.size, np.bool_), is_other)
    groups = groups_of(joined, np.ones(is_other.size, np.bool_))
    scale = np.array([base[is_other].sum() / base[~is_other].sum()])
    total, responded = _sums(groups, base[:, None], is_other, scale)
    fitted = fitted_propensity(groups.predictors, total[:, 0], responded[:, 0])
    return Blend(is_other, counts, groups, fitted, largest_factor, n_joined)


def _sums(groups: Groups, columns: Floats, is_other: Mask, scale: Floats) -> tuple[Floats, Floats]:
    """Return the (n_groups, n_columns) weight of everyone, those drawn at random scaled down, and of the others."""
    others = np.column_stack([groups.sums(np.where(is_other, one, 0.0)) for one in columns.T])
    drawn = np.column_stack([groups.sums(np.where(is_other, 0.0, one)) for one in columns.T])
    return others + drawn * scale, others
