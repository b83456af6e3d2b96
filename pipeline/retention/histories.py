"""What each member did, wave by wave: when they came, when and why they went, and which of four patterns that makes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.retention.survival import exits

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]

LEFT = "left"  # the panel; the other causes are ways of leaving the population
STAYER, LURKER, RETURNER, LEAVER = "stayer", "lurker", "returner", "leaver"
PATTERNS = (STAYER, LURKER, RETURNER, LEAVER)
NONE = -1


@dataclass(frozen=True)
class Histories:
    """Members by waves in order; a member is at risk of leaving at a wave invited to while in the population.

    `population_cause` codes among `population_causes` why somebody left the population, NONE where nobody did
    or knows.
    """

    is_at_risk: Mask  # (n, n_waves)
    is_gone: Mask  # (n, n_waves) known to be out of the population by then
    is_respondent: Mask  # (n, n_waves)
    has_withdrawn: Mask  # (n, n_waves) told us, by then, that they are out of the panel
    population_cause: Codes  # (n,)
    population_causes: tuple[str, ...]
    missed_waves: int  # a member who missed the last so many waves has left

    @property
    def n_waves(self) -> int:
        """Return the number of waves."""
        return int(self.is_at_risk.shape[1])

    @property
    def horizon(self) -> int:
        """Return in how many of the waves exits can be known: those before the last `missed_waves`."""
        return max(self.n_waves - self.missed_waves, 0)

    @property
    def causes(self) -> tuple[str, ...]:
        """Return every cause of an exit, leaving the panel first."""
        return (LEFT, *self.population_causes)

    @cached_property
    def entry(self) -> Codes:
        """Return the place of each member's first wave at risk, (n,); n_waves for those who never were."""
        return np.where(self.is_at_risk.any(axis=1), self.is_at_risk.argmax(axis=1), self.n_waves)

    @cached_property
    def population_exit(self) -> Codes:
        """Return the place of the first wave that found a member out of the population, (n,); n_waves for none."""
        is_out = self.is_gone & (np.arange(self.n_waves) > self.entry[:, None])
        return np.where(is_out.any(axis=1), is_out.argmax(axis=1), self.n_waves)

    @cached_property
    def missed_at_end(self) -> Codes:
        """Return how many waves at risk each member missed since the last one answered, (n,)."""
        return np.asarray(self.is_after_last_answer.sum(axis=1))

    @cached_property
    def is_active(self) -> Mask:
        """Return who is in the panel and the population at the last wave, and has not missed too many, (n,)."""
        if self.n_waves == 0:
            return np.zeros(self.is_at_risk.shape[0], np.bool_)
        has_left = self.has_withdrawn[:, -1] | (self.missed_at_end >= self.missed_waves)
        return np.asarray(self.is_in_population & ~has_left, np.bool_)

    @property
    def is_in_population(self) -> Mask:
        """Return who came to the panel and is not known to have left the population by the last wave, (n,)."""
        return np.asarray((self.entry < self.n_waves) & (self.population_exit == self.n_waves))

    @cached_property
    def is_after_last_answer(self) -> Mask:
        """Return which waves at risk a member missed after the last one answered, (n, n_waves)."""
        last = np.max(np.where(self.is_answer, np.arange(self.n_waves), -1), axis=1, initial=-1)
        return np.asarray(self.is_at_risk & (np.arange(self.n_waves) > last[:, None]))

    @property
    def is_answer(self) -> Mask:
        """Return which waves at risk were answered, (n, n_waves)."""
        return self.is_at_risk & self.is_respondent


@dataclass(frozen=True)
class PersonTimes:
    """A row for every wave at which a member was at risk of an exit that can be known."""

    row: Codes  # (m,) member
    wave: Codes  # (m,) place of the wave
    time: Codes  # (m,) waves since joining, from 0
    cause: Codes  # (m,) place among the causes of the exit at this wave, NONE where the member stayed

    def where(self, kept: Mask) -> "PersonTimes":
        """Return some of the rows (m,)."""
        return PersonTimes(self.row[kept], self.wave[kept], self.time[kept], self.cause[kept])


def person_times(histories: Histories) -> PersonTimes:
    """Return who was at risk when, and who left at which wave of which cause: the first exit of each member.

    Leaving the panel is dated at the first wave of the final missed spell, leaving the population at the first
    wave that found the member gone; who missed too few waves before that to count as having left has not left.
    """
    leaving = exits(histories.is_at_risk, histories.is_respondent, missed_waves=histories.missed_waves)
    panel_exit = np.where(leaving.has_left, histories.is_after_last_answer.argmax(axis=1), histories.n_waves)
    end = np.minimum(panel_exit, histories.population_exit)
    wave = np.arange(histories.horizon)
    is_known = histories.is_at_risk[:, : histories.horizon] | (wave == histories.population_exit[:, None])
    is_row = is_known & (wave <= end[:, None])
    row, at = np.nonzero(is_row)
    time = np.cumsum(is_row, axis=1)[row, at] - 1
    of_population = np.maximum(histories.population_cause, 0) + 1
    cause = np.where(panel_exit <= histories.population_exit, 0, of_population)
    return PersonTimes(row, at, time, np.where(at == end[row], cause[row], NONE))


def without_other_causes(rows: PersonTimes) -> PersonTimes:
    """Return the rows at risk of leaving the panel alone: who left the population at a wave is censored before."""
    return rows.where(rows.cause <= 0)


def patterns(histories: Histories) -> Codes:
    """Return each member's place in PATTERNS, (n,); NONE for those who were never at risk.

    A stayer answered every wave at risk; a leaver withdrew, or missed the last `missed_waves` or more; a returner
    once missed as many in a row and came back; a lurker missed some waves, never so many together.

    Source: methodology C10; Lugtig (2014), Sociological Methods and Research 43(4), for the names.
    """
    missed = histories.is_at_risk & ~histories.is_respondent
    withdrew = (histories.has_withdrawn & histories.is_at_risk & missed).any(axis=1)
    has_left = withdrew | (histories.missed_at_end >= histories.missed_waves)
    longest = _longest_absence(histories)
    pattern = np.where(missed.any(axis=1), np.where(longest >= histories.missed_waves, 2, 1), 0)
    pattern = np.where(has_left & missed.any(axis=1), 3, pattern)
    return np.where(histories.is_at_risk.any(axis=1), pattern, NONE)


def _longest_absence(histories: Histories) -> Codes:
    """Return the most waves in a row that each member missed before answering again, (n,)."""
    longest = np.zeros(histories.is_at_risk.shape[0], np.int64)
    run = np.zeros_like(longest)
    for wave in range(histories.n_waves):
        answered = histories.is_answer[:, wave]
        longest = np.where(answered, np.maximum(longest, run), longest)
        run = np.where(answered, 0, run + histories.is_at_risk[:, wave])
    return longest
