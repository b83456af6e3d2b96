"""Recruitment: addresses drawn by stratum with unequal chances, one or two adults each, in up to two cohorts."""

from dataclasses import dataclass

import numpy as np

from pipeline.errors import UsageError
from pipeline.simulation.assumptions import Behaviour, Floats, Integers
from pipeline.simulation.population import Population

SMALLEST_STRATUM = 2  # addresses a cohort draws from each stratum, so that a variance can be estimated


@dataclass(frozen=True)
class Recruits:
    """The panel's members in order of cohort."""

    person: Integers  # (n,) place in the population
    cohort: Integers  # (n,) 0 first recruitment, 1 refreshment
    first_wave: Integers  # (n,) wave_number of the first invitation
    selection_probability: Floats  # (n, n_cohorts) chance of each recruitment to draw the person

    @property
    def n(self) -> int:
        """Return the number of members."""
        return self.person.size


def recruit(
    population: Population, members: int, waves: int, behaviour: Behaviour, rng: np.random.Generator
) -> Recruits:
    """Return exactly so many members; everybody drawn joins (nonresponse begins with the first wave).

    The second cohort leaves out the addresses of the first. As an address's chance of the second, given that the
    first passed it by, is n2 / (N - n1), its chance beforehand is (1 - n1/N) * n2 / (N - n1) = n2/N.

    Raises:
        UsageError: too few members to draw two addresses in every stratum, or too many for the population.
    """
    sizes = cohort_sizes(members, waves, behaviour)
    smallest = SMALLEST_STRATUM * population.n_strata
    if min(sizes) < smallest:
        raise UsageError(
            f"{members} members in {len(sizes)} cohorts of {sizes}, expected at least {smallest} in each: two in "
            f"every stratum. Ask for more members."
        )
    addresses = [sample_sizes(population, size, behaviour) for size in sizes]
    n_addresses = np.bincount(population.stratum, minlength=population.n_strata)
    if (sum(addresses) > n_addresses).any():
        raise UsageError(f"{members} members, too many for the addresses of a stratum. Make the population larger.")
    rank = rank_within(population.stratum, rng)  # of an address in its stratum
    picks = 1 + (population.adults >= behaviour.second_adult_from)
    is_picked = rank_within(population.household, rng) < picks[population.household]
    persons, chances, taken = [], [], np.zeros(population.n_strata, np.int64)
    for size, drawn in zip(sizes, addresses, strict=True):
        is_drawn = (rank >= taken[population.stratum]) & (rank < (taken + drawn)[population.stratum])
        candidates = np.flatnonzero(is_picked & is_drawn[population.household])
        persons.append(np.sort(rng.choice(candidates, size, replace=False)))
        chance = (drawn / n_addresses)[population.stratum] * picks / population.adults
        chances.append(chance * size / candidates.size)  # the few too many are let go at random
        taken = taken + drawn
    person = np.concatenate(persons)
    cohort = np.repeat(np.arange(len(sizes)), sizes)
    first_wave = np.where(cohort == 0, 1, behaviour.refreshment_wave)
    return Recruits(person, cohort, first_wave, np.column_stack(chances)[population.household[person]])


def cohort_sizes(members: int, waves: int, behaviour: Behaviour) -> tuple[int, ...]:
    """Return the members of each cohort; there is no refreshment when the panel ends before it."""
    if waves < behaviour.refreshment_wave:
        return (members,)
    refreshment = round(members * behaviour.refreshment_share)
    return (members - refreshment, refreshment)


def sample_sizes(population: Population, n: int, behaviour: Behaviour) -> Integers:
    """Return how many addresses each stratum gives: n in all, at least two each.

    Source: power allocation, Bankier (1988), "Power allocations", The American Statistician 42(3).
    """
    persons = np.bincount(population.stratum, population.adults, minlength=population.n_strata)
    by_area = persons.reshape(-1, 2)  # (areas, less and most deprived)
    within = by_area * [1.0, behaviour.deprived_boost]
    share = by_area.sum(axis=1, keepdims=True) ** behaviour.area_power * within / within.sum(axis=1, keepdims=True)
    exact = (n - SMALLEST_STRATUM * share.size) * share.ravel() / share.sum()
    sizes: Integers = np.floor(exact).astype(np.int64)
    largest_remainders = np.argsort(sizes - exact, kind="stable")[: n - SMALLEST_STRATUM * share.size - sizes.sum()]
    sizes[largest_remainders] += 1
    return sizes + SMALLEST_STRATUM


def rank_within(group: Integers, rng: np.random.Generator) -> Integers:
    """Return the place of each unit in a random order of its group, from 0."""
    order = np.lexsort((rng.random(group.size), group))
    starts = np.concatenate([[0], np.cumsum(np.bincount(group))])
    rank = np.empty(group.size, np.int64)
    rank[order] = np.arange(group.size) - starts[group[order]]
    return rank
