"""What a simulation takes as true: how each item is answered, who differs from whom, how members behave."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pipeline.definitions import Item, Survey
from pipeline.errors import DefinitionError, faults_message

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Words = NDArray[np.str_]
Codes = Mapping[str, Integers]  # domain: (n,) place of each person's value among the domain's values

GENERAL_ATTITUDE = "general_attitude"
DONT_KNOW_EFFECT, RESPONSE, LEAVING = "dont_know", "response", "leaving"
DYING, MOVING, DEPRIVATION = "dying", "moving", "deprivation"
OUTCOMES = (DONT_KNOW_EFFECT, RESPONSE, LEAVING, DYING, MOVING, DEPRIVATION)
SHARES_TOLERANCE = 1e-6


@dataclass(frozen=True)
class AnswerModel:
    """How an item is answered at wave 1 by people whose effects are all 0, and what changes later.

    `direction` says which way the topic's attitude moves the answers: 1, -1, or 0 for not at all.
    """

    item: str
    shares: tuple[float, ...]  # one per answer, in the order of the scale
    values: tuple[str, ...] = ()  # the numbers of a number item
    asked: float = 1.0  # share of members asked, by ballot
    direction: float = 1.0
    drift: float = 0.0  # a wave, in standard deviations
    step_wave: int | None = None  # from this wave on,
    step: float = 0.0  # in standard deviations
    dont_know: float = 0.0  # share
    refused: float = 0.0  # share


@dataclass(frozen=True)
class Effect:
    """How people with one value differ, in standard deviations of an outcome (a topic, an item or an event)."""

    outcome: str
    variable: str  # a domain, or general_attitude: the topic's correlation with everything else a person thinks
    value: str
    effect: float
    drift: float = 0.0  # a wave


@dataclass(frozen=True)
class Behaviour:
    """Rates and shares of the simulated panel. Invented, near what methodology B1 reports of real panels."""

    area: str = "region"  # the domain that strata are made of, with deprivation
    smallest_population: int = 200_000  # persons
    persons_per_member: int = 25  # and at least so many persons for each member
    adults_at_address: tuple[float, ...] = (0.33, 0.48, 0.12, 0.07)  # shares of addresses with 1, 2, 3, 4
    oldest: int = 95  # years
    second_adult_from: int = 3  # adults at an address, from which two are drawn
    most_deprived: float = 0.40  # share of addresses, where effects are 0
    deprived_boost: float = 1.5  # chance of an address in the most deprived stratum, to that of the others
    area_power: float = 0.6  # power allocation: an area's sample goes with its population to this power
    refreshment_wave: int = 5
    refreshment_share: float = 1 / 3  # of all members
    response: float = 0.76  # of active members, where effects are 0
    leaving: float = 0.028  # a wave
    withdrawing: float = 0.5  # of the leavers say so; the others just stop answering
    dying: float = 0.003  # a wave
    moving: float = 0.003  # a wave, out of the area
    habit: float = 0.5  # standard deviation of members' own readiness to respond
    attitude_to_response: float = 0.08  # per standard deviation of the general attitude
    attitude_to_leaving: float = -0.08
    attitude_to_dont_know: float = -0.25  # per standard deviation of the topic's attitude
    personal: float = 0.45  # share of an answer's variance that is the person's attitude to the topic
    item_habit: float = 0.25  # and to the item; the rest changes from wave to wave
    skipped: float = 0.004  # share of questions
    partial: float = 0.03  # share of interviews broken off
    comments: float = 0.45  # share of interviews with a comment
    early: float = 2.2  # an interview comes at fieldwork * uniform ** early: most come in the first days


@dataclass(frozen=True)
class Assumptions:
    """Everything a simulation takes as true."""

    answers: Mapping[str, AnswerModel]
    effects: tuple[Effect, ...]
    comments: Mapping[str, tuple[str, ...]]  # item: what people write
    behaviour: Behaviour = Behaviour()

    def variables(self, outcomes: set[str]) -> list[str]:
        """Return the domains by which the outcomes differ."""
        used = {one.variable for one in self.effects if one.outcome in outcomes}
        return sorted(used - {GENERAL_ATTITUDE})

    def general_loading(self, topic: str) -> float:
        """Return the correlation of a topic's attitude with the general attitude."""
        found = [one.effect for one in self.effects if (one.outcome, one.variable) == (topic, GENERAL_ATTITUDE)]
        return found[0] if found else 0.0

    def effect_of(self, outcome: str, codes: Codes, survey: Survey, wave_number: int = 1) -> Floats | float:
        """Return the sum of effects on an outcome for each person; 0 when nothing acts on it."""
        total: Floats | float = 0.0
        for variable in self.variables({outcome}):
            values = survey_domain_values(survey, variable)
            table = np.zeros(len(values))
            for one in self.effects:
                if (one.outcome, one.variable) == (outcome, variable):
                    table[values.index(one.value)] += one.effect + one.drift * (wave_number - 1)
            total = total + table[codes[variable]]
        return total


