"""A weight from its recipe: every step from the starting sample to the final weight, each one logged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Margin
from pipeline.design import Calibration, ResponseModel, SurveyDesign
from pipeline.errors import WeightingError
from pipeline.weighting.calibration_stage import Calibrated, CalibrationStage, calibrated
from pipeline.weighting.diagnostics import margins_table
from pipeline.weighting.nonresponse import Adjustment, ResponseStep, adjust, of_those_invited, shared_by_eligibility
from pipeline.weighting.starting_weights import Chances, Starting, starting_weight
from pipeline.weighting.weighting_log import WeightingLog, people
from pipeline.weighting_steps import NonresponseStep, WeightRecipe

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class StartingSample:
    """Everyone a weight starts from: the members invited to a wave, or the respondents of the starting wave."""

    categories: pl.DataFrame  # a row per person; a column per margin (text or enum, null = missing)
    is_respondent: Mask  # (n,) answered every wave of the recipe
    is_ineligible: Mask | None = None  # (n,) known to have left the population since; not respondents
    starting_weight: Floats | None = None  # (n,) supplied or earlier weight; NaN or 0 = none
    start_in_design: Mask | None = None  # (n,) rows of that weight's own design, where its steps enter the variance
    chances: Chances | None = None  # of selection
    n_removed: int = 0  # people who answered and are no respondents, for how carefully they did
    steps: tuple[ResponseStep, ...] = ()  # of the recipe's nonresponse adjustment

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
    in_design: Mask  # (n,) rows of the design: the holders, those calibrated and dropped, and, where totals or
    # propensities were estimated from the starting sample, everyone in it, or all of the design of the weight it starts
    # from; all but the holders at weight 0
    calibration: Calibration | None  # of the rows in the design
    log: pl.DataFrame  # weighting_log.LOG_SCHEMA
    margins: pl.DataFrame | None  # margin, category, target, before, after, unweighted_n
    adjusted_weight: Floats | None = None  # (n,) after nonresponse adjustment; None: there was none
    untrimmed_weight: Floats | None = None  # (n,) after calibration, before trimming; None: there was no trimming
    response: tuple[ResponseModel, ...] = ()  # of the rows in the design
    starting: Starting | None = None
    adjustments: tuple[Adjustment, ...] = ()  # this and the rest: the steps as taken, for replicates to take again
    stage: CalibrationStage | None = None
    calibrated: Calibrated | None = None

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
            response=self.response,
        )


@dataclass(frozen=True)
class Kept:
    """Whose weights are calibrated, after nonresponse: respondents, and the known ineligible where they are kept."""

    weight: Floats  # (n,)
    adjustments: tuple[Adjustment, ...] = ()


def follow(recipe: WeightRecipe, sample: StartingSample, population: Mapping[str, Margin] | None = None) -> Weighted:
    """Return the weight that a recipe makes of a starting sample.

    Args:
        recipe: supplied weight; or base weight, adjusted for nonresponse, calibrated to the population or to the
            starting sample itself, trimmed.
        sample: everyone the weight starts from, and who of them answered.
        population: the survey's margins, for recipes whose controls are the population.

    Raises:
        WeightingError: the recipe cannot be followed on this sample; the message says which step and why.

    Source: methodology C1, C2, C7.1 to C7.3.
    """
    log = WeightingLog()
    starting = starting_weight(recipe, sample.chances, sample.starting_weight, sample.is_respondent, log)
    start = starting.weight
    if recipe.supplied is not None:
        return Weighted(start, start, start > 0, start > 0, None, log.table(), None, starting=starting)
    kept = _kept(recipe, sample, start, log)
    if not (kept.weight > 0).any():
        raise WeightingError(f"weight '{recipe.weight_id}': nobody answered, so there is nothing to weight.")
    is_held = (kept.weight > 0) & sample.is_respondent
    needs_everyone = bool(kept.adjustments)
    if recipe.calibration is None:
        final = np.where(is_held, kept.weight, 0.0)
        in_design = _in_design(sample, start > 0 if needs_everyone else is_held)
        made = Weighted(final, start, is_held, in_design, None, log.table(), None)
        return _with_response(replace(made, starting=starting), kept)
    stage = CalibrationStage(
        recipe.calibration, recipe.trimming, sample.categories, start, kept.weight, population or {}
    )
    found = calibrated(stage, log)
    final = np.where(sample.is_respondent, found.weight, 0.0)
    if (stage.is_calibrated & ~is_held).any():
        log.add("ineligible dropped", found.weight, final, "estimates describe those still in the population")
    in_design = _in_design(sample, start > 0 if needs_everyone else stage.behind)
    made = _weighted(stage, found, final, is_held, in_design, log)
    return _with_response(replace(made, starting=starting), kept)


def _in_design(sample: StartingSample, needed: Mask) -> Mask:
    """Return the rows of the design: those that this recipe's own steps need, or all that its starting weight needs."""
    return needed if sample.start_in_design is None else sample.start_in_design


