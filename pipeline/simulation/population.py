"""The simulated population: people at addresses, drawn so that they meet the survey's margins."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from pipeline.definitions import Domain, Margin, Survey
from pipeline.errors import DefinitionError
from pipeline.simulation.assumptions import (
    DEPRIVATION,
    Assumptions,
    Floats,
    Integers,
    survey_domain_values,
)

HOUSEHOLDS = "households"  # unit of the margins that everybody at an address shares


@dataclass(frozen=True)
class Population:
    """Everybody. Nobody ages, and whoever dies or moves away is replaced by somebody alike: the margins stay."""

    codes: dict[str, Integers]  # domain: (n_persons,) place of each person's value among the domain's values
    numbers: dict[str, Integers]  # numeric profile variable: (n_persons,)
    household: Integers  # (n_persons,) the person's address
    adults: Integers  # (n_households,) persons at each address
    stratum: Integers  # (n_households,) area and deprivation
    n_strata: int

    @property
    def n_persons(self) -> int:
        """Return the number of people."""
        return self.household.size


def draw_population(survey: Survey, n_persons: int, assumptions: Assumptions, rng: np.random.Generator) -> Population:
    """Return a population with the survey's margins: areas first, then what is known of people within areas."""
    behaviour = assumptions.behaviour
    mean_adults = float(np.dot(behaviour.adults_at_address, np.arange(1, len(behaviour.adults_at_address) + 1)))
    n_households = round(n_persons / mean_adults)
    adults = 1 + allocate(np.array(behaviour.adults_at_address), n_households, rng)
    household = np.repeat(np.arange(n_households), adults)
    codes, numbers = draw_profile(survey, behaviour.area, household, n_households, behaviour.oldest, rng)
    first_person = np.concatenate([[0], np.cumsum(adults)[:-1]])
    at_address = {domain: code[first_person] for domain, code in codes.items()}
    effect = assumptions.effect_of(DEPRIVATION, at_address, survey)
    is_deprived = rng.random(n_households) < ndtr(ndtri(behaviour.most_deprived) + effect)
    stratum = 2 * at_address[behaviour.area] + is_deprived
    n_strata = 2 * len(survey_domain_values(survey, behaviour.area))
    return Population(codes, numbers, household, adults, stratum, n_strata)


def allocate(shares: Floats, n: int, rng: np.random.Generator) -> Integers:
    """Return n category codes in random order whose counts meet the shares to within one unit."""
    cumulative = np.cumsum(shares) / np.sum(shares)
    places = (np.arange(n) + 0.5) / max(n, 1)
    return rng.permutation(np.minimum(np.searchsorted(cumulative, places), len(shares) - 1)).astype(np.int64)


def allocate_within(totals: Floats, given: Integers, rng: np.random.Generator) -> Integers:
    """Return codes drawn within each given category; totals (n_given, n_categories)."""
    drawn = np.zeros(given.size, np.int64)
    for category, shares in enumerate(totals):
        members = np.flatnonzero(given == category)
        drawn[members] = allocate(shares, members.size, rng)
    return drawn


def draw_profile(
    survey: Survey,
    area: str,
    household: Integers,
    n_households: int,
    oldest: int,
    rng: np.random.Generator,
) -> tuple[dict[str, Integers], dict[str, Integers]]:
    """Return the domain codes and the numeric variables of everybody.

    A margin that crosses a domain already drawn with one that is not is used to draw the second given the first;
    domains of the same numeric variable follow from each other. A margin of households is drawn per address.

    Raises:
        DefinitionError: a domain that no margin gives the totals of.
    """
    domains = {one.domain: one for one in survey.domains}
    at_address = {area: allocate(np.array(list(survey.margins[area].totals.values())), n_households, rng)}
    codes, numbers = {area: at_address[area][household]}, {}
    while step := next_margin(survey, codes):
        margin, given, wanted = step
        totals = crossed_totals(margin, domains[given], domains[wanted])
        if margin.unit == HOUSEHOLDS and given in at_address:
            at_address[wanted] = allocate_within(totals, at_address[given], rng)
            codes[wanted] = at_address[wanted][household]
        else:
            codes[wanted] = allocate_within(totals, codes[given], rng)
        variable = domains[wanted].variable
        if domains[wanted].bands and variable not in numbers:
            numbers[variable] = draw_numbers(domains[wanted], codes[wanted], oldest, rng)
            codes |= banded(survey, variable, numbers[variable])
    if undrawn := sorted(set(domains) - set(codes)):
        raise DefinitionError(
            f"{survey.survey}: no margin tells how to draw {', '.join(undrawn)}. Add a margin that crosses each "
            f"with '{area}' or with a domain already drawn."
        )
    return codes, numbers


def next_margin(survey: Survey, drawn: dict[str, Integers]) -> tuple[Margin, str, str] | None:
    """Return the next crossed margin with exactly one domain drawn: the margin, that domain, and the other."""
    for name, margin in survey.margins.items():
        parts = name.split("*")
        if len(parts) == 2 and (parts[0] in drawn) != (parts[1] in drawn):
            given, wanted = parts if parts[0] in drawn else reversed(parts)
            return margin, given, wanted
    return None


def crossed_totals(margin: Margin, given: Domain, wanted: Domain) -> Floats:
    """Return a crossed margin as a table, (values of the given domain, values of the wanted one)."""
    is_given_first = margin.margin.split("*")[0] == given.domain
    return np.array(
        [[margin.totals[f"{a}*{b}" if is_given_first else f"{b}*{a}"] for b in wanted.values] for a in given.values]
    )


def draw_numbers(domain: Domain, codes: Integers, oldest: int, rng: np.random.Generator) -> Integers:
    """Return whole numbers, uniform within each closed band and ever rarer up to `oldest` in the open one."""
    low = np.array([band.low or 0 for band in domain.bands])[codes]
    high = np.array([oldest if band.high is None else band.high for band in domain.bands])[codes]
    is_open = np.array([band.high is None for band in domain.bands])[codes]
    uniform = rng.random(codes.size)
    place = np.where(is_open, 1 - np.sqrt(1 - uniform), uniform)
    return np.asarray(low + np.floor(place * (high - low + 1)), np.int64)


def banded(survey: Survey, variable: str, numbers: Integers) -> dict[str, Integers]:
    """Return the codes of every domain that is bands of a numeric variable."""
    return {
        one.domain: np.searchsorted([band.low or 0 for band in one.bands], numbers, side="right") - 1
        for one in survey.domains
        if one.variable == variable
    }