def survey_domain_values(survey: Survey, domain: str) -> tuple[str, ...]:
    """Return the values of a domain, in their order."""
    return next(one.values for one in survey.domains if one.domain == domain)


def read_assumptions(files: Mapping[str, str], survey: Survey, behaviour: Behaviour | None = None) -> Assumptions:
    """Return the assumptions in the text of answers.csv, effects.csv and comments.csv.

    Raises:
        DefinitionError: an item, outcome, variable or value that the survey does not have, or shares that do not
            fit its answers; all faults are named.
    """
    answers = {row["item"]: answer_model(row) for row in rows_of(files["answers.csv"])}
    effects = tuple(
        Effect(row["outcome"], row["variable"], row["value"], float(row["effect"]), float(row["drift"] or 0))
        for row in rows_of(files["effects.csv"])
    )
    comments: dict[str, tuple[str, ...]] = {}
    for row in rows_of(files["comments.csv"]):
        comments[row["item"]] = (*comments.get(row["item"], ()), row["comment"])
    assumptions = Assumptions(answers, effects, comments, behaviour or Behaviour())
    if faults := [*answer_faults(assumptions, survey), *effect_faults(assumptions, survey)]:
        raise DefinitionError(faults_message(f"{survey.survey}: assumptions of the simulation", faults))
    return assumptions


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text; quoted line breaks stay as they are."""
    return list(csv.DictReader(text.splitlines(keepends=True)))


def answer_model(row: dict[str, str]) -> AnswerModel:
    """Return one row of answers.csv; an empty cell takes the default."""
    numbers = {one.name: float(row[one.name]) for one in fields(AnswerModel) if one.type is float and row.get(one.name)}
    step_wave = int(row["step_wave"]) if row.get("step_wave") else None
    shares = tuple(float(share) for share in row["shares"].split())
    values = tuple(row.get("values", "").split())
    return AnswerModel(row["item"], shares, values, step_wave=step_wave, **numbers)


def answers_of(item: Item, model: AnswerModel) -> tuple[str, ...]:
    """Return the codes, or the numbers, that an item can be answered with."""
    return model.values if item.kind == "number" else tuple(option.code for option in item.answers)


def answer_faults(assumptions: Assumptions, survey: Survey) -> list[str]:
    """Return what is wrong with answers.csv."""
    needed = {name for name, item in survey.items.items() if item.kind != "text"}
    given = set(assumptions.answers)
    faults = [f"answers.csv: no row for item '{name}'. Add it." for name in sorted(needed - given)]
    faults += [f"answers.csv: item '{name}' is not one with answers." for name in sorted(given - needed)]
    for name in sorted(needed & given):
        model = assumptions.answers[name]
        n_answers = len(answers_of(survey.items[name], model))
        if len(model.shares) != n_answers or abs(sum(model.shares) - 1) > SHARES_TOLERANCE:
            found = f"{len(model.shares)} shares that add up to {sum(model.shares):g}"
            faults.append(f"answers.csv, item '{name}': {found}, expected {n_answers} that add up to 1.")
    return faults


def effect_faults(assumptions: Assumptions, survey: Survey) -> list[str]:
    """Return what is wrong with effects.csv."""
    topics = {item.topic for item in survey.items.values() if item.topic}
    outcomes = {*OUTCOMES, *topics, *survey.items}
    values = {one.domain: one.values for one in survey.domains} | {GENERAL_ATTITUDE: ("",)}
    return [
        f"effects.csv: {one.outcome}, {one.variable} '{one.value}' is not an outcome and a domain value."
        for one in assumptions.effects
        if one.outcome not in outcomes or one.value not in values.get(one.variable, ())
    ]
