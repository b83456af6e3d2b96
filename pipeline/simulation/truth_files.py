"""The truth as files, for whoever judges the estimates: shares, people, response, members and what was assumed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import polars as pl

from pipeline.definitions import ALL, Survey
from pipeline.definitions import Wave as WaveDefinition
from pipeline.simulation.assumptions import Assumptions, Codes, Flags
from pipeline.simulation.member_list import Members
from pipeline.simulation.population import Population
from pipeline.simulation.truth import profiles_of, true_values


def truth_files(
    survey: Survey,
    assumptions: Assumptions,
    population: Population,
    members: Members,
    waves: Sequence[tuple[str, WaveDefinition]],
    settings: Mapping[str, object],
) -> dict[str, bytes]:
    """Return every file of the truth by name; waves are names with the definitions they follow."""
    codes = {domain: code[members.recruits.person] for domain, code in population.codes.items()}
    names = [name for name, _ in waves]
    parameters = {
        "settings": settings,
        "behaviour": asdict(assumptions.behaviour),
        "answers": {item: asdict(model) for item, model in assumptions.answers.items()},
        "effects": [asdict(one) for one in assumptions.effects],
    }
    frames = {
        "shares.csv": true_shares(survey, assumptions, population, waves),
        "population.csv": population_shares(survey, population),
        "response.csv": response_by_domain(survey, members, codes, names),
        "members.csv": members_truth(members, names),
    }
    files = {name: frame.write_csv().encode() for name, frame in frames.items()}
    return files | {"parameters.json": (json.dumps(parameters, indent=1) + "\n").encode()}


def true_shares(
    survey: Survey,
    assumptions: Assumptions,
    population: Population,
    waves: Sequence[tuple[str, WaveDefinition]],
) -> pl.DataFrame:
    """Return the truth of every item asked at every wave, by everyone and by each published domain."""
    profiles = profiles_of(survey, assumptions, population)
    return pl.concat(
        true_values(survey, assumptions, profiles, item, wave_number).select(pl.lit(name).alias("wave"), pl.all())
        for wave_number, (name, template) in enumerate(waves, start=1)
        for item in (survey.items[placed.item] for placed in template.items)
        if item.kind != "text"
    )


def population_shares(survey: Survey, population: Population) -> pl.DataFrame:
    """Return the simulated population's share in each value of every domain."""
    rows = [
        (one.domain, value, int(count), count / population.n_persons)
        for one in survey.domains
        for value, count in zip(
            one.values, np.bincount(population.codes[one.domain], minlength=len(one.values)), strict=True
        )
    ]
    schema = ["domain", "domain_value", "persons", "population_share"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def response_by_domain(survey: Survey, members: Members, codes: Codes, waves: Sequence[str]) -> pl.DataFrame:
    """Return, for each wave and domain value, how many members are recruited, still active and take part."""
    is_recruited = members.recruits.first_wave[:, None] <= np.arange(1, len(waves) + 1)
    part = members.participation
    rows = [
        (
            wave,
            domain,
            value,
            int((mask & is_recruited[:, place]).sum()),
            int(active.sum()),
            float(part.propensity[active, place].mean()) if active.any() else None,
            int((mask & part.responds[:, place]).sum()),
        )
        for place, wave in enumerate(waves)
        for domain, value, mask in domain_masks(survey, codes, members.recruits.n)
        for active in (mask & part.is_active[:, place],)
    ]
    counts = ["n_recruited", "n_active", "mean_propensity", "n_taking_part"]
    return pl.DataFrame(rows, schema=["wave", "domain", "domain_value", *counts], orient="row")


def domain_masks(survey: Survey, codes: Codes, n: int) -> Iterator[tuple[str, str, Flags]]:
    """Yield everyone, then each domain value with the members in it."""
    yield ALL, ALL, np.ones(n, bool)
    for one in survey.domains:
        for place, value in enumerate(one.values):
            yield one.domain, value, codes[one.domain] == place


def members_truth(members: Members, waves: Sequence[str]) -> pl.DataFrame:
    """Return when each member came and left for good, and why; also of those who left without a word."""
    return pl.DataFrame(
        {
            "member_id": members.member_ids,
            "first_wave": [waves[number - 1] for number in members.recruits.first_wave],
            "last_wave": [waves[number - 1] for number in members.participation.last_wave],
            "exit_kind": members.participation.exit_kind.tolist(),
            "n_waves_taken_part": members.participation.responds.sum(axis=1),
        }
    ).sort("member_id")
