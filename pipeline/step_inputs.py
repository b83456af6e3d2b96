"""What a step of the night depends on: the parts of a survey's definition, and of what is known of its members.

A step is done again when one of them changes, and only then: a new wave, an item that only it asks and a longer member
list leave the figures of earlier waves alone.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import Survey
from pipeline.panel.arrays import PanelArrays
from pipeline.panel.eligibility import missed_waves
from pipeline.weighting_steps import WeightRecipe

# Fields of a survey that a step names itself where it depends on them, and those that are words for readers.
NAMED_BY_STEPS = {
    *("waves", "items", "item_links", "weights", "changes", "transitions", "families", "retention"),
    *("trends", "conditioning", "replicates"),
    *("title", "methods_note", "research_questions", "statement", "newsletters", "languages", "translations"),
}


class Declared:
    """What a survey declares, in the pieces that steps depend on; each piece is made into text once."""

    def __init__(self, survey: Survey) -> None:
        """Know the survey; make nothing yet."""
        self.survey = survey
        self._waves: dict[str, str] = {}
        self._items: dict[str, str] = {}

    def behind(self, waves: Iterable[str], *parts: object) -> list[str]:
        """Return, as text, what a step over some waves depends on in the survey's definition.

        Args:
            waves: the waves whose fieldwork and items it reads.
            parts: what else it reads: recipes, plans, families of tests, links between items.
        """
        return [self._common, *(self._wave(wave) for wave in sorted(set(waves))), _short(parts)]

    def behind_reading(self, source: str, compared: Iterable[str] = ()) -> list[str]:
        """Return, as text, what the reading of a delivery and its rules depend on in the survey's definition.

        Args:
            compared: the earlier waves that a wave is judged beside.

        A wave is judged beside waves before it, and by the margins that its own weights are calibrated to; the
        member list by the columns that weights are made of, and those that tell of waves.
        """
        survey = self.survey
        known_from = sorted(survey.known_from)
        if not survey.has_wave(source):
            told = (survey.eligibility, survey.invitations, survey.profile, survey.crosswalk, survey.mailings)
            return self.behind((), survey.weights, known_from, *told)
        own_weights = [recipe for recipe in survey.weights if recipe.waves in ((), (source,))]
        return self.behind({source, *compared}, own_weights, known_from)

    def behind_rows(self, wave: str) -> list[str]:
        """Return, as text, what the rows of a wave depend on in the survey's definition."""
        survey = self.survey
        exits = [told for told in self._exits if told[0] <= survey.wave(wave).wave_number]
        return self.behind({wave}, exits, sorted({recipe.supplied for recipe in survey.weights if recipe.supplied}))

    def behind_members(self, sources: Iterable[str]) -> list[str]:
        """Return, as text, what is known of members by in the survey's definition.

        Args:
            sources: those that tell of members.
        """
        survey = self.survey
        told = (survey.eligibility, survey.invitations, survey.profile, survey.mailings)
        waves = [one for one in sources if survey.has_wave(one)]
        return self.behind(waves, sorted(survey.number_columns), self._exits, *told)

    @cached_property
    def _exits(self) -> list[tuple[int, str, str]]:
        """Return the waves, by number, for which a column of the member list tells who left the population."""
        columns = self.survey.eligibility.columns
        return [(one.wave_number, one.wave, columns[one.wave]) for one in self.survey.waves if one.wave in columns]

    @cached_property
    def _common(self) -> str:
        """Return what every step depends on; what is told of single waves belongs to those waves."""
        survey = self.survey
        of_all = replace(
            survey,
            eligibility=replace(survey.eligibility, columns={}),
            invitations=replace(survey.invitations, columns={}),
            profile=tuple(replace(one, elsewhere={}) for one in survey.profile),
            crosswalk=survey.crosswalk and replace(survey.crosswalk, ids={}),
            mailings=survey.mailings and replace(survey.mailings, waves={}),
        )
        known = {one.name: getattr(of_all, one.name) for one in fields(of_all) if _is_common(one.name)}
        return _short((known, missed_waves(survey)))

    def _wave(self, name: str) -> str:
        """Return what is declared of one wave: its fieldwork, columns and items, and where others tell of it."""
        if name not in self._waves:
            survey, wave = self.survey, self.survey.wave(name)
            items = [self._item(item) for item in sorted({placed.item for placed in wave.items})]
            told = (
                survey.eligibility.columns.get(name),
                survey.invitations.columns.get(name),
                [one.elsewhere.get(name) for one in survey.profile],
                survey.crosswalk and survey.crosswalk.ids.get(name),
                survey.mailings and [value for value, wave in survey.mailings.waves.items() if wave == name],
            )
            self._waves[name] = _short((wave, items, told))
        return self._waves[name]

    def _item(self, name: str) -> str:
        if name not in self._items:
            self._items[name] = _short(self.survey.items.get(name))
        return self._items[name]


