"""The calibration of a recipe on its starting sample: to the population, or to the starting sample's own totals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Margin
from pipeline.design import Calibration
from pipeline.errors import WeightingError
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.margins import (
    MarginLevels,
    margin_levels,
    observed_categories,
    with_largest_for_missing,
)
from pipeline.weighting.targets import Targets
from pipeline.weighting.trimming import Trimming, at_a_cap, trimmed
from pipeline.weighting.weighting_log import WeightingLog
from pipeline.weighting_steps import CalibrationStep, TrimmingStep

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
STARTING_WAVE = "starting_wave"
LARGEST = "largest"


@dataclass(frozen=True)
class CalibrationStage:
    """The calibration of one recipe on one starting sample."""

    step: CalibrationStep
    trimming: TrimmingStep | None
    categories: pl.DataFrame  # a row per person; a column per margin
    start: Floats  # (n,) starting weight, 0 = none
    adjusted: Floats  # (n,) weight to calibrate: of respondents, and of the known ineligible where they are kept
    population: Mapping[str, Margin]

    @property
    def is_calibrated(self) -> Mask:
        """Return who takes part."""
        return self.adjusted > 0

    @property
    def is_estimated(self) -> bool:
        """Return whether the totals are those of the starting sample, with its sampling error."""
        return self.step.controls == STARTING_WAVE

    @property
    def behind(self) -> Mask:
        """Return the rows whose margins are needed: everyone behind estimated totals, else the calibrated."""
        return self.start > 0 if self.is_estimated else self.is_calibrated

    @property
    def options(self) -> CalibrationOptions:
        """Return how to calibrate."""
        return CalibrationOptions(
            self.step.method, tolerance=self.step.tolerance, max_iterations=self.step.max_iterations
        )

    @property
    def trimming_rule(self) -> Trimming | None:
        """Return where weights are capped, if they are."""
        rule = self.trimming
        return None if rule is None else Trimming(rule.quantiles, rule.ratio_to_median)


@dataclass(frozen=True)
class Calibrated:
    """What calibration made of the weights."""

    untrimmed: Floats  # (n,)
    weight: Floats  # (n,) within the caps, where there are any
    levels: NDArray[np.int64]  # (n, n_margins)
    targets: Targets
    result: CalibrationResult

    def calibration(self, stage: CalibrationStage, in_design: Mask) -> Calibration:
        """Return what the variance needs, of the rows of the design."""
        return Calibration(
            base_weight=stage.adjusted[in_design],
            levels=np.maximum(self.levels[in_design], 0),
            is_calibrated=stage.is_calibrated[in_design],
            controls_estimated=stage.is_estimated,
            calibrated_weight=self.weight[in_design],
            control_weight=stage.start[in_design],
        )


def calibrated(stage: CalibrationStage, log: WeightingLog) -> Calibrated:
    """Return the calibrated weights, within the caps of the recipe, each step logged.

    Raises:
        WeightingError: no totals for a margin, an answer is missing and no rule for it is declared, or no weights
            (within the caps) meet the totals.
    """
    rows = stage.is_calibrated
    margins = _margins(stage, log)
    targets = _targets(stage, margins)
    levels = margins.levels[rows]
    result = calibrate(stage.adjusted[rows], levels, targets, stage.options)
    untrimmed = _spread(result.weight, rows)
    log.add(stage.step.method, stage.adjusted, untrimmed, _note(stage, result))
    weight, rule = untrimmed, stage.trimming_rule
    if rule is not None:
        result = trimmed(result, levels, stage.options, rule)
        weight = _spread(result.weight, rows)
        caps = rule.caps(untrimmed)
        capped = at_a_cap(result.weight, caps)
        log.add("trimming", untrimmed, weight, _trimming_note(caps, result), share_capped=float(capped.mean()))
    return Calibrated(untrimmed, weight, margins.levels.astype(np.int64), targets, result)


def _spread(weight: Floats, rows: Mask) -> Floats:
    everyone = np.zeros(rows.size)
    everyone[rows] = weight
    return everyone


def _note(stage: CalibrationStage, result: CalibrationResult) -> str:
    """Return to what and how exactly it was calibrated."""
    of_whom = "the starting sample" if stage.is_estimated else "the population"
    return (
        f"to {', '.join(stage.step.margins)} of {of_whom}; {result.iterations} iterations, "
        f"largest relative gap {result.max_relative_gap:.1e}"
    )


def _trimming_note(caps: tuple[float, float], result: CalibrationResult) -> str:
    """Return between which weights it was calibrated again."""
    return (
        f"calibrated again with weights from {caps[0]:.6g} to {caps[1]:.6g}; {result.iterations} iterations, "
        f"largest relative gap {result.max_relative_gap:.1e}"
    )


def _targets(stage: CalibrationStage, margins: MarginLevels) -> Targets:
    """Return the population's totals, or the starting-weighted ones of the whole starting sample."""
    if not stage.is_estimated:
        return margins.targets({name: stage.population[name].totals for name in stage.step.margins})
    return margins.rows(stage.behind).weighted_totals(stage.start[stage.behind])


def _margins(stage: CalibrationStage, log: WeightingLog) -> MarginLevels:
    """Return everyone's margin codes, a missing one counted as its largest category where that is declared."""
    margins = margin_levels(stage.categories, _categories(stage))
    for name in stage.step.margins:
        is_missing = margins.is_missing(name) & stage.behind
        if stage.step.missing.get(name) == LARGEST and is_missing.any():
            margins, largest = with_largest_for_missing(margins, stage.start, name)
            n_missing, n_calibrated = int(is_missing.sum()), int((is_missing & stage.is_calibrated).sum())
            note = (
                f"missing for {n_missing} people, of whom {n_calibrated} people are calibrated: counted as the largest "
                f"category, {largest}, in calibration only"
            )
            log.add(f"missing {name}", stage.adjusted, stage.adjusted, note)
    margins.rows(stage.behind).refuse_missing()
    return margins


def _categories(stage: CalibrationStage) -> dict[str, tuple[str, ...]]:
    """Return the categories of every margin: those with a population total, or those somebody started in."""
    if stage.is_estimated:
        people = stage.categories.filter(pl.Series(stage.behind))
        return {name: observed_categories(people, name) for name in stage.step.margins}
    unknown = [name for name in stage.step.margins if name not in stage.population]
    if unknown:
        raise WeightingError(
            f"margins without population totals: {', '.join(unknown)}. Add margins/{unknown[0]}.csv to the survey."
        )
    return {name: tuple(stage.population[name].totals) for name in stage.step.margins}
