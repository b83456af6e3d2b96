"""Who takes part: members who leave the panel or the population for good, and those who miss a wave."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from pipeline.definitions import Survey
from pipeline.simulation.assumptions import (
    DYING,
    LEAVING,
    MOVING,
    RESPONSE,
    Assumptions,
    Codes,
    Flags,
    Floats,
    Integers,
    Words,
)
from pipeline.simulation.attitudes import Attitudes
from pipeline.simulation.recruitment import Recruits

STAYED, DIED, MOVED, WITHDREW, STOPPED = "", "died", "moved out of area", "withdrew", "stopped answering"
LEFT_POPULATION = (DIED, MOVED)


@dataclass(frozen=True)
class Participation:
    """The truth about each member's part in the panel."""

    last_wave: Integers  # (n,) the last wave_number before the member left for good
    exit_kind: Words  # (n,) one of the kinds above
    propensity: Floats  # (n, n_waves) chance to take part while in the panel
    is_active: Flags  # (n, n_waves) recruited, and has not left
    responds: Flags  # (n, n_waves)


@dataclass(frozen=True)
class Hazards:
    """Chances to leave after a wave, (n,) each."""

    dying: Floats
    moving: Floats
    leaving: Floats

    @property
    def out_of_population(self) -> Floats:
        """Return the chance to leave the population after a wave."""
        return np.asarray(1 - (1 - self.dying) * (1 - self.moving))


def hazards(survey: Survey, assumptions: Assumptions, codes: Codes, attitudes: Attitudes) -> Hazards:
    """Return each member's chances to leave after a wave."""
    behaviour = assumptions.behaviour

    def chance(share: float, outcome: str, slope: float = 0.0) -> Floats:
        return np.asarray(
            ndtr(ndtri(share) + assumptions.effect_of(outcome, codes, survey) + slope * attitudes.general)
        )

    return Hazards(
        dying=chance(behaviour.dying, DYING),
        moving=chance(behaviour.moving, MOVING),
        leaving=chance(behaviour.leaving, LEAVING, behaviour.attitude_to_leaving),
    )


def draw_participation(
    survey: Survey,
    assumptions: Assumptions,
    recruits: Recruits,
    codes: Codes,
    attitudes: Attitudes,
    waves: int,
    rng: np.random.Generator,
) -> Participation:
    """Return who is in the panel and who takes part, wave by wave."""
    behaviour = assumptions.behaviour
    effect = assumptions.effect_of(RESPONSE, codes, survey)
    ready = (
        effect + behaviour.attitude_to_response * attitudes.general + behaviour.habit * rng.standard_normal(recruits.n)
    )
    level = ndtri(behaviour.response) * np.sqrt(1 + behaviour.habit**2 + behaviour.attitude_to_response**2)
    propensity = np.repeat(np.asarray(ndtr(level + ready))[:, None], waves, axis=1)
    last_wave, exit_kind = draw_exits(
        hazards(survey, assumptions, codes, attitudes), recruits, waves, behaviour.withdrawing, rng
    )
    wave_number = np.arange(1, waves + 1)
    is_active = (wave_number >= recruits.first_wave[:, None]) & (wave_number <= last_wave[:, None])
    responds = is_active & (rng.random(is_active.shape) < propensity)
    return Participation(last_wave, exit_kind, propensity, is_active, responds)


def draw_exits(
    chances: Hazards, recruits: Recruits, waves: int, withdrawing: float, rng: np.random.Generator
) -> tuple[Integers, Words]:
    """Return each member's last wave and why they left; nobody leaves after the last wave."""
    last_wave = np.full(recruits.n, waves)
    exit_kind = np.full(recruits.n, STAYED, dtype="<U20")
    for wave_number in range(1, waves):
        is_in = (recruits.first_wave <= wave_number) & (exit_kind == STAYED)
        uniform = rng.random((4, recruits.n))
        kind = np.select(
            [uniform[0] < chances.dying, uniform[1] < chances.moving, uniform[2] < chances.leaving],
            [DIED, MOVED, np.where(uniform[3] < withdrawing, WITHDREW, STOPPED)],
            STAYED,
        )
        leaves = is_in & (kind != STAYED)
        last_wave[leaves] = wave_number
        exit_kind[leaves] = kind[leaves]
    return last_wave, exit_kind


def known_selection_probabilities(
    recruits: Recruits,
    participation: Participation,
    chances: Hazards,
    refreshment_wave: int,
    rng: np.random.Generator,
) -> Floats:
    """Return the chances of selection with 0 where a member was not in a recruitment's population.

    A first-cohort member who died or moved before the refreshment could not be drawn then; and some of the
    refreshment have come since the first recruitment, as many as have gone.
    """
    known = recruits.selection_probability.copy()
    if known.shape[1] == 1:
        return known
    is_gone = np.isin(participation.exit_kind, LEFT_POPULATION) & (participation.last_wave < refreshment_wave)
    share_new = 1 - (1 - chances.out_of_population) ** (refreshment_wave - 1)
    is_new = (recruits.cohort == 1) & (rng.random(recruits.n) < share_new)
    known[is_gone & (recruits.cohort == 0), 1] = 0
    known[is_new, 0] = 0
    return known
