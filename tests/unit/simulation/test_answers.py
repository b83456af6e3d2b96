"""The truth of the simulated panel is known, people keep their attitudes, and who leaves depends on them."""

import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from pipeline import simulation
from pipeline.errors import DefinitionError
from pipeline.simulation import attitudes, recruitment, response, truth
from tests.unit.simulation.reading import SMALL, codes_of, true_value


def draw_wave(survey, assumptions, people, person, attitude, wave_number, items, rng):
    codes = {domain: code[person] for domain, code in people.codes.items()}
    wave = attitudes.Wave(wave_number, codes, attitude, rng.random(person.size))
    return attitudes.draw_answers(survey, assumptions, [survey.items[item] for item in items], wave, rng)


@pytest.fixture(scope="module")
def everybody(survey, assumptions, people):
    """Answers of the whole population at waves 1 and 7, ten times over."""
    rng = np.random.default_rng(3)
    person = np.tile(np.arange(people.n_persons), 10)
    attitude = attitudes.draw_attitudes(survey, assumptions, person.size, rng)
    items = ["risk_benefit_balance", "nhs_contacts", "secondary_company_acceptable", "trust_data_council"]
    answers = {wave: draw_wave(survey, assumptions, people, person, attitude, wave, items, rng) for wave in (1, 7)}
    return person, attitude, answers


@pytest.mark.parametrize("wave_number", [1, 7])
@pytest.mark.parametrize("item", ["risk_benefit_balance", "secondary_company_acceptable", "trust_data_council"])
def test_the_truth_is_what_the_whole_population_answers(survey, assumptions, people, everybody, item, wave_number):
    person, _, answers = everybody
    profiles = truth.profiles_of(survey, assumptions, people)
    true = truth.true_values(survey, assumptions, profiles, survey.items[item], wave_number)
    answer = answers[wave_number][item]
    for domain, value, is_in in (
        ("all", "all", answer >= 0),
        ("age_group", "16-24", (answer >= 0) & (people.codes["age_group"][person] == 0)),
        ("region", "London", (answer >= 0) & (people.codes["region"][person] == 6)),
    ):
        shares = true.filter(domain=domain, domain_value=value, statistic="share")["true_value"].to_numpy()
        counts = np.bincount(answer[is_in], minlength=shares.size)
        tolerance = 4 * np.sqrt(shares * (1 - shares) / is_in.sum())
        assert (np.abs(counts / is_in.sum() - shares) < tolerance).all(), (domain, value)
        headline = true.filter(domain=domain, domain_value=value, statistic="headline")["true_value"].item()
        assert headline == pytest.approx(shares[-2:].sum())


def test_the_true_mean_of_a_number_is_that_of_the_whole_population(survey, assumptions, people, everybody):
    model = assumptions.answers["nhs_contacts"]
    answer = everybody[2][1]["nhs_contacts"]
    numbers = np.array([float(value) for value in model.values])[answer[answer >= 0]]
    profiles = truth.profiles_of(survey, assumptions, people)
    true = truth.true_values(survey, assumptions, profiles, survey.items["nhs_contacts"], 1)
    assert set(true["statistic"]) == {"mean"}
    mean = true.filter(domain="all")["true_value"].item()
    assert abs(numbers.mean() - mean) < 4 * numbers.std() / np.sqrt(numbers.size)


def test_answers_of_one_person_hang_together_from_wave_to_wave(everybody):
    _, _, answers = everybody
    first, later = answers[1]["trust_data_council"], answers[7]["trust_data_council"]
    both = (first >= 0) & (later >= 0)
    assert np.corrcoef(first[both], later[both])[0, 1] > 0.55


def test_people_who_trust_less_say_more_often_that_they_do_not_know(everybody):
    _, attitude, answers = everybody
    is_low = attitude.topic["trust"] < -1
    dont_know = answers[1]["trust_data_council"] == attitudes.DONT_KNOW
    assert dont_know[is_low].mean() > 1.3 * dont_know[~is_low].mean()


def test_half_the_sample_is_not_asked_a_half_ballot_item(everybody):
    answer = everybody[2][1]["secondary_company_acceptable"]
    assert (answer == attitudes.NOT_ASKED).mean() == pytest.approx(0.5, abs=0.01)


def test_true_attitudes_drift_and_step(panel):
    agreed = [true_value(panel, f"w0{wave}", "risk_benefit_balance", "benefits_outweigh") for wave in range(1, 9)]
    assert all(later > earlier for earlier, later in pairwise(agreed[:6]))
    assert agreed[6] < agreed[5] - 0.05


def test_true_attitudes_differ_by_age_region_and_qualification(panel):
    shares = pl.read_csv(io.BytesIO(panel.truth["shares.csv"]))
    trust = shares.filter(wave="w01", item="trust_data_council", statistic="headline")
    for domain in ("age_group", "region", "qualification"):
        values = trust.filter(domain=domain)["true_value"]
        assert values.max() - values.min() > 0.05, domain


