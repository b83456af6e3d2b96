"""What weighting costs in precision, and what it moved: Kish's design effect, ratios, margins before and after."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.errors import EstimationError
from pipeline.weighting.calibration import CalibrationResult


def kish_design_effect(weight: NDArray[np.float64]) -> float:
    """Return n * sum(w^2) / sum(w)^2: 1.0 for equal weights, more as they spread.

    Args:
        weight: (n,) weights of the respondents in one domain; any scale, none negative.

    Raises:
        EstimationError: nobody in the domain carries any weight.

    Source: Kish (1992), "Weighting for unequal Pi", J. Official Statistics 8(2).
    """
    if not weight.sum() > 0:
        raise EstimationError(f"no weight in this domain (unweighted n = {weight.size})")
    return float(weight.size * np.square(weight).sum() / weight.sum() ** 2)


def effective_n(weight: NDArray[np.float64]) -> float:
    """Return the size of the equal-weight sample that would be as precise; at most n."""
    return weight.size / kish_design_effect(weight)


def ratio_range(ratio: NDArray[np.float64], base_weight: NDArray[np.float64]) -> tuple[float, float]:
    """Return the smallest and largest final/base ratio of those with a base weight; 1, 1 if nobody has one."""
    weighted = ratio if base_weight.min(initial=np.inf) > 0 else ratio[base_weight > 0]
    return (float(weighted.min()), float(weighted.max())) if weighted.size else (1.0, 1.0)


def margins_table(result: CalibrationResult) -> pl.DataFrame:
    """Return what calibration moved: margin, category, target, before, after, unweighted_n.

    A numeric auxiliary is one row with an empty category.
    """
    targets = result.targets
    names = [name for name, labels in zip(targets.names, targets.labels, strict=True) for _ in labels]
    categories = [label for labels in targets.labels for label in labels]
    return pl.DataFrame(
        {
            "margin": [*names, *targets.auxiliary_names],
            "category": [*categories, *[""] * len(targets.auxiliary_names)],
            "target": targets.vector.tolist(),  # Polars imports masked arrays to take an array, which takes longer
            "before": result.before.tolist(),
            "after": result.after.tolist(),
            "unweighted_n": result.unweighted_n.tolist(),
        },
        schema_overrides={"margin": pl.String, "category": pl.String},
    )
