"""What a panel knows of every member before a wave: profile, record in the panel, earlier answers, as level codes."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.errors import WeightingError
from pipeline.panel.arrays import AnswersByItem, PanelArrays
from pipeline.panel.eligibility import unknown_eligibility
from pipeline.weighting.nonresponse import ResponseStep
from pipeline.weighting_steps import (
    ANSWER,
    COHORT,
    DOMAIN,
    FIRST,
    HISTORY,
    ITEM_NONRESPONSE,
    LATEST,
    MEASURE,
    MODE,
    SPEED,
    TENURE,
    Covariate,
    WeightRecipe,
)

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
TENURE_BANDS = (1, 2, 4, 8, 16, 32)  # waves in the panel before this one, from which the next band starts
# Days from the invitation to the answer, and shares of the items asked without one, above which the next band starts: a
# late answer, and items left out, foretell leaving (methodology B1 of the GESIS Panel, C7.2).
MEASURE_BANDS = {SPEED: (0.0, 2.0, 6.0, 13.0), ITEM_NONRESPONSE: (0.0, 0.05, 0.2)}
UNKNOWN = -1


def response_steps(
    survey: Survey, recipe: WeightRecipe, waves: tuple[str, ...], arrays: PanelArrays, rows: Rows
) -> tuple[ResponseStep, ...]:
    """Return the steps of response that a recipe adjusts for, each with what was known of everyone before it.

    A cross-sectional weight has one. A longitudinal one starts from those who answered its starting wave: one
    step for each other wave of the set, given the ones before, or one for all of them.
    """
    if recipe.nonresponse is None:
        return ()
    later = [wave for wave in waves if wave != recipe.starting_wave]
    chain = [(wave,) for wave in later] if recipe.nonresponse.is_each_wave else [tuple(later)]
    known_at = recipe.starting_wave or waves[0]
    return tuple(_step(survey, recipe.nonresponse.covariates, part, known_at, arrays, rows) for part in chain)


def _step(
    survey: Survey,
    covariates: tuple[Covariate, ...],
    waves: tuple[str, ...],
    known_at: str,
    arrays: PanelArrays,
    rows: Rows,
) -> ResponseStep:
    """Return one step: whether the members answered all of these waves."""
    answered = np.ones(rows.size, np.bool_)
    for wave in waves:
        answered &= arrays.is_respondent[wave][rows]
    passed_over = arrays.passed_over(*waves)[rows]
    invited = np.logical_and.reduce([arrays.is_invited[wave][rows] for wave in waves]) & ~passed_over
    unknown = unknown_eligibility(survey, arrays, waves[-1])[rows]
    columns = [
        domain_levels(one.name, known_at, arrays)[rows]
        if one.kind == DOMAIN
        else covariate_levels(survey, one, waves[0], arrays)[rows]
        for one in covariates
    ]
    levels = np.column_stack(columns) if columns else np.zeros((rows.size, 0), np.int64)
    eligible = arrays.is_eligible[waves[-1]][rows]
    return ResponseStep("+".join(waves), eligible, answered, levels, invited, passed_over, unknown)


def domain_levels(domain: str, wave: str, arrays: PanelArrays) -> Codes:
    """Return the (n_members,) codes from 0 of a domain at a wave; what is not known is the last code."""
    return _known_last(arrays.codes_at(wave, domain), len(arrays.domains[domain].values))


def covariate_levels(survey: Survey, covariate: Covariate, wave: str, arrays: PanelArrays) -> Codes:
    """Return the (n_members,) codes from 0 of one covariate before a wave; what is not known is the last code."""
    if covariate.kind == COHORT:
        return np.unique(arrays.cohort, return_inverse=True)[1].reshape(-1)
    before = _waves_before(survey, wave, arrays)
    if covariate.kind == TENURE:
        n_waves = sum((arrays.is_listed[one].astype(np.int64) for one in before), np.zeros(len(arrays.members), int))
        return np.searchsorted(TENURE_BANDS, n_waves, side="right")
    if covariate.kind == HISTORY:
        return _history(before, arrays)
    if covariate.kind in (MODE, MEASURE):
        is_mode = covariate.kind == MODE
        return _previous_mode(before, arrays) if is_mode else _previous_measure(covariate.name, before, arrays)
    assert covariate.kind == ANSWER
    return _earlier_answer(survey, covariate, before, arrays)


def _waves_before(survey: Survey, wave: str, arrays: PanelArrays) -> list[str]:
    """Return the waves before one that somebody answered, in their order."""
    names = [one.wave for one in survey.waves]
    return [one for one in names[: names.index(wave)] if one in arrays.is_respondent]


def _known_last(codes: Codes, n_values: int) -> Codes:
    return np.where(codes == UNKNOWN, n_values, codes)


def _history(before: list[str], arrays: PanelArrays) -> Codes:
    """Return which of the waves since joining a member answered; those that passed the member over do not count.

    0 all, 1 some and the latest, 2 some but not the latest, 3 none, 4 there was no such wave.
    """
    n = len(arrays.members)
    listed, answered, latest = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    for wave in before:
        asked = arrays.is_listed[wave] & ~arrays.passed_over(wave)
        listed += asked
        answered += arrays.is_respondent[wave]
        latest = np.where(asked, arrays.is_respondent[wave], latest)
    conditions = [listed == 0, answered == 0, answered == listed, latest]
    return np.select(conditions, [4, 3, 0, 1], default=2)


def _previous_mode(before: list[str], arrays: PanelArrays) -> Codes:
    """Return how the member was last interviewed, in the order of the modes' names; the last code is never."""
    mode = np.full(len(arrays.members), "", dtype=object)
    for wave in before:
        if wave in arrays.interview_mode:
            mode = np.where(arrays.is_respondent[wave], arrays.interview_mode[wave], mode)
    names = sorted(set(mode.tolist()) - {""})
    place = {name: code for code, name in enumerate(names)} | {"": len(names)}
    return np.array([place[one] for one in mode.tolist()], np.int64)


