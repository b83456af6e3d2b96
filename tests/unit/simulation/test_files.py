"""The files of the simulated panel are as messy as real ones, and as its definition reads them."""

import io
from datetime import date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from pipeline import simulation
from pipeline.errors import UsageError
from tests.unit.simulation.reading import TODAY, read, true_value, wave_answers


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
