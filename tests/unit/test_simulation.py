"""The simulated panel: its truth is known, its sample is a probability sample, its files are as messy as real ones."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline import simulation, survey_files
from pipeline.errors import DefinitionError, UsageError
from pipeline.simulation import attitudes, delivery, population, recruitment, response, truth

FOLDER = Path(__file__).resolve().parents[2] / "surveys" / "citizens_panel"
TODAY = date(2026, 11, 23)
SMALL = simulation.Behaviour(smallest_population=20_000)


@pytest.fixture(scope="module")
def survey():
    return survey_files.read_survey(FOLDER)


@pytest.fixture(scope="module")
def files():
    return {path.name: path.read_text(encoding="utf-8") for path in (FOLDER / "simulation").glob("*.csv")}


@pytest.fixture(scope="module")
def assumptions(survey, files):
    return simulation.read_assumptions(files, survey, SMALL)


@pytest.fixture(scope="module")
def people(survey, assumptions):
    return population.draw_population(survey, 20_000, assumptions, np.random.default_rng(1))


@pytest.fixture(scope="module")
def panel(survey, assumptions):
    return simulation.simulate_panel(survey, assumptions=assumptions, members=600, waves=8, seed=5, today=TODAY)


@pytest.fixture(scope="module")
def members(panel):
    return read(panel.deliveries["member_list.csv"])


def read(content: bytes, place: int = 0) -> pl.DataFrame:
    export = delivery.EXPORTS[place]
    text = content.decode(export.encoding)
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=export.separator))
    return pl.DataFrame([row for row in rows if any(row)], schema=header, orient="row")


def wave_answers(panel, survey, wave_number: int, item: str) -> pl.DataFrame:
    """The complete interviews of a wave: member id and the cell delivered for an item."""
    template = survey.waves[(wave_number - 1) % 8]
    frame = read(panel.deliveries[f"citizens_panel_w{wave_number:02d}.csv"], (wave_number - 1) % 8)
    column = next(placed.column for placed in template.items if placed.item == item)
    complete, test = template.source.complete_when, template.source.test_rows
    return frame.filter(
        pl.col(complete.column).is_in(list(complete.values)), ~pl.col(test.column).is_in(list(test.values))
    ).select(member_id=template.source.columns["panel_member_id"], cell=column)


def true_value(panel, wave: str, item: str, category: str) -> float:
    shares = pl.read_csv(io.BytesIO(panel.truth["shares.csv"]))
    return shares.filter(wave=wave, item=item, category=category, domain="all")["true_value"].item()


def codes_of(people, recruits):
    return {domain: code[recruits.person] for domain, code in people.codes.items()}


# The population


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


# Recruitment


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


# Attitudes and truth


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


# Response


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


# The member list


def test_the_member_list_has_every_column_the_survey_names(survey, members):
    named = [*survey.roster.columns.values(), *survey.roster.required_columns, *survey.design.strata]
    named += [one.column for one in survey.profile]
    assert set(named) <= set(members.columns)
    assert members["MEMBER_ID"].n_unique() == members.height == 600
    assert members["MEMBER_ID"].str.contains(r"^P-\d{6}$").all()


def test_profile_values_are_those_the_survey_knows(survey, members):
    for variable in survey.profile:
        if variable.categories:
            delivered = set(members[variable.column])
            assert {variable.values.get(value, value) for value in delivered} <= set(variable.categories)


def test_only_what_is_known_today_is_in_the_member_list(members, panel):
    left = members.filter(pl.col("LEFT_ON") != "")
    assert set(left["EXIT_REASON"]) == {"died", "moved out of area", "withdrew"}
    assert left["LEFT_ON"].max() <= TODAY.isoformat()
    assert set(left["STATUS"]) == {"left"}
    hidden = pl.read_csv(io.BytesIO(panel.truth["members.csv"])).filter(exit_kind="stopped answering")
    assert set(members.filter(pl.col("MEMBER_ID").is_in(hidden["member_id"].implode()))["STATUS"]) == {"active"}


def test_everybody_joins_before_the_first_wave_they_are_invited_to(members, panel):
    starts = {"c1": panel.waves[0][1], "c2": panel.waves[4][1]}
    for cohort, joined_on in members.select("COHORT", "JOINED_ON").iter_rows():
        assert timedelta(0) < starts[cohort] - date.fromisoformat(joined_on) <= timedelta(weeks=6)


# The files


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(survey, assumptions):
    def run(seed):
        return simulation.simulate_panel(survey, assumptions=assumptions, members=150, waves=2, seed=seed, today=TODAY)

    assert run(1) == run(1)
    assert run(1).deliveries["citizens_panel_w01.csv"] != run(2).deliveries["citizens_panel_w01.csv"]


def test_waves_are_quarterly_and_the_last_is_in_the_field(panel):
    assert [wave for wave, _, _ in panel.waves] == [f"w0{number}" for number in range(1, 9)]
    assert panel.waves[-1][1:] == (TODAY - timedelta(days=10), TODAY + timedelta(days=11))
    for (_, start, end), (_, following, _) in pairwise(panel.waves):
        assert following - start == timedelta(weeks=13)
        assert end - start == timedelta(weeks=3)


@pytest.mark.parametrize("wave_number", range(1, 9))
def test_a_delivery_has_the_columns_of_its_definition(survey, panel, wave_number):
    wave = survey.waves[wave_number - 1]
    frame = read(panel.deliveries[wave.source.file], wave_number - 1)
    filters = (wave.source.complete_when, wave.source.test_rows)
    named = {
        *wave.source.columns.values(),
        *wave.source.optional_columns.values(),
        *wave.source.ignored_columns,
        *wave.source.constants,
        *(one.column for one in filters),
        *(placed.column for placed in wave.items),
    }
    assert set(frame.columns) == named


@pytest.mark.parametrize("wave_number", range(1, 9))
def test_every_answer_delivered_is_one_the_definition_reads(survey, panel, wave_number):
    wave = survey.waves[wave_number - 1]
    frame = read(panel.deliveries[wave.source.file], wave_number - 1)
    for placed in wave.items:
        item = survey.items[placed.item]
        if item.kind == "category":
            known = {name for option in item.options for name in (option.code, option.label)} | {""}
            assert {placed.recode.get(cell, cell) for cell in frame[placed.column]} <= known, placed.item


@pytest.mark.parametrize("wave_number", range(1, 9))
def test_interviews_end_during_fieldwork_and_before_today(survey, panel, wave_number):
    source = survey.waves[wave_number - 1].source
    _, start, end = panel.waves[wave_number - 1]
    frame = read(panel.deliveries[source.file], wave_number - 1)
    ended = [
        datetime.strptime(cell, source.completed_at_format).date() for cell in frame[source.columns["completed_at"]]
    ]
    assert min(ended) >= start
    assert max(ended) <= min(end, TODAY - timedelta(days=1))


def test_the_wave_in_the_field_has_only_the_answers_so_far(survey, panel):
    n_interviews = [wave_answers(panel, survey, wave, "linking_support").height for wave in (7, 8)]
    assert 0.5 < n_interviews[1] / n_interviews[0] < 0.9


def test_the_refreshment_answers_from_wave_five_on(survey, panel, members):
    refreshment = set(members.filter(COHORT="c2")["MEMBER_ID"])
    for wave in range(1, 9):
        ids = set(wave_answers(panel, survey, wave, "linking_support")["member_id"])
        assert bool(ids & refreshment) == (wave >= 5)
        assert ids <= set(members["MEMBER_ID"])


def test_a_reversed_scale_is_delivered_reversed(survey, panel):
    delivered = wave_answers(panel, survey, 6, "predict_human_decides")["cell"]
    share_of_ones = (delivered == "1").sum() / delivered.is_in(list("12345")).sum()
    true = true_value(panel, "w06", "predict_human_decides", "Strongly agree")
    assert share_of_ones == pytest.approx(true, abs=0.1)
    assert true > 0.3


def test_some_waves_deliver_labels_in_place_of_codes(survey, panel):
    cells = set(wave_answers(panel, survey, 3, "linking_support")["cell"])
    assert "Tend to support" in cells
    assert not cells & set("12345")


def test_files_differ_in_delimiter_encoding_and_line_ends(panel):
    second, third = (panel.deliveries[f"citizens_panel_w0{wave}.csv"] for wave in (2, 3))
    assert second.startswith(b"\xef\xbb\xbf")
    assert b";" in second.partition(b"\r\n")[0]
    assert second.rstrip(b"\r\n").endswith(b";;;;")
    with pytest.raises(UnicodeDecodeError):
        third.decode("utf-8")
    assert third.decode("cp1252")


def test_comments_hold_commas_quotes_and_line_breaks(survey, panel):
    written = "".join(wave_answers(panel, survey, 1, "data_cannot_tell")["cell"])
    assert "," in written
    assert '"' in written
    assert "\n" in written


def test_an_interview_broken_off_is_marked_and_blank_at_the_end(survey, panel):
    wave = survey.waves[0]
    frame = read(panel.deliveries[wave.source.file])
    partial = frame.filter(FINISHED="0")
    assert 0 < partial.height < 0.1 * frame.height
    answered = partial.select(placed.column for placed in wave.items if survey.items[placed.item].kind != "text")
    for row in answered.iter_rows():
        n_answered = sum(bool(cell) for cell in row)
        assert 0 < n_answered < len(row)
        assert all(row[:n_answered])


def test_test_interviews_are_marked_and_have_ids_of_nobody(survey, panel):
    wave = survey.waves[0]
    frame = read(panel.deliveries[wave.source.file])
    tests = frame.filter(pl.col("Status").is_in(list(wave.source.test_rows.values)))
    assert tests["RESP_ID"].to_list() == ["TEST-1", "TEST-2"]


def test_a_ballot_is_the_reason_for_not_asked(survey, panel):
    frame = read(panel.deliveries["citizens_panel_w02.csv"], 1).filter(completed="Y")
    column = next(placed.column for placed in survey.waves[1].items if placed.item == "secondary_company_acceptable")
    assert set(frame.filter(ballot="B")[column]) == {"-7"}
    assert "-7" not in set(frame.filter(ballot="A")[column])


def test_waves_beyond_those_defined_repeat_the_layouts_under_their_own_names(survey, assumptions):
    thirteen = simulation.simulate_panel(survey, assumptions=assumptions, members=150, waves=13, seed=1, today=TODAY)
    frame = read(thirteen.deliveries["citizens_panel_w13.csv"], 4)
    assert set(frame["wave_code"]) == {"w13"}
    assert set(read(thirteen.deliveries["citizens_panel_w09.csv"]).columns) >= {"RESP_ID", "Q1"}
    assert len(thirteen.deliveries) == 14


def test_a_small_panel_of_one_wave_has_no_refreshment(survey, assumptions):
    one = simulation.simulate_panel(survey, assumptions=assumptions, members=60, waves=1, seed=1, today=TODAY)
    listed = read(one.deliveries["member_list.csv"])
    assert set(listed["COHORT"]) == {"c1"}
    assert set(listed["SEL_PROB_C2"]) == {"0"}


def test_no_wave_at_all_is_refused(survey, assumptions):
    with pytest.raises(UsageError, match="0 waves"):
        simulation.simulate_panel(survey, assumptions=assumptions, members=60, waves=0, seed=1, today=TODAY)


def test_the_truth_names_every_published_domain_and_nobody_s_answers(survey, panel):
    assert set(panel.truth) == {"shares.csv", "population.csv", "response.csv", "members.csv", "parameters.json"}
    shares = pl.read_csv(io.BytesIO(panel.truth["shares.csv"]))
    assert set(shares["domain"]) == {"all", *(one.domain for one in survey.domains if one.is_published)}
    by_domain = (
        pl.read_csv(io.BytesIO(panel.truth["population.csv"])).group_by("domain").agg(pl.sum("population_share"))
    )
    assert by_domain["population_share"].to_list() == pytest.approx([1.0] * len(survey.domains))


def test_response_by_age_is_part_of_the_truth(panel):
    by_age = pl.read_csv(io.BytesIO(panel.truth["response.csv"])).filter(domain="age_group", wave="w04")
    propensity = by_age["mean_propensity"]
    assert propensity[0] < propensity[2] < propensity[4]
    assert (by_age["n_taking_part"] <= by_age["n_active"]).all()
    assert (by_age["n_active"] <= by_age["n_recruited"]).all()


# The assumptions


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
