"""The truth that a simulated panel's estimates are judged by: population shares without sampling or nonresponse."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import ndtr

from pipeline.definitions import ALL, Domain, Item, Survey
from pipeline.simulation.assumptions import DONT_KNOW_EFFECT, Assumptions, Flags, Floats, Integers, answers_of
from pipeline.simulation.attitudes import dont_know_chance, item_mean, loading, thresholds, topics_of
from pipeline.simulation.population import Population

NODES = 9  # of the Gauss-Hermite rule over attitudes; 9 agree with 40 to 1e-9 here


@dataclass(frozen=True)
class Profiles:
    """The population as counts of people alike in all that moves their answers or that is published."""

    codes: dict[str, Integers]  # domain: (n_profiles,)
    persons: Floats  # (n_profiles,)
    domain_values: pl.DataFrame  # domain, domain_value
    members: Floats  # (n_domain_values, n_profiles) persons of each profile who are in the domain


def profiles_of(survey: Survey, assumptions: Assumptions, population: Population) -> Profiles:
    """Return the population's profiles; domains are everyone, then each value of each published domain."""
    published = [one for one in survey.domains if one.is_published]
    outcomes = {*topics_of(survey), *survey.items, DONT_KNOW_EFFECT}
    names = sorted({*assumptions.variables(outcomes), *(one.domain for one in published)})
    n_values = [len(one.values) for name in names for one in survey.domains if one.domain == name]
    cell = np.ravel_multi_index([population.codes[name] for name in names], n_values)
    count = np.bincount(cell)
    cells = np.flatnonzero(count)
    codes = dict(zip(names, np.unravel_index(cells, n_values), strict=True))
    rows = [(ALL, ALL, np.ones(cells.size, bool)), *published_masks(published, codes)]
    values = pl.DataFrame(
        [(domain, value) for domain, value, _ in rows], schema=["domain", "domain_value"], orient="row"
    )
    persons = count[cells].astype(float)
    return Profiles(codes, persons, values, np.array([mask for _, _, mask in rows]) * persons)


def published_masks(domains: Sequence[Domain], codes: dict[str, Integers]) -> Iterator[tuple[str, str, Flags]]:
    """Yield domain, value, and which profiles are in it."""
    for one in domains:
        for place, value in enumerate(one.values):
            yield one.domain, value, codes[one.domain] == place


def true_values(
    survey: Survey, assumptions: Assumptions, profiles: Profiles, item: Item, wave_number: int
) -> pl.DataFrame:
    """Return the true share of each answer and headline (of a number: the mean) in each domain.

    The population behind a share are the people who would answer the item, were everybody asked: neither a don't
    know nor a refusal counts, as in the estimates. Expected over answers, exact over the population's profiles.
    """
    model, behaviour = assumptions.answers[item.item], assumptions.behaviour
    nodes, node_weights = np.polynomial.hermite_e.hermegauss(NODES)
    mean = np.broadcast_to(item_mean(survey, assumptions, item, profiles.codes, wave_number), profiles.persons.shape)
    effect = np.broadcast_to(assumptions.effect_of(DONT_KNOW_EFFECT, profiles.codes, survey), profiles.persons.shape)
    own = loading(model, behaviour)
    place = mean[:, None] + own * nodes  # (n_profiles, n_nodes)
    above = ndtr((place[:, :, None] - thresholds(model)) / np.sqrt(1 - own**2))
    share = -np.diff(above, axis=2, prepend=1.0, append=0.0)  # (n_profiles, n_nodes, n_answers)
    answering = node_weights * (1 - dont_know_chance(model, effect[:, None], nodes, behaviour))
    answers = profiles.members @ np.einsum("cm,cmk->ck", answering, share)
    shares = answers / (profiles.members @ answering.sum(axis=1))[:, None]
    return labelled(item, model.values, answers_of(item, model), shares, profiles.domain_values)


def labelled(
    item: Item, numbers: Sequence[str], codes: Sequence[str], shares: Floats, domain_values: pl.DataFrame
) -> pl.DataFrame:
    """Return shares (n_domain_values, n_answers) as rows of item, statistic, category, domain and true value."""
    if numbers:
        columns = [("mean", "", shares @ np.array([float(number) for number in numbers]))]
    else:
        labels = {option.code: option.label for option in item.answers}
        columns = [("share", labels[code], shares[:, place]) for place, code in enumerate(codes)]
        columns += [
            ("headline", name, shares[:, [codes.index(code) for code in added]].sum(axis=1))
            for name, added in item.headline.items()
        ]
    return pl.concat(
        domain_values.select(
            pl.lit(item.item).alias("item"),
            pl.lit(statistic).alias("statistic"),
            pl.lit(category).alias("category"),
            "domain",
            "domain_value",
            pl.Series("true_value", values),
        )
        for statistic, category, values in columns
    )
