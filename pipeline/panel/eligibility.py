"""Of whom nobody knows whether they are still in the population: long silent, or out of reach."""

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.panel.arrays import PanelArrays

USUAL_MISSED_WAVES = 2  # where no plan says after how many missed waves nobody knows where somebody is


def missed_waves(survey: Survey) -> int:
    """Return after how many missed waves nobody knows where a member is."""
    return survey.retention.missed_waves if survey.retention else USUAL_MISSED_WAVES


def long_silent(survey: Survey, arrays: PanelArrays, wave: str) -> NDArray[np.bool_]:
    """Return who was asked at a wave and at so many before it, answered none, and did not say why, (n_members,)."""
    names = [one.wave for one in survey.waves if one.wave in arrays.is_respondent]
    latest = names[: names.index(wave) + 1][-missed_waves(survey) - 1 :]
    is_silent = np.full(len(arrays.members), len(latest) > missed_waves(survey))
    for one in latest:
        is_silent &= arrays.is_invited[one] & ~arrays.is_respondent[one]
    return is_silent


def unknown_eligibility(survey: Survey, arrays: PanelArrays, wave: str) -> NDArray[np.bool_]:
    """Return the nonrespondents of whom nobody knows whether they could have answered a wave, (n_members,).

    Source: methodology C7.1 and C9; AAPOR Standard Definitions (2023), 3.30 of internet surveys.
    """
    unreached = arrays.is_undeliverable.get(wave, np.zeros(len(arrays.members), np.bool_))
    return (long_silent(survey, arrays, wave) | unreached) & arrays.is_eligible[wave] & ~arrays.is_respondent[wave]
