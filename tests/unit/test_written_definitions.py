"""Definitions written and read again are the same: every survey of the project, and everything a wave may declare."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pipeline.definitions import Invitations, ItemColumn, Route, RowFilter, Survey, ToldAs
from pipeline.quality_limits import ResponseQuality, SeverityChange, WaveComparison
from pipeline.settings import TEMPLATES
from pipeline.survey_files import items_text, read_survey, survey_text, wave_text
from pipeline.weighting_steps import ANSWER, DOMAIN, PROPENSITY, Covariate, NonresponseStep, TrimmingStep
from tests.survey_folder import write_survey
from tests.unit.test_source_parts import FILE, PARTS, WHOLE

SURVEYS = sorted(path.parent.name for path in TEMPLATES.glob("*/survey.yml"))


def written(survey: Survey, folder: Path, *, like: Path) -> Survey:
    """Write a survey beside what else a folder holds (margins, codebooks), and read it."""
    shutil.copytree(like, folder)
    for path in (folder / "waves").glob("*.yml"):
        path.unlink()
    (folder / "survey.yml").write_text(survey_text(survey), encoding="utf-8")
    items = items_text(list(survey.items.values()), survey.item_links, grids=survey.grids)
    (folder / "items.yml").write_text(items, encoding="utf-8")
    for wave in survey.waves:
        text = wave_text(wave, items=survey.items)
        (folder / "waves" / f"{wave.wave}.yml").write_text(text, encoding="utf-8")
    return read_survey(folder)


@pytest.mark.parametrize("name", SURVEYS)
def test_a_survey_of_the_project_is_the_same_when_it_is_written_and_read(name: str, tmp_path: Path) -> None:
    survey = read_survey(TEMPLATES / name)
    again = written(survey, tmp_path / name, like=TEMPLATES / name)
    for part in ("profile", "domains", "items", "waves", "weights", "families", "response_quality"):
        assert getattr(again, part) == getattr(survey, part), part
    assert again == survey


def test_a_weight_that_drops_the_ineligible_before_it_is_calibrated_still_says_so(tmp_path: Path) -> None:
    change = ("survey.yml", "keeps_ineligible: true", "keeps_ineligible: false")
    folder = write_survey(tmp_path / "plain", change=change)
    survey = read_survey(folder)
    assert written(survey, tmp_path / "again", like=folder).weights == survey.weights


def test_a_domain_of_the_age_at_the_wave_is_written(tmp_path: Path) -> None:
    folder = write_survey(tmp_path / "plain")
    survey = read_survey(folder)
    (first, *others) = survey.domains
    ageing = replace(first, domain="age_now", is_published=False, is_at_wave=True)
    waves = tuple(replace(one, fieldwork_start=date(2025, 1, 6), is_closed=False) for one in survey.waves)
    assert survey.retention is not None
    of_age = replace(survey.retention, age="age")
    changed = replace(survey, domains=(first, ageing, *others), waves=waves, retention=of_age)
    assert written(changed, tmp_path / "again", like=folder).domains == changed.domains


def test_routing_split_samples_severities_and_the_removal_rule_are_written(tmp_path: Path) -> None:
    folder = write_survey(tmp_path / "plain")
    survey = read_survey(folder)
    asked = {"asked_if": (Route("trust", ("1",)),), "ballot": RowFilter("SPLIT", ("a", "b"))}
    (wave, *others), (first, *rest) = survey.waves, survey.waves[0].items
    placed = [replace(one, **asked) if one.item == "amount" else one for one in (first, *rest)]
    assert any(isinstance(one, ItemColumn) and one.ballot for one in placed)
    source = replace(wave.source, only_rows=RowFilter("AREA", ("1",)), decimal_comma=False, header_row=3, sheet="Data")
    age, *others_known = survey.profile
    told = {"w01": ToldAs("BORN", "birth_year"), "w02": ToldAs("AGE_NOW")}
    compared = replace(age, check_drift=True, measure="age", known_on=date(2024, 5, 1), elsewhere=told)
    changed = replace(
        survey,
        waves=(replace(wave, items=tuple(placed), source=source), *others),
        severities={"extra-column": SeverityChange("info", "many")},
        comparison=WaveComparison(fewest_rows=0.25),
        response_quality=ResponseQuality(speeding=0.2, duplicated_text=None, remove_at=2),
        uninvited_statuses=("paused",),
        profile=(compared, *others_known),
        invitations=Invitations({"w02": "INVITED_2"}, ("yes", "1")),
    )
    assert written(changed, tmp_path / "written", like=folder) == changed


def test_the_parts_of_a_wave_are_written_with_what_each_has_otherwise(tmp_path: Path) -> None:
    folder = write_survey(tmp_path / "plain", change=(FILE, WHOLE, PARTS))
    survey = read_survey(folder)
    assert written(survey, tmp_path / "written", like=folder) == survey
    wave, *others = survey.waves
    web, paper, late = wave.parts
    first, *rest = late.items
    source = replace(
        late.source, columns={"panel_member_id": "NO"}, optional_columns={"device": "PHONE"}, required_columns=("NO",),
        constants={"route": "late"}, ignored_columns=("NOTE",), sheet="Late", header_row=2,
        test_rows=RowFilter("T", ("1",)),
    )  # fmt: skip
    late = replace(late, source=source, items=(replace(first, ballot=RowFilter("SPLIT", ("a",))), *rest))
    changed = replace(survey, waves=(replace(wave, parts=(web, paper, late)), *others))
    assert written(changed, tmp_path / "again", like=folder) == changed


def test_a_part_says_only_what_its_wave_does_not(tmp_path: Path) -> None:
    survey = read_survey(write_survey(tmp_path, change=(FILE, WHOLE, PARTS)))
    text = wave_text(survey.waves[0], items=survey.items)
    assert "  both_answered: [paper, web, late]\n" in text
    assert '    web: {file: "small_w01_web.csv"' in text or '    web:\n      file: "small_w01_web.csv"\n' in text
    assert text.count("complete_when") == 2  # the wave's, and that of paper
    assert "remark: null" in text
    assert "adds: true" in text


def test_every_step_of_a_weight_is_written(tmp_path: Path) -> None:
    folder = write_survey(tmp_path / "plain")
    survey = read_survey(folder)
    (first, second) = survey.weights
    asked = Covariate(ANSWER, "amount", "w01")
    response = NonresponseStep(PROPENSITY, (Covariate(DOMAIN, "age_group"), asked), n_classes=4, largest_factor=2.5)
    weights = (
        replace(first, trimming=TrimmingStep(ratio_to_median=4.0)),
        replace(second, nonresponse=response, trimming=TrimmingStep(quantiles=(0.01, 0.99))),
    )
    changed = replace(survey, weights=weights)
    assert written(changed, tmp_path / "written", like=folder) == changed


def test_what_a_wave_has_from_the_bank_is_not_written_again(tmp_path: Path) -> None:
    survey = read_survey(write_survey(tmp_path))
    route = (Route("trust", ("1",)),)
    items = {**survey.items, "amount": replace(survey.items["amount"], asked_if=route)}
    placed = tuple(replace(one, asked_if=route) if one.item == "amount" else one for one in survey.waves[0].items)
    wave = replace(survey.waves[0], items=placed)
    assert "asked_if" not in wave_text(wave, items=items)
    assert "asked_if: {item: trust, in: [1]}" in wave_text(wave)
