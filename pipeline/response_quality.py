"""How carefully people answered: speed, straight lines on grids, items left out, and copies of one another.

Source: methodology C15; Mulligan et al. (2001) for non-differentiation, on ratings scaled to 0–1.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FEWEST_FOR_A_MEDIAN = 20  # interviews of one route and mode; fewer are compared with everybody of the mode
FEWEST_ON_A_GRID = 3  # answers of one person; two alike say nothing


def time_ratio(seconds: Floats, mode: NDArray[np.int64], route: NDArray[np.int64]) -> Floats:
    """Return each interview's time over the median of the same route and mode; nan where no time is known.

    Args:
        seconds: (n,) length of the interview, nan when not known.
        mode: (n,) code of how the person was interviewed.
        route: (n,) code of the set of items the person was asked.
    """
    ratio = np.full(seconds.size, np.nan)
    path = np.unique(np.stack([mode, route]), axis=1, return_inverse=True)[1].reshape(-1)
    for groups in (mode, path):  # the finer comparison counts where it has enough interviews
        for group in np.unique(groups):
            inside = (groups == group) & (seconds > 0)
            if groups is mode or inside.sum() >= FEWEST_FOR_A_MEDIAN:
                ratio[inside] = seconds[inside] / np.median(seconds[inside]) if inside.any() else np.nan
    return ratio


def is_straight(rating: Floats) -> Floats:
    """Return 1.0 for a grid answered with one and the same answer, 0.0 for another, nan for too few answers.

    Args:
        rating: (n, k) place on the scale of each of the grid's k items, nan when missing.
    """
    answered = ~np.isnan(rating)
    lowest = np.where(answered, rating, np.inf).min(axis=1)
    highest = np.where(answered, rating, -np.inf).max(axis=1)
    return np.where(answered.sum(axis=1) >= FEWEST_ON_A_GRID, (lowest == highest).astype(np.float64), np.nan)


def nondifferentiation(rating: Floats, n_options: int) -> Floats:
    """Return 1 − mean √|difference| over the pairs of a grid's answers: 1 for a straight line; nan for too few.

    Args:
        rating: as for `is_straight`.
        n_options: answers of the scale; ratings are scaled to 0–1 by them.
    """
    scaled = rating / max(n_options - 1, 1)
    pairs = [
        np.sqrt(np.abs(scaled[:, one] - scaled[:, other])) for one, other in combinations(range(rating.shape[1]), 2)
    ]
    n_answered = (~np.isnan(rating)).sum(axis=1)
    if not pairs:
        return np.full(rating.shape[0], np.nan)
    differences = np.stack(pairs)
    known = ~np.isnan(differences)
    mean = np.where(known, differences, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(n_answered >= FEWEST_ON_A_GRID, 1.0 - mean, np.nan)


def mean_of_known(values: Floats) -> Floats:
    """Return the mean over what is known in each row of (n, k) values; nan where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def n_sharing(value: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return how many other people have the same value; 0 for an empty one.

    Args:
        value: (n,) hashes of a text or a device, '' for none.
    """
    _, place, n = np.unique(value, return_inverse=True, return_counts=True)
    return np.where(value == "", 0, n[place.reshape(-1)] - 1)