def _weighted(
    stage: CalibrationStage, found: Calibrated, final: Floats, is_held: Mask, in_design: Mask, log: WeightingLog
) -> Weighted:
    """Return the calibrated result."""
    return Weighted(
        final,
        stage.start,
        is_held,
        in_design,
        found.calibration(stage, in_design),
        log.table(),
        margins_table(found.result),
        untrimmed_weight=found.untrimmed if stage.trimming is not None else None,
        stage=stage,
        calibrated=found,
    )


def _with_response(made: Weighted, kept: Kept) -> Weighted:
    """Return the result with what the nonresponse adjustment did, if there was one."""
    if not kept.adjustments:
        return made
    models = tuple(one.model.of(made.in_design) for one in kept.adjustments)
    return replace(made, adjusted_weight=kept.weight, response=models, adjustments=kept.adjustments)


def _kept(recipe: WeightRecipe, sample: StartingSample, start: Floats, log: WeightingLog) -> Kept:
    """Return whose weights go on to calibration, adjusted for those who did not answer."""
    if recipe.nonresponse is not None:
        return _adjusted(recipe, recipe.nonresponse, sample, start, log)
    is_kept = sample.is_respondent.copy()
    if recipe.keeps_ineligible and sample.is_ineligible is not None:
        is_kept |= sample.is_ineligible
    kept = np.where(is_kept, start, 0.0)
    log.add(_kept_step(recipe), start, kept, _kept_note(recipe, sample, start))
    return Kept(kept)


def _adjusted(
    recipe: WeightRecipe, step: NonresponseStep, sample: StartingSample, start: Floats, log: WeightingLog
) -> Kept:
    """Return the weights after every step of response; who left the population keeps the weight held until then."""
    weight, left, adjustments = start, np.zeros(sample.n), []
    for response in sample.steps:
        shared = shared_by_eligibility(weight, response)
        if shared is not weight:
            unknown = (shared < weight) & response.is_eligible
            share = shared[unknown].sum() / weight[unknown].sum()
            note = f"{people(unknown)} of unknown eligibility: {share:.1%} of them count as in the population"
            log.add(f"eligibility {response.name}", weight, shared, note)
            weight = shared
        leaves = (weight > 0) & ~response.is_eligible
        if leaves.any():
            left += np.where(leaves, weight, 0.0)
            note = f"{people(leaves)} have left the population" + (
                ", and keep their share of the totals until the end" if recipe.keeps_ineligible else ""
            )
            log.add(f"ineligible {response.name}", weight, np.where(leaves, 0.0, weight), note)
        before = np.where(leaves, 0.0, weight)
        invited = of_those_invited(before, response)
        if invited is not before:
            passed_over = (before > 0) & (invited == 0)
            note = f"{people(passed_over)} in the panel were not invited; those who were stand for them"
            log.add(f"invited {response.name}", before, invited, note)
            before = invited
        made = adjust(step, response, before)
        note = _response_note(step, made) + (
            f"; {sample.n_removed} people removed for response quality count as nonrespondents"
            if sample.n_removed
            else ""
        )
        log.add(f"nonresponse {response.name}", before, made.weight, note, share_capped=made.share_capped)
        weight = made.weight
        adjustments.append(made)
    return Kept(weight + left if recipe.keeps_ineligible else weight, tuple(adjustments))


def _response_note(step: NonresponseStep, made: Adjustment) -> str:
    """Return by what respondents were raised, in counts and names."""
    asked = made.groups.of_row >= 0
    note = (
        f"{people(made.weight > 0)} of {people(asked)} answered; {step.method} by "
        f"{', '.join(one.label for one in step.covariates)}"
    )
    if made.factor.class_of_group is not None:
        note += f"; {int(made.factor.class_of_group.max()) + 1} classes"
    if made.n_joined:
        note += f"; {made.n_joined} small levels joined to a neighbour"
    return note


def _kept_step(recipe: WeightRecipe) -> str:
    return "respondents and known ineligible" if recipe.keeps_ineligible else "respondents"


def _kept_note(recipe: WeightRecipe, sample: StartingSample, start: Floats) -> str:
    """Return who is calibrated, in counts."""
    carries = start > 0
    note = f"{people(sample.is_respondent & carries)} responded"
    if recipe.keeps_ineligible and sample.is_ineligible is not None:
        note += f", {people(sample.is_ineligible & carries)} are ineligible"
    if sample.n_removed:
        note += f", {sample.n_removed} people are removed for response quality"
    return f"{note}, of {people(carries)} in the starting sample"
