"""Trimming: capping extreme weights inside the calibration, so that caps and margins are both met."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.cells import Codes
from pipeline.weighting.targets import Targets

Floats = NDArray[np.float64]
AT_THE_CAP = 1e-9  # relative distance from a cap that counts as none


@dataclass(frozen=True)
class Trimming:
    """Where weights are capped: at two quantiles of them, or at so many times their median. Exactly one is set."""

    quantiles: tuple[float, float] | None = None
    ratio_to_median: float | None = None

    def caps(self, weight: Floats) -> tuple[float, float]:
        """Return the smallest and largest weight allowed.

        Args:
            weight: (n,) calibrated weights before trimming; people without weight do not count.

        Raises:
            WeightingError: the rule is not one of the two, or cannot hold.
        """
        carried = weight[weight > 0]
        if self.quantiles is not None and self.ratio_to_median is None:
            low, high = self.quantiles
            if not 0 <= low < high <= 1:
                raise WeightingError(f"trimming quantiles {low:g},{high:g}: expected 0 ≤ lower < upper ≤ 1.")
            cap_low, cap_high = np.quantile(carried, [low, high])
            return (float(cap_low) if low > 0 else 0.0, float(cap_high) if high < 1 else np.inf)
        if self.ratio_to_median is not None and self.quantiles is None:
            if not self.ratio_to_median > 1:
                raise WeightingError(f"trimming at {self.ratio_to_median:g} times the median: expected over 1.")
            return 0.0, float(self.ratio_to_median * np.median(carried))
        raise WeightingError("trimming takes either two quantiles or a ratio to the median.")


def calibrate_and_trim(
    base_weight: Floats,
    levels: Codes,
    targets: Targets,
    options: CalibrationOptions,
    trimming: Trimming,
    *,
    auxiliaries: Floats | None = None,
) -> CalibrationResult:
    """Return calibrated weights that stay within the caps and meet every margin.

    The caps are taken from the untrimmed calibrated weights; the calibration is then solved again with them as
    bounds on each person's weight, so nothing is trimmed after the margins are met.

    Raises:
        WeightingError: no weights within the caps meet the margins.
    """
    untrimmed = calibrate(base_weight, levels, targets, options, auxiliaries=auxiliaries)
    return trimmed(untrimmed, levels, options, trimming, auxiliaries=auxiliaries)


def trimmed(
    untrimmed: CalibrationResult,
    levels: Codes,
    options: CalibrationOptions,
    trimming: Trimming,
    *,
    auxiliaries: Floats | None = None,
) -> CalibrationResult:
    """Return a calibration solved again within the caps that its own weights give.

    Raises:
        WeightingError: no weights within the caps meet the margins.
    """
    capped = replace(options, caps=trimming.caps(untrimmed.weight))
    return calibrate(untrimmed.base_weight, levels, untrimmed.targets, capped, auxiliaries=auxiliaries)


def at_a_cap(weight: Floats, caps: tuple[float, float]) -> NDArray[np.bool_]:
    """Return whose weight is at one of the caps."""
    return np.asarray((weight <= caps[0] * (1 + AT_THE_CAP)) | (weight >= caps[1] * (1 - AT_THE_CAP)))