def waves_compared_with(survey: Survey, source: str, in_use: Collection[str]) -> list[str]:
    """Return the wave before, and those that asked an item of this wave last before it."""
    if not survey.has_wave(source):
        return []
    wave = survey.wave(source)
    earlier = [one for one in survey.waves if one.wave_number < wave.wave_number]
    asked_last = {placed.item: one.wave for one in earlier if one.wave in in_use for placed in one.items}
    asked = {asked_last[placed.item] for placed in wave.items if placed.item in asked_last}
    return [one.wave for one in earlier if one.wave in asked or one is earlier[-1]]


def _short(declared: object) -> str:
    """Return a hash of values that print the same when they are the same."""
    return hashlib.blake2b(repr(declared).encode(), digest_size=16).hexdigest()


def _is_common(field: str) -> bool:
    return field not in NAMED_BY_STEPS


def waves_behind(survey: Survey, recipe: WeightRecipe, waves: Iterable[str]) -> set[str]:
    """Return the waves a weight depends on: its own, those it starts from, and those that tell who would answer."""
    needed = set(waves)
    if recipe.starting_wave and recipe.starting_weight:
        needed |= waves_behind(survey, survey.weight(recipe.starting_weight), {recipe.starting_wave})
    if recipe.nonresponse is not None:
        last = max(survey.wave(wave).wave_number for wave in needed)
        needed |= {one.wave for one in survey.waves if one.wave_number < last}
    return needed


def members_of_wave(arrays: PanelArrays, wave: str) -> str:
    """Return a hash of what is known of everyone who was in the panel at a wave, or answered it.

    Codes of strata and PSUs count by who shares them, so that members who join later change nothing.
    """
    if wave not in arrays.is_respondent:  # not delivered
        return ""
    rows = np.flatnonzero(arrays.is_listed[wave] | arrays.is_respondent[wave])
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\0".join(arrays.members[row] for row in rows).encode())
    for name, values in _known(arrays, wave):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values[rows]).tobytes())
    for codes in (arrays.stratum, arrays.psu):
        digest.update(np.unique(codes[rows], return_inverse=True)[1].astype(np.int64).tobytes())
    for words in (arrays.cohort, arrays.interview_mode.get(wave)):
        digest.update("\0".join([] if words is None else words[rows]).encode())
    return digest.hexdigest()


def _known(arrays: PanelArrays, wave: str) -> list[tuple[str, NDArray[Any]]]:
    """Return every array of members with its name, in a fixed order; of waves only this one's."""
    by_wave = {
        "is_respondent": arrays.is_respondent,
        "is_eligible": arrays.is_eligible,
        "is_invited": arrays.is_invited,
        "is_listed": arrays.is_listed,
        "is_removed": arrays.is_removed,
        "is_passed_over": arrays.is_passed_over,
        "is_undeliverable": arrays.is_undeliverable,
    }
    known: dict[str, NDArray[Any]] = {name: flags[wave] for name, flags in by_wave.items() if wave in flags}
    known |= {f"domain {name}": categories.codes for name, categories in arrays.domains.items()}
    known |= {f"domain at the wave {name}": codes for (of, name), codes in arrays.wave_domains.items() if of == wave}
    known["is_other"] = arrays.is_other
    known |= {f"number {name}": values for name, values in arrays.numbers.items()}
    known |= {f"wave number {name}": values for (of, name), values in arrays.wave_numbers.items() if of == wave}
    known |= {f"measure {name}": values for (of, name), values in arrays.measures.items() if of == wave}
    return sorted(known.items())
