"""A survey's members over its waves: who was at risk of leaving when, why they went, and how old they were then."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import Domain, Survey
from pipeline.design import SurveyDesign
from pipeline.panel.ages import Ages, member_ages
from pipeline.panel.arrays import PanelArrays
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import chances_in
from pipeline.retention.histories import NONE, Histories
from pipeline.weighting.starting_weights import starting_weight
from pipeline.weighting.weighting_log import WeightingLog
from pipeline.weighting_steps import WeightRecipe

OTHER_CAUSE = "out of population"  # somebody left the population and nobody says why
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lives:
    """What the warehouse knows of members' time in the panel, beside who answered."""

    members: pl.DataFrame  # panel_member_id, joined_on, exit_reason, age (at the day it was asked)
    dispositions: pl.DataFrame  # panel_member_id, disposition: texts that say somebody is out of the population
    wave_starts: dict[str, np.datetime64]  # wave: first day of fieldwork; waves without one are left out


@dataclass(frozen=True)
class PanelTime:
    """The members who hold a recruitment weight, wave by wave from the first wave of the retention plan."""

    data: PanelData
    waves: tuple[str, ...]  # answered ones, those in the field left out: who has not answered yet has missed nothing
    rows: NDArray[np.int64]  # (n,) rows of the panel's arrays
    histories: Histories
    weight: Floats  # (n,)
    ages: Ages
    starts: NDArray[np.datetime64]  # (n_waves,)

    def design(self, *, is_weighted: bool) -> SurveyDesign:
        """Return the recruitment sample with its weights, or with equal ones."""
        arrays = self.data.arrays
        return SurveyDesign(
            weight=self.weight if is_weighted else np.ones(self.rows.size),
            strata=arrays.stratum[self.rows],
            psu=arrays.psu[self.rows],
            lonely_psu=self.data.survey.design.lonely_psu,
        )

    def ageing_domains(self) -> list[Domain]:
        """Return the published domains that are bands of age, between which members move as they grow older."""
        plan = plan_of(self.data)
        return [one for one in self.data.survey.domains if one.is_published and one.variable == plan.age]

    def first_domains(self) -> list[Domain]:
        """Return the first published domain of each profile variable: others of it say the same in other bands."""
        first_of: dict[str, Domain] = {}
        for domain in self.data.survey.domains:
            if domain.is_published:
                first_of.setdefault(domain.variable, domain)
        return list(first_of.values())


def plan_of(data: PanelData) -> RetentionPlan:
    """Return the survey's retention plan."""
    assert data.survey.retention is not None
    return data.survey.retention


def waves_from(data: PanelData, first_wave: str) -> list[str]:
    """Return the waves that somebody answered, from the first one of the plan on."""
    start = data.survey.wave(first_wave).wave_number
    return [wave.wave for wave in data.survey.waves if wave.wave_number >= start and data.is_answered(wave.wave)]


def panel_time(data: PanelData, lives: Lives, in_field: Collection[str] = ()) -> PanelTime:
    """Return the members with a recruitment weight and what they did, wave by wave, but for waves in the field."""
    plan, arrays = plan_of(data), data.arrays
    weight = recruitment_weight(data.survey.weight(plan.weight_id), arrays)
    rows = np.flatnonzero(weight > 0)
    waves = tuple(wave for wave in waves_from(data, plan.first_wave) if wave not in in_field)
    members = arrays.row_of_member.join(lives.members, on="panel_member_id", how="left").sort("row")
    starts = np.array([lives.wave_starts.get(wave, np.datetime64("NaT")) for wave in waves], "datetime64[D]")
    ages = member_ages(data.survey, members, lives.wave_starts, (arrays.stratum, arrays.psu)).of(rows)
    histories = _histories(data, waves, rows, _causes(data.survey, members[rows], lives.dispositions))
    return PanelTime(data, waves, rows, histories, weight[rows], ages, starts)


def recruitment_weight(recipe: WeightRecipe, arrays: PanelArrays) -> Floats:
    """Return who the panel was recruited to stand for: the supplied weight, 1 / selection probability, or 1.

    Cohorts are combined as in weights of waves, by the effective sizes of all their members.
    """
    if recipe.supplied is not None:
        return np.nan_to_num(arrays.number(recipe.supplied))
    if not recipe.selection_probabilities:
        return np.ones(len(arrays.members))
    drawn = np.flatnonzero(~arrays.is_other)  # the others stand for nobody but themselves
    chances = chances_in(recipe, list(recipe.selection_probabilities), arrays, drawn)
    weight = np.zeros(len(arrays.members))
    weight[drawn] = starting_weight(recipe, chances, None, np.ones(drawn.size, np.bool_), WeightingLog()).weight
    return weight


def _histories(
    data: PanelData,
    waves: tuple[str, ...],
    rows: NDArray[np.int64],
    causes: tuple[NDArray[np.int64], tuple[str, ...]],
) -> Histories:
    """Return what the chosen members did; between coming and going a member is at risk at every wave invited to."""
    arrays = data.arrays

    def of_waves(flags: dict[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
        return np.column_stack([flags[wave][rows] for wave in waves]) if waves else np.zeros((rows.size, 0), np.bool_)

    listed, eligible, passed_over = (
        of_waves(arrays.is_listed),
        of_waves(arrays.is_eligible),
        of_waves({wave: arrays.passed_over(wave) for wave in waves}),
    )
    has_come = np.logical_or.accumulate(eligible, axis=1)
    is_gone = np.logical_or.accumulate(has_come & listed & ~eligible, axis=1)
    return Histories(
        is_at_risk=has_come & ~is_gone & ~passed_over,
        is_gone=is_gone,
        is_respondent=of_waves(arrays.is_respondent),
        has_withdrawn=listed & eligible & ~of_waves(arrays.is_invited) & ~passed_over,
        population_cause=causes[0],
        population_causes=causes[1],
        missed_waves=plan_of(data).missed_waves,
    )


def _causes(
    survey: Survey, known: pl.DataFrame, dispositions: pl.DataFrame
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return why members left the population: the reason on the member list, or what a wave's disposition says."""
    named = survey.eligibility.causes
    of_wave: dict[str, str] = {}
    for member, text in dispositions.select("panel_member_id", "disposition").iter_rows():
        of_wave.setdefault(member, next((name for name, part in named.items() if part in text), OTHER_CAUSE))
    reasons = survey.eligibility.exit_reasons
    found = [
        reason if reason in reasons else of_wave.get(member)
        for member, reason in known.select("panel_member_id", "exit_reason").iter_rows()
    ]
    others = (OTHER_CAUSE,) if OTHER_CAUSE in found or not (reasons or named) else ()
    causes = (*others, *dict.fromkeys([*reasons, *named]))
    place = {name: code for code, name in enumerate(causes)}
    return np.array([NONE if one is None else place[one] for one in found], np.int64), causes
