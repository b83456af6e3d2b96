"""A weight from its recipe: every step from the starting sample to the final weight, each one logged."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import CalibrationStep, Margin, WeightRecipe
from pipeline.design import Calibration, SurveyDesign
from pipeline.errors import WeightingError
from pipeline.weighting.base import base_weight
from pipeline.weighting.calibration import CalibrationOptions, CalibrationResult, calibrate
from pipeline.weighting.diagnostics import margins_table
from pipeline.weighting.margins import (
    MarginLevels,
    margin_levels,
    observed_categories,
    with_largest_for_missing,
)
from pipeline.weighting.targets import Targets
from pipeline.weighting.weighting_log import WeightingLog

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
STARTING_WAVE = "starting_wave"
LARGEST = "largest"


@dataclass(frozen=True)
class StartingSample:
    """Everyone a weight starts from: the members invited to a wave, or the respondents of the starting wave."""

    categories: pl.DataFrame  # a row per person; a column per margin (text or enum, null = missing)
    is_respondent: Mask  # (n,) answered every wave of the recipe
    is_ineligible: Mask | None = None  # (n,) known to have left the population since; not respondents
    starting_weight: Floats | None = None  # (n,) supplied or earlier weight; NaN or 0 = none
    selection_probabilities: pl.DataFrame | None = None  # a column per cohort recruited so far, null = not in frame
    n_removed: int = 0  # people who answered and are no respondents, for how carefully they did

    @property
    def n(self) -> int:
        """Return the number of people in the starting sample."""
        return self.is_respondent.size


@dataclass(frozen=True)
class Weighted:
    """A recipe's result, aligned with the rows of the starting sample."""

    weight: Floats  # (n,) final weight; 0 for those who hold none
    base_weight: Floats  # (n,) before any adjustment
    is_held: Mask  # (n,) who holds the weight
    in_design: Mask  # (n,) rows of the design: the holders, those calibrated and dropped, and, where the
    # totals were estimated from the starting sample, everyone in it; all but the holders at weight 0
    calibration: Calibration | None  # of the rows in the design
    log: pl.DataFrame  # weighting_log.LOG_SCHEMA
    margins: pl.DataFrame | None  # margin, category, target, before, after, unweighted_n

    def design(
        self,
        strata: NDArray[np.int64] | None = None,
        psu: NDArray[np.int64] | None = None,
        *,
        lonely_psu: str = "fail",
    ) -> SurveyDesign:
        """Return the design of estimates with this weight: the rows `in_design`.

        Args:
            strata, psu: (n,) codes for the whole starting sample.
        """
        rows = self.in_design
        return SurveyDesign(
            weight=self.weight[rows],
            strata=None if strata is None else strata[rows],
            psu=None if psu is None else psu[rows],
            calibration=self.calibration,
            lonely_psu=lonely_psu,
        )


def follow(recipe: WeightRecipe, sample: StartingSample, population: Mapping[str, Margin] | None = None) -> Weighted:
    """Return the weight that a recipe makes of a starting sample.

    Args:
        recipe: supplied weight; or base weight, calibrated to the population or to the starting sample itself.
        sample: everyone the weight starts from, and who of them answered.
        population: the survey's margins, for recipes whose controls are the population.

    Raises:
        WeightingError: the recipe cannot be followed on this sample; the message says which step and why.

    Source: methodology C1, C2 and C7.3.
    """
    log = WeightingLog()
    start = _starting_weight(recipe, sample, log)
    if recipe.supplied is not None:
        return Weighted(start, start, start > 0, start > 0, None, log.table(), None)
    is_kept = sample.is_respondent.copy()
    if recipe.keeps_ineligible and sample.is_ineligible is not None:
        is_kept |= sample.is_ineligible
    kept = np.where(is_kept, start, 0.0)
    log.add(_kept_step(recipe), start, kept, _kept_note(recipe, sample, start))
    if not (kept > 0).any():
        raise WeightingError(f"weight '{recipe.weight_id}': nobody answered, so there is nothing to weight.")
    if recipe.calibration is None:
        return Weighted(kept, start, kept > 0, kept > 0, None, log.table(), None)
    return _calibrated(_Stage(recipe.calibration, sample, start, kept > 0, population or {}), log)


def _starting_weight(recipe: WeightRecipe, sample: StartingSample, log: WeightingLog) -> Floats:
    """Return the weight everyone starts with, 0 for those who have none."""
    ones = np.ones(sample.n)
    if recipe.selection_probabilities and sample.selection_probabilities is not None:
        cohorts = [one for one in sample.selection_probabilities.columns if one in recipe.selection_probabilities]
        start = base_weight(sample.selection_probabilities.select(cohorts).cast(pl.Float64).to_numpy())
        step, note = "base weight", f"1 / summed selection probability; cohorts: {', '.join(cohorts)}"
    elif sample.starting_weight is not None:
        start = np.nan_to_num(sample.starting_weight, nan=0.0)
        source = recipe.supplied or recipe.starting_weight or "delivered"
        step, note = ("supplied" if recipe.supplied else "starting weight"), f"weight '{source}'"
    else:
        start, step, note = ones, "base weight", "1 for everyone: no selection probabilities are known"
    n_negative = int((start < 0).sum())
    if n_negative:
        raise WeightingError(f"weight '{recipe.weight_id}': {n_negative} starting weights are negative. Correct them.")
    log.add(step, ones if step == "base weight" else start, start, note)
    return start