def test_full_response_weighted_by_inverse_probability_is_unbiased_for_the_truth(survey, assumptions, people):
    item, n_panels = "trust_data_council", 60
    profiles = truth.profiles_of(survey, assumptions, people)
    true = truth.true_values(survey, assumptions, profiles, survey.items[item], 5)
    true_trust = true.filter(domain="all", statistic="headline")["true_value"].item()
    estimates = []
    for seed in range(n_panels):
        rng = np.random.default_rng(seed)
        recruits = recruitment.recruit(people, 500, 8, SMALL, rng)
        attitude = attitudes.draw_attitudes(survey, assumptions, recruits.n, rng)
        answer = draw_wave(survey, assumptions, people, recruits.person, attitude, 5, [item], rng)[item]
        weight = (answer >= 0) / recruits.selection_probability.sum(axis=1)
        estimates.append(np.average(answer >= 2, weights=weight))
    assert abs(np.mean(estimates) - true_trust) < 4 * np.std(estimates) / np.sqrt(n_panels)


@pytest.fixture(scope="module")
def large_panel(survey, assumptions, people):
    rng = np.random.default_rng(4)
    recruits = recruitment.Recruits(
        person=np.arange(people.n_persons),
        cohort=np.zeros(people.n_persons, np.int64),
        first_wave=np.ones(people.n_persons, np.int64),
        selection_probability=np.ones((people.n_persons, 1)),
    )
    codes = codes_of(people, recruits)
    attitude = attitudes.draw_attitudes(survey, assumptions, recruits.n, rng)
    part = response.draw_participation(survey, assumptions, recruits, codes, attitude, 8, rng)
    return codes, attitude, part


def test_young_members_leave_faster(large_panel):
    codes, _, part = large_panel
    left_panel = np.isin(part.exit_kind, (response.WITHDREW, response.STOPPED))
    share = [left_panel[codes["age_group"] == group].mean() for group in range(5)]
    assert share[0] > share[1] > share[2] > share[4]
    assert share[0] > 2 * share[4]


def test_members_who_trust_less_leave_faster_and_respond_less(large_panel):
    _, attitude, part = large_panel
    is_low = attitude.general < -1
    left_panel = np.isin(part.exit_kind, (response.WITHDREW, response.STOPPED))
    assert left_panel[is_low].mean() > left_panel[~is_low].mean()
    assert part.propensity[is_low].mean() < part.propensity[~is_low].mean()


def test_between_65_and_75_percent_of_active_members_respond(large_panel):
    part = large_panel[2]
    rate = part.responds.sum(axis=0) / part.is_active.sum(axis=0)
    assert ((rate > 0.65) & (rate < 0.75)).all()


def test_nobody_responds_after_leaving_and_many_return_after_a_missed_wave(large_panel):
    part = large_panel[2]
    assert not (part.responds & ~part.is_active).any()
    returned = ~part.responds[:, 0] & part.responds[:, 1]
    assert returned.mean() > 0.05


def test_exits_of_the_population_are_those_the_survey_declares(survey):
    assert set(survey.eligibility.exit_reasons) == {response.DIED, response.MOVED}


def test_who_could_not_be_drawn_in_a_recruitment_has_no_chance_in_it(survey, assumptions, people):
    rng = np.random.default_rng(6)
    recruits = recruitment.recruit(people, 900, 8, SMALL, rng)
    codes = codes_of(people, recruits)
    attitude = attitudes.draw_attitudes(survey, assumptions, recruits.n, rng)
    part = response.draw_participation(survey, assumptions, recruits, codes, attitude, 8, rng)
    chances = response.hazards(survey, assumptions, codes, attitude)
    known = response.known_selection_probabilities(recruits, part, chances, 5, rng)
    is_gone = np.isin(part.exit_kind, response.LEFT_POPULATION) & (part.last_wave < 5) & (recruits.cohort == 0)
    assert is_gone.any()
    assert (known[:, 1] == 0).tolist() == is_gone.tolist()
    is_new = known[:, 0] == 0
    assert is_new.any()
    assert set(recruits.cohort[is_new]) == {1}


def test_every_fault_of_the_assumptions_is_named(survey, files):
    broken = files | {
        "answers.csv": "item,shares\ntrust_data_nhs,0.5 0.6\ndata_cannot_tell,1\n",
        "effects.csv": "outcome,variable,value,effect,drift\ntrust,age_group,16-25,0.1,\nrust,sex,Male,0.1,\n",
    }
    with pytest.raises(DefinitionError) as error:
        simulation.read_assumptions(broken, survey)
    for fault in (
        "no row for item 'linking_support'",
        "'trust_data_nhs': 2 shares that add up to 1.1, expected 4 that add up to 1",
        "'data_cannot_tell' is not one with answers",
        "trust, age_group '16-25'",
        "rust, sex 'Male'",
    ):
        assert fault in str(error.value)


def test_an_item_nothing_acts_on_has_its_shares_everywhere(survey, assumptions, people):
    plain = replace(assumptions, effects=())
    profiles = truth.profiles_of(survey, plain, people)
    true = truth.true_values(survey, plain, profiles, survey.items["consent_choice"], 1)
    for share, wanted in zip(
        true.filter(statistic="share", domain="region", domain_value="Wales")["true_value"],
        assumptions.answers["consent_choice"].shares,
        strict=True,
    ):
        assert share == pytest.approx(wanted, abs=0.01)  # don't know depends on the attitude
