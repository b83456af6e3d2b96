"""A whole simulated panel, from the population to the files that its survey platform delivers."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipeline.definitions import Survey
from pipeline.definitions import Wave as WaveDefinition
from pipeline.errors import UsageError
from pipeline.simulation.assumptions import Assumptions
from pipeline.simulation.attitudes import draw_attitudes
from pipeline.simulation.delivery import EXPORTS, Export, as_bytes, export_wave
from pipeline.simulation.interviews import DAYS_IN_FIELD, draw_interviews
from pipeline.simulation.member_list import Fieldwork, Members, member_ids, member_list
from pipeline.simulation.population import draw_population
from pipeline.simulation.recruitment import recruit
from pipeline.simulation.response import draw_participation, hazards, known_selection_probabilities
from pipeline.simulation.truth_files import truth_files

DAYS_BETWEEN_WAVES = 91  # from start to start
DAYS_SINCE_LAST_START = 10  # the last wave is in the field


@dataclass(frozen=True)
class SimulatedPanel:
    """What a simulation gives: files to deliver, files with the truth, and when each wave is fielded."""

    deliveries: dict[str, bytes]  # file name: content
    truth: dict[str, bytes]  # file name: content; never to be published
    waves: tuple[Fieldwork, ...]  # (wave, first day, last day of fieldwork)


def simulate_panel(
    survey: Survey, *, assumptions: Assumptions, members: int, waves: int, seed: int, today: date
) -> SimulatedPanel:
    """Return a panel's deliveries up to today, with the truth behind them; the same seed gives the same bytes.

    Waves beyond those defined repeat the definitions in order, under their own names. The last wave is in the
    field: only those who answered before today are in its delivery.

    Raises:
        UsageError: no wave is asked for, or too few members for the strata.
    """
    if waves < 1:
        raise UsageError(f"{waves} waves, expected 1 or more. Ask for at least one wave.")
    fieldwork = fieldwork_dates(survey, waves, today)
    rngs = [np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(5)]
    behaviour = assumptions.behaviour
    n_persons = max(behaviour.smallest_population, behaviour.persons_per_member * members)
    population = draw_population(survey, n_persons, assumptions, rngs[0])
    recruits = recruit(population, members, waves, behaviour, rngs[1])
    codes = {domain: code[recruits.person] for domain, code in population.codes.items()}
    attitudes = draw_attitudes(survey, assumptions, members, rngs[2])
    participation = draw_participation(survey, assumptions, recruits, codes, attitudes, waves, rngs[3])
    chances = hazards(survey, assumptions, codes, attitudes)
    probability = known_selection_probabilities(recruits, participation, chances, behaviour.refreshment_wave, rngs[3])
    panel = Members(member_ids(members, rngs[4]), recruits, participation, probability)
    listed = member_list(survey, population, panel, fieldwork, today, rngs[4])
    deliveries = {survey.roster.file: as_bytes(listed, Export())}
    templates = [wave_template(survey, place + 1) for place in range(waves)]
    for place, ((name, start, _), template) in enumerate(zip(fieldwork, templates, strict=True)):
        interviews = draw_interviews(
            survey, assumptions, template, place + 1, panel, codes, attitudes, (today - start).days, rngs[4]
        )
        export = EXPORTS[place % len(EXPORTS)]
        content = export_wave(survey, assumptions, template, name, start, interviews, export, rngs[4])
        deliveries[template.source.file.replace(template.wave, name)] = content
    named = [(name, template) for (name, _, _), template in zip(fieldwork, templates, strict=True)]
    settings = {"seed": seed, "members": members, "waves": waves, "today": today.isoformat()}
    truth = truth_files(survey, assumptions, population, panel, named, settings)
    return SimulatedPanel(deliveries, truth, tuple(fieldwork))


def fieldwork_dates(survey: Survey, waves: int, today: date) -> list[Fieldwork]:
    """Return name, first and last day of each wave, so that the last one is in the field today."""
    last_start = today - timedelta(days=DAYS_SINCE_LAST_START)
    starts = [last_start - timedelta(days=DAYS_BETWEEN_WAVES * (waves - 1 - place)) for place in range(waves)]
    return [
        (wave_name(survey, place + 1), start, start + timedelta(days=DAYS_IN_FIELD))
        for place, start in enumerate(starts)
    ]


def wave_template(survey: Survey, wave_number: int) -> WaveDefinition:
    """Return the definition that a wave follows."""
    return survey.waves[(wave_number - 1) % len(survey.waves)]


def wave_name(survey: Survey, wave_number: int) -> str:
    """Return a wave's name, in the style of those defined."""
    pattern = wave_template(survey, wave_number).wave
    return re.sub(r"\d+", lambda digits: str(wave_number).zfill(len(digits.group())), pattern, count=1)
