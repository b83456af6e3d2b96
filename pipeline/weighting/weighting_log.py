"""The weighting log: what every step from base weight to final weight did to the weights, in one row each."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.weighting.diagnostics import effective_n, kish_design_effect, ratio_range

Floats = NDArray[np.float64]
LOG_SCHEMA = {
    "step": pl.String,
    "n": pl.Int64,
    "sum_before": pl.Float64,
    "sum_after": pl.Float64,
    "min_ratio": pl.Float64,
    "max_ratio": pl.Float64,
    "design_effect": pl.Float64,
    "effective_n": pl.Float64,
    "note": pl.String,
    "n_before": pl.Int64,
    "design_effect_before": pl.Float64,
    "share_capped": pl.Float64,
}


def people(members: NDArray[np.bool_]) -> str:
    """Return how many members there are, as notes say it: pages round a number before “people” and no other."""
    return f"{int(members.sum())} people"


@dataclass
class WeightingLog:
    """The steps taken so far."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self, step: str, before: Floats, after: Floats, note: str = "", *, share_capped: float | None = None
    ) -> None:
        """Record a step by the weights (n,) before and after it; those with weight 0 after it are not counted."""
        held, held_before = after[after != 0], before[before != 0]
        changed = (before != 0) & (after != 0)
        ratios = after[changed] / before[changed]
        low, high = ratio_range(ratios, np.ones_like(ratios))
        deff = kish_design_effect(held) if held.size else None
        self.rows.append(
            {
                "step": step,
                "n": held.size,
                "sum_before": float(before.sum()),
                "sum_after": float(after.sum()),
                "min_ratio": low,
                "max_ratio": high,
                "design_effect": deff,
                "effective_n": effective_n(held) if held.size else None,
                "note": note,
                "n_before": held_before.size,
                "design_effect_before": kish_design_effect(held_before) if held_before.size else None,
                "share_capped": share_capped,
            }
        )

    def table(self) -> pl.DataFrame:
        """Return the steps as a table, in their order."""
        return pl.DataFrame(self.rows, schema=LOG_SCHEMA, orient="row")
