"""Population totals to calibrate to, and the checks that come before any calibration."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import WeightingError, faults_message
from pipeline.weighting.cells import Codes, sums_by

AGREEMENT = 1e-9  # relative difference up to which margins count as having the same population total
WORST_SHOWN = 3  # categories named when a calibration fails

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Targets:
    """Margins by name, their categories, and the total of each; then numeric auxiliaries with one total each."""

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    totals: tuple[Floats, ...]
    auxiliary_names: tuple[str, ...] = ()
    auxiliary_totals: tuple[float, ...] = ()

    @property
    def n_levels(self) -> tuple[int, ...]:
        """Return the number of categories of each margin."""
        return tuple(total.size for total in self.totals)

    @property
    def vector(self) -> Floats:
        """Return all totals in one row, numeric ones last."""
        return np.concatenate([*self.totals, np.array(self.auxiliary_totals, np.float64)])

    @property
    def descriptions(self) -> list[str]:
        """Return how messages name each entry of `vector`."""
        of_margins = [
            f"margin '{name}', {label}"
            for name, labels in zip(self.names, self.labels, strict=True)
            for label in labels
        ]
        return of_margins + [f"total of '{name}'" for name in self.auxiliary_names]

    def scaled_to(self, total: float) -> "Targets":
        """Return the same shares of one common population total; numeric totals stay as they are."""
        return replace(self, totals=tuple(margin * (total / margin.sum()) for margin in self.totals))


def unnamed_targets(totals: Sequence[NDArray[np.generic]]) -> Targets:
    """Return targets whose margins and categories are called by their number, from 1 and from 0."""
    arrays = tuple(np.asarray(total, np.float64) for total in totals)
    labels = tuple(tuple(str(level) for level in range(total.size)) for total in arrays)
    return Targets(tuple(str(number + 1) for number in range(len(arrays))), labels, arrays)


def check_calibration(base_weight: Floats, levels: Codes, targets: Targets) -> None:
    """Refuse data and targets that no calibration can bring together, naming every fault at once.

    Raises:
        WeightingError: base weights or totals that are no numbers or negative, missing or unknown categories,
            categories on one side only, margins that add up to different totals.
    """
    faults = [*_weight_faults(base_weight), *_total_faults(targets)]
    for column, name in enumerate(targets.names):
        labels, totals = targets.labels[column], targets.totals[column]
        faults += _level_faults(name, levels[:, column], labels, totals, base_weight)
    if faults:
        raise WeightingError(one_or_all("calibration cannot start:", faults))


def one_or_all(heading: str, faults: list[str]) -> str:
    """Return the only fault as it is, or all of them under a heading."""
    return faults[0] if len(faults) == 1 else faults_message(heading, faults)


def furthest_off(targets: Targets, fitted: Floats) -> str:
    """Return the categories that a failed calibration leaves furthest from their totals, in words."""
    wanted = targets.vector
    gap = np.nan_to_num(np.abs(wanted - fitted) / np.maximum(1, np.abs(wanted)), nan=np.inf)
    descriptions = targets.descriptions
    worst = np.argsort(-gap, kind="stable")[:WORST_SHOWN]
    return "; ".join(f"{descriptions[one]}: {fitted[one]:.8g} of {wanted[one]:.8g}" for one in worst)


def _weight_faults(base_weight: Floats) -> list[str]:
    n_broken = int((~(np.isfinite(base_weight) & (base_weight >= 0))).sum())
    if n_broken:
        return [f"base weight is missing or negative in {n_broken} rows, expected 0 or more. Correct them."]
    if not base_weight.sum() > 0:
        return ["nobody carries any base weight. There is nothing to calibrate."]
    return []


def _total_faults(targets: Targets) -> list[str]:
    faults = []
    for name, labels, totals in zip(targets.names, targets.labels, targets.totals, strict=True):
        is_broken = ~(np.isfinite(totals) & (totals >= 0))
        if is_broken.any():
            broken = _named(labels, is_broken)
            faults.append(f"margin '{name}' has totals that are missing or negative: {broken}. Correct them.")
    if not np.isfinite(targets.auxiliary_totals).all():
        faults.append("totals of numeric auxiliaries are missing. Correct the targets.")
    return faults or _disagreement(targets)


def _disagreement(targets: Targets) -> list[str]:
    """Return the fault of margins with different population totals."""
    sums = [float(totals.sum()) for totals in targets.totals]
    if not sums or max(sums) - min(sums) <= AGREEMENT * max(1.0, abs(max(sums))):
        return []
    listed = ", ".join(f"'{name}' {total:.12g}" for name, total in zip(targets.names, sums, strict=True))
    return [
        f"margins add up to different population totals: {listed}. Correct them, or reconcile them by "
        "declaring the one total they are all scaled to."
    ]


def _level_faults(name: str, level: Codes, labels: tuple[str, ...], totals: Floats, base_weight: Floats) -> list[str]:
    """Return missing, unknown, empty and untargeted categories of one margin."""
    n_missing, n_unknown = int((level < 0).sum()), int((level >= totals.size).sum())
    faults = []
    if n_missing:
        faults.append(
            f"margin '{name}' is missing for {n_missing} respondents. Declare how missing answers are "
            "treated in calibration, or give them a category with a total."
        )
    if n_unknown:
        faults.append(f"margin '{name}' has {n_unknown} respondents in categories without a total. Add it.")
    if n_missing or n_unknown:
        is_known = (level >= 0) & (level < totals.size)
        level, base_weight = level[is_known], base_weight[is_known]
    held = sums_by(level, base_weight, totals.size)
    is_empty, is_untargeted = (totals > 0) & (held <= 0), (totals == 0) & (held > 0)
    if is_empty.any():
        faults.append(
            f"margin '{name}' has no respondents in {_named(labels, is_empty)}, so no weight can reach that "
            "population total. Merge the category with a neighbour."
        )
    if is_untargeted.any():
        faults.append(
            f"margin '{name}' has respondents in {_named(labels, is_untargeted)}, where the population total "
            "is 0. Correct the total, or merge the category with a neighbour."
        )
    return faults


def _named(labels: tuple[str, ...], is_named: NDArray[np.bool_]) -> str:
    """Return the labels marked, as a list in words."""
    return ", ".join(label for label, is_one in zip(labels, is_named, strict=True) if is_one)