def _kept_step(recipe: WeightRecipe) -> str:
    return "respondents and known ineligible" if recipe.keeps_ineligible else "respondents"


def _kept_note(recipe: WeightRecipe, sample: StartingSample, start: Floats) -> str:
    """Return who is calibrated, in counts."""
    carries = start > 0
    note = f"respondents {int((sample.is_respondent & carries).sum())}"
    if recipe.keeps_ineligible and sample.is_ineligible is not None:
        note += f", ineligible {int((sample.is_ineligible & carries).sum())}"
    if sample.n_removed:
        note += f", removed for response quality {sample.n_removed}"
    return f"{note}, of a starting sample of {int(carries.sum())}"


@dataclass(frozen=True)
class _Stage:
    """The calibration of one recipe on one starting sample."""

    step: CalibrationStep
    sample: StartingSample
    start: Floats  # (n,) starting weight, 0 = none
    is_calibrated: Mask  # (n,) respondents, and the known ineligible where the recipe keeps them
    population: Mapping[str, Margin]

    @property
    def is_estimated(self) -> bool:
        """Return whether the totals are those of the starting sample, with its sampling error."""
        return self.step.controls == STARTING_WAVE

    @property
    def in_design(self) -> Mask:
        """Return the rows that the variance needs: everyone behind estimated totals, else the calibrated."""
        return self.start > 0 if self.is_estimated else self.is_calibrated


def _calibrated(stage: _Stage, log: WeightingLog) -> Weighted:
    """Calibrate, drop the ineligible, and keep what the variance needs."""
    sample, rows, in_design = stage.sample, stage.is_calibrated, stage.in_design
    margins = _margins(stage, log)
    result = calibrate(stage.start[rows], margins.levels[rows], _targets(stage, margins), _options(stage.step))
    calibrated = np.zeros(sample.n)
    calibrated[rows] = result.weight
    log.add(stage.step.method, np.where(rows, stage.start, 0.0), calibrated, _calibration_note(stage, result))
    final = np.where(sample.is_respondent, calibrated, 0.0)
    is_held = rows & sample.is_respondent
    if (rows & ~is_held).any():
        log.add("ineligible dropped", calibrated, final, "estimates describe those still in the population")
    calibration = Calibration(
        base_weight=stage.start[in_design],
        levels=margins.levels[in_design].astype(np.int64),
        is_calibrated=rows[in_design],
        controls_estimated=stage.is_estimated,
        calibrated_weight=calibrated[in_design],
    )
    return Weighted(final, stage.start, is_held, in_design, calibration, log.table(), margins_table(result))


def _options(step: CalibrationStep) -> CalibrationOptions:
    return CalibrationOptions(step.method, tolerance=step.tolerance, max_iterations=step.max_iterations)


def _calibration_note(stage: _Stage, result: CalibrationResult) -> str:
    """Return to what and how exactly it was calibrated."""
    of_whom = "the starting sample" if stage.is_estimated else "the population"
    return (
        f"to {', '.join(stage.step.margins)} of {of_whom}; {result.iterations} iterations, "
        f"largest relative gap {result.max_relative_gap:.1e}"
    )


def _targets(stage: _Stage, margins: MarginLevels) -> Targets:
    """Return the population's totals, or the starting-weighted ones of the whole starting sample."""
    if not stage.is_estimated:
        return margins.targets({name: stage.population[name].totals for name in stage.step.margins})
    return margins.rows(stage.in_design).weighted_totals(stage.start[stage.in_design])


def _margins(stage: _Stage, log: WeightingLog) -> MarginLevels:
    """Return everyone's margin codes, a missing one counted as its largest category where that is declared.

    Raises:
        WeightingError: no totals for a margin, or an answer is missing and no rule for it is declared.
    """
    margins = margin_levels(stage.sample.categories, _categories(stage))
    for name in stage.step.margins:
        is_missing = margins.is_missing(name) & stage.in_design
        if stage.step.missing.get(name) == LARGEST and is_missing.any():
            margins, largest = with_largest_for_missing(margins, stage.start, name)
            n_missing, n_calibrated = int(is_missing.sum()), int((is_missing & stage.is_calibrated).sum())
            note = (
                f"missing for {n_missing} people, {n_calibrated} of them calibrated: counted as the largest "
                f"category, {largest}, in calibration only"
            )
            kept = np.where(stage.is_calibrated, stage.start, 0.0)
            log.add(f"missing {name}", kept, kept, note)
    margins.rows(stage.in_design).refuse_missing()
    return margins


def _categories(stage: _Stage) -> dict[str, tuple[str, ...]]:
    """Return the categories of every margin: those with a population total, or those somebody started in."""
    if stage.is_estimated:
        people = stage.sample.categories.filter(pl.Series(stage.in_design))
        return {name: observed_categories(people, name) for name in stage.step.margins}
    unknown = [name for name in stage.step.margins if name not in stage.population]
    if unknown:
        raise WeightingError(
            f"margins without population totals: {', '.join(unknown)}. Add margins/{unknown[0]}.csv to the survey."
        )
    return {name: tuple(stage.population[name].totals) for name in stage.step.margins}
