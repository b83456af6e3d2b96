"""The simulated population meets the margins it is drawn from, and its sample is a probability sample of addresses."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import DefinitionError, UsageError
from pipeline.simulation import population, recruitment
from tests.unit.simulation.reading import SMALL


def test_the_population_meets_the_margins_it_is_drawn_from(survey, people):
    for name in ("age_group", "region", "qualification", "ethnicity", "tenure"):
        shares = np.bincount(people.codes[name]) / people.n_persons
        wanted = np.array(list(survey.margins[name].totals.values())) / survey.population.persons
        assert np.abs(shares - wanted).max() < 0.01, name


def test_age_groups_differ_between_regions_as_in_the_census(survey, people):
    is_london = people.codes["region"] == 6
    is_old = people.codes["age_group"] == 4
    margin = survey.margins["region*age_group"].totals
    in_london = sum(persons for key, persons in margin.items() if key.startswith("London*"))
    assert is_old[is_london].mean() == pytest.approx(margin["London*65+"] / in_london, abs=0.002)


def test_ages_fall_in_the_band_they_were_drawn_for(people):
    assert people.numbers["age"].min() == 16
    assert ((people.numbers["age"] >= 65) == (people.codes["age_group"] == 4)).all()
    assert ((people.numbers["age"] >= 65) == (people.codes["age_band_2"] == 1)).all()


def test_people_at_one_address_share_area_and_tenure(people):
    first = np.searchsorted(people.household, np.arange(people.adults.size))
    for domain in ("region", "tenure"):
        assert (people.codes[domain] == people.codes[domain][first][people.household]).all()


def test_counts_meet_shares_to_within_one_unit():
    drawn = population.allocate(np.array([0.5, 0.3, 0.2]), 10, np.random.default_rng(0))
    assert np.bincount(drawn).tolist() == [5, 3, 2]


def test_a_domain_without_a_margin_is_named(survey, assumptions):
    margins = {name: margin for name, margin in survey.margins.items() if "ethnicity" not in name}
    with pytest.raises(DefinitionError, match="how to draw ethnicity"):
        population.draw_population(replace(survey, margins=margins), 2_000, assumptions, np.random.default_rng(0))


def test_exactly_the_members_asked_for_are_recruited_and_nobody_twice(people):
    recruits = recruitment.recruit(people, 301, 8, SMALL, np.random.default_rng(2))
    assert np.bincount(recruits.cohort).tolist() == [201, 100]
    assert np.unique(recruits.person).size == 301
    assert np.unique(recruits.first_wave).tolist() == [1, 5]


def test_the_refreshment_leaves_out_addresses_of_the_first_recruitment(people):
    recruits = recruitment.recruit(people, 900, 8, SMALL, np.random.default_rng(2))
    household = people.household[recruits.person]
    assert not set(household[recruits.cohort == 0]) & set(household[recruits.cohort == 1])


def test_two_members_of_one_address_come_from_larger_ones(people):
    recruits = recruitment.recruit(people, 900, 8, SMALL, np.random.default_rng(2))
    households, n_members = np.unique(people.household[recruits.person], return_counts=True)
    assert set(n_members) == {1, 2}
    assert people.adults[households[n_members == 2]].min() == SMALL.second_adult_from


def test_selection_probabilities_are_unequal(people):
    recruits = recruitment.recruit(people, 900, 8, SMALL, np.random.default_rng(2))
    chance = recruits.selection_probability[:, 0]
    assert chance.max() / chance.min() > 3


def test_a_panel_that_ends_before_the_refreshment_has_one_cohort(people):
    recruits = recruitment.recruit(people, 300, 4, SMALL, np.random.default_rng(2))
    assert recruits.selection_probability.shape == (300, 1)
    assert set(recruits.cohort) == {0}


def test_weights_of_both_cohorts_add_up_to_the_population_and_its_groups(people):
    sums, counts = [], []
    for seed in range(60):
        recruits = recruitment.recruit(people, 600, 8, SMALL, np.random.default_rng(seed))
        weight = 1 / recruits.selection_probability.sum(axis=1)
        tenure = people.codes["tenure"][recruits.person]
        sums.append([weight.sum(), *np.bincount(tenure, weight, minlength=4)])
        counts.append(np.bincount(tenure, minlength=4) / recruits.n)
    persons = np.bincount(people.codes["tenure"])
    error = np.mean(sums, axis=0) - [people.n_persons, *persons]
    assert (np.abs(error) < 4 * np.std(sums, axis=0) / np.sqrt(60)).all()
    assert np.abs(np.mean(counts, axis=0) - persons / people.n_persons).max() > 0.015  # unweighted it is biased


def test_too_few_members_for_the_strata_are_refused(people):
    with pytest.raises(UsageError, match="expected at least 40 in each"):
        recruitment.recruit(people, 60, 8, SMALL, np.random.default_rng(0))


def test_more_members_than_a_stratum_has_addresses_are_refused(people):
    with pytest.raises(UsageError, match="too many for the addresses"):
        recruitment.recruit(people, 9_000, 8, SMALL, np.random.default_rng(0))