def _previous_measure(name: str, before: list[str], arrays: PanelArrays) -> Codes:
    """Return the band of a measure at the member's latest interview that has it; the last code is never."""
    latest = np.full(len(arrays.members), np.nan)
    for wave in before:
        measured = arrays.measures.get((wave, name), np.full(len(arrays.members), np.nan))
        latest = np.where(arrays.is_respondent[wave] & ~np.isnan(measured), measured, latest)
    bands = np.searchsorted(MEASURE_BANDS[name], latest, side="left")
    return np.where(np.isnan(latest), len(MEASURE_BANDS[name]) + 1, bands)


def _earlier_answer(survey: Survey, covariate: Covariate, before: list[str], arrays: PanelArrays) -> Codes:
    """Return a member's answer to an item at the first or latest wave it was given, or at one wave.

    Raises:
        WeightingError: a wave is named that is not before this one.
    """
    if covariate.wave not in (FIRST, LATEST):
        if covariate.wave not in before:
            raise WeightingError(
                f"covariate '{covariate.label}': wave {covariate.wave} is not answered before the wave weighted. "
                "Name an earlier one, or first, or latest."
            )
        before = [covariate.wave]
    n_answers = len(survey.items[covariate.name].answers)
    codes = np.full(len(arrays.members), UNKNOWN, np.int64)
    for wave in before if covariate.wave == LATEST else before[::-1]:  # later ones in the loop go before
        given = _answer(survey, covariate.name, wave, arrays)
        codes = np.where(given == UNKNOWN, codes, given)
    return _known_last(codes, n_answers)


def _answer(survey: Survey, item: str, wave: str, arrays: PanelArrays) -> Codes:
    """Return the (n_members,) answers to an item at a wave, as places on its scale; UNKNOWN where none was given."""
    if (item, wave) not in arrays.earlier_answers:  # the same for every later wave that is weighted
        codes = np.full(len(arrays.members), UNKNOWN, np.int64)
        options = {option.code: code for code, option in enumerate(survey.items[item].answers)}
        given = _given(arrays, item, wave).join(arrays.row_of_member, on="panel_member_id")
        place = given["code"].replace_strict(options, default=UNKNOWN, return_dtype=pl.Int64)
        codes[given["row"].to_numpy()] = place.to_numpy()
        arrays.earlier_answers[item, wave] = codes
    return arrays.earlier_answers[item, wave]


def _given(arrays: PanelArrays, item: str, wave: str) -> pl.DataFrame:
    """Return panel_member_id and code of an item at a wave, without reading what else that wave asked where it can."""
    answers = arrays.answers
    if wave not in answers:
        return pl.DataFrame(schema={"panel_member_id": pl.String, "code": pl.String})
    if isinstance(answers, AnswersByItem):
        return answers.of_item(item).filter(pl.col("wave") == wave)
    return answers[wave].filter(pl.col("item") == item)
