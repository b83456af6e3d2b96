"""Base weights: the inverse of the chance of being drawn, over every recruitment that could have drawn a member."""

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError


def base_weight(selection_probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit-multiplicity base weight 1 / Σ_c π_c of each member.

    Args:
        selection_probability: (n, n_cohorts) chance of being drawn in each recruitment so far; missing (NaN) or
            0 where the member was not in that recruitment's frame. One column: a single cohort, 1/π.

    Raises:
        WeightingError: a chance outside 0 to 1, or a member whom no recruitment could have drawn.

    Source: Kalton & Anderson (1986), "Sampling rare populations", JRSS A 149(1); Sand et al. (2025).
    """
    chance = np.nan_to_num(selection_probability, nan=0.0)
    n_broken = int(((chance < 0) | (chance > 1)).any(axis=1).sum())
    if n_broken:
        raise WeightingError(f"selection probability is outside 0 to 1 for {n_broken} members. Correct it.")
    drawn: NDArray[np.float64] = chance.sum(axis=1)
    n_unreachable = int((drawn <= 0).sum())
    if n_unreachable:
        raise WeightingError(
            f"{n_unreachable} members have no selection probability in any recruitment so far. Add it, or "
            "weight the panel as one whose selection probabilities are lost (inference: calibrated_legacy)."
        )
    return np.reciprocal(drawn)
