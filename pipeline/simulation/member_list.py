"""The member list as the panel's manager would export it on a day: one row per member recruited so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from pipeline.definitions import ProfileVariable, Survey
from pipeline.simulation.assumptions import Floats, Integers
from pipeline.simulation.population import Population
from pipeline.simulation.recruitment import Recruits
from pipeline.simulation.response import STAYED, STOPPED, Participation

ROUTE = "address sample"
JOINING_DAYS = (42, 7)  # before the first wave's start
Fieldwork = tuple[str, date, date]  # wave, first and last day
Columns = dict[str, list[str | None]]  # delivered column: cells


@dataclass(frozen=True)
class Members:
    """Everything about the members that the list tells."""

    member_ids: list[str]
    recruits: Recruits
    participation: Participation
    selection_probability: Floats  # (n, n_cohorts), 0 where a member was not in a recruitment's population


def member_ids(n: int, rng: np.random.Generator) -> list[str]:
    """Return an id for each member, in no order that tells anything."""
    return [f"P-{number:06d}" for number in 1 + rng.permutation(n)]


def member_list(
    survey: Survey,
    population: Population,
    members: Members,
    fieldwork: list[Fieldwork],
    today: date,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Return the member list under its delivered column names, every cell text; blank where there is nothing."""
    recruits, ours = members.recruits, survey.roster.columns
    household = population.household[recruits.person]
    known = history(survey, members, fieldwork, today, rng)
    columns: Columns = {ours[name]: cells for name, cells in known.items() if name in ours}
    columns |= design_columns(survey, population.stratum[household], household, set(columns))
    columns |= probability_columns(survey, members.selection_probability)
    columns |= profile_columns(survey, population, recruits.person)
    dated = (*survey.roster.ignored_columns, *survey.roster.optional_columns.values())
    columns |= {column: [today.isoformat()] * recruits.n for column in dated}
    return pl.DataFrame(columns).sort(ours["panel_member_id"])


def history(
    survey: Survey, members: Members, fieldwork: list[Fieldwork], today: date, rng: np.random.Generator
) -> Columns:
    """Return when and how each member joined, and left as far as known today, under our own names."""
    recruits, exit_kind = members.recruits, members.participation.exit_kind
    cohorts = list(cohort_columns(survey))
    joined_on = joining_days(recruits, fieldwork, rng)
    left_on = [day if day and day <= today else None for day in leaving_days(members.participation, fieldwork, rng)]
    return {
        "panel_member_id": [*members.member_ids],
        "joined_on": [day.isoformat() for day in joined_on],
        "left_on": [day.isoformat() if day else None for day in left_on],
        "exit_reason": [str(kind) if day else None for kind, day in zip(exit_kind, left_on, strict=True)],
        "cohort": [cohorts[cohort] for cohort in recruits.cohort],
        "route": [ROUTE] * recruits.n,
        "status": ["left" if day else "active" for day in left_on],
    }


def cohort_columns(survey: Survey) -> Mapping[str, str]:
    """Return the column of the selection probability of each cohort, in order of recruitment."""
    return next(one.selection_probabilities for one in survey.weights if one.selection_probabilities)


def probability_columns(survey: Survey, selection_probability: Floats) -> Columns:
    """Return each member's chance of selection in each recruitment; 0 in one that has not taken place."""
    columns = list(cohort_columns(survey).values())
    n_cohorts = selection_probability.shape[1]
    chances = np.pad(selection_probability, ((0, 0), (0, len(columns) - n_cohorts)))
    return {column: [f"{one:.10g}" for one in chances[:, place]] for place, column in enumerate(columns)}


def joining_days(recruits: Recruits, fieldwork: list[Fieldwork], rng: np.random.Generator) -> list[date]:
    """Return the day each member joined, in the weeks before their first wave."""
    earliest, latest = JOINING_DAYS
    days_before = rng.integers(latest, earliest, recruits.n)
    return [
        fieldwork[wave_number - 1][1] - timedelta(days=int(days))
        for wave_number, days in zip(recruits.first_wave, days_before, strict=True)
    ]


def leaving_days(
    participation: Participation, fieldwork: list[Fieldwork], rng: np.random.Generator
) -> list[date | None]:
    """Return the day each member left, between two waves; None for who stayed, or stopped without a word."""
    uniform = rng.random(participation.last_wave.size)
    days: list[date | None] = []
    for last_wave, kind, place in zip(participation.last_wave, participation.exit_kind, uniform, strict=True):
        if kind in (STAYED, STOPPED):
            days.append(None)
            continue
        end, next_start = fieldwork[last_wave - 1][2], fieldwork[last_wave][1]
        days.append(end + timedelta(days=1 + int(place * ((next_start - end).days - 1))))
    return days


def design_columns(survey: Survey, stratum: Integers, household: Integers, taken: set[str]) -> Columns:
    """Return the columns of the stratum and the address; the cohort, a stratum too, is there already."""
    columns: Columns = {
        name: [f"S{code + 1:02d}" for code in stratum] for name in survey.design.strata if name not in taken
    }
    if survey.design.psu:
        columns[survey.design.psu] = [f"H-{code + 1:06d}" for code in household]
    return columns


def profile_columns(survey: Survey, population: Population, person: Integers) -> Columns:
    """Return the profile variables of the member list, in the words of whoever delivers it."""
    return {
        one.column: profile_cells(one, survey, population, person) for one in survey.profile if one.source == "roster"
    }


def profile_cells(
    variable: ProfileVariable, survey: Survey, population: Population, person: Integers
) -> list[str | None]:
    """Return one profile variable of each member, as delivered."""
    if variable.is_number:
        return [str(number) for number in population.numbers[variable.name][person]]
    domain = next(one for one in survey.domains if one.variable == variable.name)
    delivered = {ours: theirs for theirs, ours in variable.values.items()}
    words = [delivered.get(value, value) for value in domain.values]
    return [words[code] for code in population.codes[domain.domain][person]]
