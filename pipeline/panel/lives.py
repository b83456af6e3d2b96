"""A survey's members over its waves: who was at risk of leaving when, why they went, and how old they were then."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import ANY_WAVE, BIRTH_YEAR, ROSTER, Domain, ProfileVariable, Survey
from pipeline.design import SurveyDesign
from pipeline.panel.arrays import UNKNOWN, PanelArrays
from pipeline.panel.estimates import PanelData
from pipeline.panel.weights import chances_in
from pipeline.retention.histories import NONE, Histories
from pipeline.weighting.starting_weights import starting_weight
from pipeline.weighting.weighting_log import WeightingLog
from pipeline.weighting_steps import WeightRecipe

DAYS_IN_YEAR = 365.2425
GOLDEN_RATIO = (1 + np.sqrt(5)) / 2
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
    age_asked: Floats  # (n,) years of age, or the year of birth; NaN where it is not known
    asked_on: NDArray[np.datetime64]  # (n,) day that age is of
    since_birthday: Floats  # (n,) share of a year lived beyond the age in whole years, on that day
    starts: NDArray[np.datetime64]  # (n_waves,)
    are_births: bool = False  # `age_asked` is the year of birth, and its bands are ages on `asked_on`

    def design(self, *, is_weighted: bool) -> SurveyDesign:
        """Return the recruitment sample with its weights, or with equal ones."""
        arrays = self.data.arrays
        return SurveyDesign(
            weight=self.weight if is_weighted else np.ones(self.rows.size),
            strata=arrays.stratum[self.rows],
            psu=arrays.psu[self.rows],
            lonely_psu=self.data.survey.design.lonely_psu,
        )

    def age_on(self, day: np.datetime64) -> Floats:
        """Return members' ages in whole years on a day, (n,); NaN where they are not known.

        Ages are of whole years: birthdays are taken as spread evenly over the year. Of years of birth, it is the year
        in which those were born who were as old when the bands were ages.
        """
        elapsed = (day - self.asked_on).astype("timedelta64[D]").astype(np.float64)
        elapsed[np.isnat(self.asked_on) | np.isnat(day)] = np.nan
        birthdays = np.floor(elapsed / DAYS_IN_YEAR + self.since_birthday)
        return self.age_asked - birthdays if self.are_births else np.floor(self.age_asked) + birthdays

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
    known = arrays.row_of_member.join(lives.members, on="panel_member_id", how="left").sort("row")[rows]
    starts = np.array([lives.wave_starts.get(wave, np.datetime64("NaT")) for wave in waves], "datetime64[D]")
    age = known["age"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    asked_on = _asked_on(data.survey, known["joined_on"], waves, starts)
    known_age = age_variable(data.survey)
    are_births = known_age is not None and known_age.measure == BIRTH_YEAR
    since_birthday = evenly_spread(age, (asked_on, arrays.stratum[rows], arrays.psu[rows]))
    histories = _histories(data, waves, rows, _causes(data.survey, known, lives.dispositions))
    return PanelTime(data, waves, rows, histories, weight[rows], age, asked_on, since_birthday, starts, are_births)


def age_variable(survey: Survey) -> ProfileVariable | None:
    """Return the variable by which members grow older; None where the plan names none."""
    return next((one for one in survey.profile if survey.retention and one.name == survey.retention.age), None)


def evenly_spread(group: Floats, order: tuple[NDArray[Any], ...]) -> Floats:
    """Return a share of 1 for each row, spread evenly over the rows of each group in an order, (n,).

    Rows that come later in the order leave those before as they are.

    Source: Weyl (1916), multiples of an irrational number modulo 1; of the golden ratio they are spread best.
    """
    sorted_rows = np.lexsort((*reversed(order), group))
    place = np.arange(group.size) - np.searchsorted(group[sorted_rows], group[sorted_rows])
    share = np.empty(group.size)
    share[sorted_rows] = (place + 0.5) * GOLDEN_RATIO % 1
    return share


def band_codes(domain: Domain, age: Floats) -> NDArray[np.int64]:
    """Return the place of each age among a domain's bands, UNKNOWN where it is in none."""
    codes = np.full(age.shape, UNKNOWN, np.int64)
    for code, band in enumerate(domain.bands):
        low, high = (-np.inf if band.low is None else band.low), (np.inf if band.high is None else band.high)
        codes[(age >= low) & (age <= high) & (codes == UNKNOWN)] = code
    return codes


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


def _asked_on(
    survey: Survey, joined_on: pl.Series, waves: tuple[str, ...], starts: NDArray[np.datetime64]
) -> NDArray[np.datetime64]:
    """Return the day that a member's age is of: of joining, or of the wave that asked it."""
    known = age_variable(survey)
    source = known.source if known else ""
    if known and known.known_on:
        return np.full(len(joined_on), np.datetime64(known.known_on, "D"))
    if source in (ROSTER, ANY_WAVE):
        return joined_on.cast(pl.Date).to_numpy().astype("datetime64[D]")
    of_wave = dict(zip(waves, starts, strict=True)).get(source, np.datetime64("NaT"))
    return np.full(len(joined_on), of_wave, "datetime64[D]")
