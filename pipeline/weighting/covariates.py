"""What is known of everyone who could answer, as groups of people alike and the predictors of a response model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.weighting.cells import sums_by

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
SMALLEST_LEVEL = 30  # people asked at a level of a covariate; fewer say nothing reliable about response
NOT_ASKED = -1
RELATIVE_RANK = 1e-9  # of a predictor's independent part, below which it says nothing new


@dataclass(frozen=True)
class Groups:
    """People with the same level of every covariate, who share a propensity."""

    of_row: Codes  # (n,) NOT_ASKED for those who were not asked
    predictors: Floats  # (n_groups, k) a constant and independent indicators of levels

    @property
    def n_groups(self) -> int:
        """Return the number of groups."""
        return int(self.predictors.shape[0])

    def sums(self, value: Floats | None) -> Floats:
        """Return the (n_groups,) sums of a value over the rows asked; None counts them."""
        is_asked = self.of_row != NOT_ASKED
        return sums_by(self.of_row[is_asked], None if value is None else value[is_asked], self.n_groups)

    def spread(self, of_group: Floats, elsewhere: float) -> Floats:
        """Return the (n,) value of every row's group, and another value for those not asked."""
        return np.where(self.of_row == NOT_ASKED, elsewhere, of_group[np.maximum(self.of_row, 0)])


def groups_of(levels: Codes, is_asked: Mask) -> Groups:
    """Return the groups of those asked, by their levels (n, n_covariates) coded from 0."""
    of_row = np.full(is_asked.size, NOT_ASKED, np.int64)
    of_group, number = np.unique(levels[is_asked], axis=0, return_inverse=True)
    of_row[is_asked] = number.reshape(-1)
    return Groups(of_row, _independent(_indicators(of_group), sums_by(of_row[is_asked], None, len(of_group))))


def joined_levels(levels: Codes, is_asked: Mask, is_respondent: Mask) -> tuple[Codes, int]:
    """Return levels of which each has people enough, and how many were joined to a neighbour.

    A level joins the smaller of its neighbours in the order of the codes while fewer than SMALLEST_LEVEL were
    asked at it, or all of them answered, or none: no propensity can be told from such a level alone.
    """
    joined, n_joined = levels.copy(), 0
    for column in range(levels.shape[1]):
        new_level, n_fewer = _joined(levels[is_asked, column], is_respondent[is_asked])
        joined[:, column] = new_level[np.minimum(levels[:, column], new_level.size - 1)]
        n_joined += n_fewer
    return joined, n_joined


def _joined(level: Codes, is_respondent: Mask) -> tuple[Codes, int]:
    """Return the new code of every old one, and how many levels are gone."""
    size = int(level.max(initial=0)) + 1
    asked = np.bincount(level, minlength=size)
    answered = np.bincount(level[is_respondent], minlength=size)
    parts = [[code] for code in range(size) if asked[code]]  # of neighbouring codes
    n_levels = len(parts)
    while len(parts) > 1:
        weak = [place for place, part in enumerate(parts) if _is_weak(asked[part].sum(), answered[part].sum())]
        if not weak:
            break
        place = min(weak, key=lambda one: asked[parts[one]].sum())
        beside = [one for one in (place - 1, place + 1) if 0 <= one < len(parts)]
        other = min(beside, key=lambda one: asked[parts[one]].sum())
        first, second = sorted((place, other))
        parts[first : second + 1] = [parts[first] + parts[second]]
    new = np.zeros(size, np.int64)
    for place, part in enumerate(parts):
        new[part] = place
    return new, n_levels - len(parts)


def _is_weak(n_asked: int, n_answered: int) -> bool:
    return n_asked < SMALLEST_LEVEL or n_answered in (0, n_asked)


def _indicators(levels: Codes) -> Floats:
    """Return a constant, and an indicator of every level of every covariate but the first."""
    columns = [levels[:, k] == code for k in range(levels.shape[1]) for code in np.unique(levels[:, k])[1:]]
    return np.column_stack([np.ones(levels.shape[0]), *columns]).astype(np.float64)


def _independent(predictors: Floats, n_people: Floats) -> Floats:
    """Return the columns that are not sums of those before them, in their order."""
    kept: list[int] = []
    basis = np.zeros((predictors.shape[0], 0))
    root = np.sqrt(n_people)
    for column in range(predictors.shape[1]):
        value = predictors[:, column] * root
        rest = value - basis @ (basis.T @ value)
        rest -= basis @ (basis.T @ rest)  # twice is enough: Gram and Schmidt lose digits the first time
        if np.linalg.norm(rest) > RELATIVE_RANK**0.5 * np.linalg.norm(value):
            kept.append(column)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return predictors[:, kept]
