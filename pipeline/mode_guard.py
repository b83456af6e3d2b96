"""How far the mix of interview modes of two waves differs, and from where a change is suspect for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ModeGuard:
    """Which changes a change in how people were interviewed could explain: declared once for a survey."""

    smallest_shift: float = 0.05  # of the mix; smaller ones explain nothing
    largest_effect: float = 0.15  # of mode on a share, as mode experiments on sensitive items show at most


def mode_shift(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the share of respondents who would have to be interviewed in another mode for two mixes to be one.

    Args:
        first, second: (n_modes,) weight of the respondents in each mode; the index of dissimilarity of the two.
    """
    if not (first.sum() > 0 and second.sum() > 0):
        return 0.0
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)
