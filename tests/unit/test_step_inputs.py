"""What steps of the night depend on: own waves, own items, own members."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import Mailings, Source, Survey
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.step_inputs import Declared, members_of_wave, waves_behind, waves_compared_with
from pipeline.survey_files import read_survey

TEMPLATE = Path(__file__).resolve().parents[2] / "surveys" / "citizens_panel"


@pytest.fixture(scope="module")
def survey() -> Survey:
    return read_survey(TEMPLATE)


def arrays(members: str, **changes: object) -> PanelArrays:
    """Return a panel of members named by letters: `a` and `b` share a household, `a` and `c` answered w01."""
    everyone = {"a": (0, 0, True), "b": (0, 0, False), "c": (0, 4, True), "z": (1, 2, False)}
    rows = [everyone[name] for name in members]
    flags = {"w01": np.array([name != "z" for name in members])}
    made = PanelArrays(
        members=tuple(members),
        stratum=np.array([row[0] for row in rows]),
        psu=np.array([row[1] for row in rows]),
        cohort=np.array(["1"] * len(members)),
        domains={"sex": Categories(("F", "M"), np.array([ord(name) % 2 for name in members]))},
        numbers={"p": np.array([ord(name) / 128 for name in members])},
        is_respondent={"w01": np.array([row[2] for row in rows])},
        is_eligible=flags,
        is_invited=flags,
        is_listed=flags,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_new_wave_changes_nothing_that_earlier_ones_depend_on(survey: Survey) -> None:
    shorter = replace(survey, waves=survey.waves[:-1])
    assert Declared(shorter).behind({"w01"}) == Declared(survey).behind({"w01"})
    assert Declared(shorter).behind_reading("w02") == Declared(survey).behind_reading("w02")


def test_mailings_tell_of_a_wave_under_each_of_its_names(survey: Survey) -> None:
    source = Source("m.csv", {"panel_member_id": "ID", "invited_to": "TO"})
    names = {"w01": "w01", "w02": "w02", "Spring": "w02"}
    before = replace(survey, mailings=Mailings(source, names))
    renamed = replace(survey, mailings=Mailings(source, {**names, "March": "w02"}))
    assert Declared(renamed).behind({"w01"}) == Declared(before).behind({"w01"})
    assert Declared(renamed).behind({"w02"}) != Declared(before).behind({"w02"})
    assert Declared(renamed).behind_reading("mailings") != Declared(before).behind_reading("mailings")
    returned = replace(survey, mailings=Mailings(source, names, undeliverable=("bounced",)))
    assert Declared(returned).behind({"w01"}) != Declared(before).behind({"w01"})


def test_only_items_that_a_wave_asks_count(survey: Survey) -> None:
    asked = {placed.item for placed in survey.wave("w01").items}
    other = next(name for name in survey.items if name not in asked)
    reworded = {other: replace(survey.items[other], wording="Otherwise")}
    assert Declared(replace(survey, items=survey.items | reworded)).behind({"w01"}) == Declared(survey).behind({"w01"})
    reworded = {name: replace(survey.items[name], wording="Otherwise") for name in list(asked)[:1]}
    assert Declared(replace(survey, items=survey.items | reworded)).behind({"w01"}) != Declared(survey).behind({"w01"})


def test_margins_domains_and_named_plans_count(survey: Survey) -> None:
    before = Declared(survey).behind({"w01"}, survey.families)
    assert Declared(replace(survey, margins={})).behind({"w01"}, survey.families) != before
    assert Declared(survey).behind({"w01"}, survey.families[:1]) != before


def test_a_weight_with_a_nonresponse_step_depends_on_who_had_been_silent_for_long(survey: Survey) -> None:
    adjusted, plain = survey.weight("year_1_to_2"), survey.weight("cross_sectional")
    assert waves_behind(survey, adjusted, ("w05",)) == {"w01", "w02", "w03", "w04", "w05"}
    assert waves_behind(survey, plain, ("w05",)) == {"w05"}
    sooner = replace(survey, retention=RetentionPlan("w01", "cross_sectional", 1))
    assert Declared(sooner).behind({"w01"}) != Declared(survey).behind({"w01"})


def test_a_wave_is_compared_with_the_one_before_and_those_that_asked_its_items_last(survey: Survey) -> None:
    skipped = {placed.item for placed in survey.wave("w03").items} - {
        placed.item for placed in survey.wave("w02").items
    }
    assert skipped & {placed.item for placed in survey.wave("w01").items}
    assert waves_compared_with(survey, "w02", {"w01"}) == ["w01"]
    assert waves_compared_with(survey, "w03", {"w01", "w02"}) == ["w01", "w02"]
    assert waves_compared_with(survey, "w03", {"w02"}) == ["w02"]  # w01 was not delivered
    assert waves_compared_with(survey, "roster", {"w01"}) == []


def test_the_reading_of_a_wave_depends_on_the_waves_that_it_is_compared_with(survey: Survey) -> None:
    first, second, *others = survey.waves
    changed = replace(survey, waves=(first, replace(second, row_tolerance=0.5), *others))
    assert Declared(changed).behind_reading("w01") == Declared(survey).behind_reading("w01")
    assert Declared(changed).behind_reading("w03", ["w02"]) != Declared(survey).behind_reading("w03", ["w02"])


def test_members_who_join_later_do_not_change_a_wave() -> None:
    assert members_of_wave(arrays("abc"), "w01") == members_of_wave(arrays("abcz"), "w01")


@pytest.mark.parametrize(
    "changes",
    [
        {"is_respondent": {"w01": np.array([True, True, True])}},
        {"psu": np.array([0, 1, 4])},  # no longer one household
        {"numbers": {"p": np.array([0.1, 0.2, 0.3])}},
        {"domains": {"sex": Categories(("F", "M"), np.array([0, 0, 0]))}},
        {"cohort": np.array(["1", "1", "2"])},
        {"is_passed_over": {"w01": np.array([False, True, False])}},
        {"is_undeliverable": {"w01": np.array([False, True, False])}},
    ],
)
def test_whatever_else_is_known_of_the_members_of_a_wave_changes_it(changes: dict[str, object]) -> None:
    assert members_of_wave(arrays("abc", **changes), "w01") != members_of_wave(arrays("abc"), "w01")
