"""A panel without a member list becomes a workspace: ids joined by a crosswalk, or by the columns of a wave."""

import os
from pathlib import Path

import numpy as np
import pytest

from pipeline.survey_files import read_survey
from tests.nights import CHECKOUT, Panel, Ran, run

RI = Path(os.environ.get("PANEL_REAL_DATA") or CHECKOUT.parent / "shared" / "data") / "ri_covid_panel"
RI_FILES = (
    "wave1_2020-07_BROW0013_RI.sav",
    "wave3_2020-11_BROW0015_RI_and_US.sav",
    "wave4_2020-12_BROW0016_RI.sav",
    "wave5_2021-03_BROW0017_RI_and_US.sav",
)
N = 120
AGREE = ("Strongly disagree", "Disagree", "Neither", "Agree", "Strongly agree")


def write_waves(folder: Path) -> list[str]:
    """Write two waves of the same people under other ids, and who is who; return the options of adopt."""
    rng = np.random.default_rng(3)
    born, sexes = (
        rng.integers(1940, 2005, N),
        rng.choice(["Female", "Male", "Prefer not to say"], N, p=[0.5, 0.45, 0.05]),
    )
    for wave, letter, month in (("spring", "s", 3), ("autumn", "t", 9)):
        lines = ["caseid,birthyr,gender,endtime,q1"]
        lines += [
            f"{letter}{1000 + n},{born[n]},{sexes[n]},2025-{month:02d}-{1 + n % 20:02d} 10:00:00,{rng.choice(AGREE)}"
            for n in range(N)
        ]
        (folder / f"{wave}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    who = ["SPRING,AUTUMN", *(f"s{1000 + n},t{1000 + n}" for n in range(100))]
    (folder / "who.csv").write_text("\n".join(who) + "\n", encoding="utf-8")
    return ["--export", str(folder / "spring.csv"), "--export", str(folder / "autumn.csv")]


@pytest.fixture(scope="module")
def adopted(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Ran]:
    """Adopt the two waves with their crosswalk, and run the first night."""
    folder = tmp_path_factory.mktemp("waves")
    options = write_waves(folder)
    panel = Panel(folder / "panel")
    return panel, run("adopt", str(panel.root), *options, "--crosswalk", str(folder / "who.csv"), "--title", "Waves")


def test_the_crosswalk_joins_people_and_the_first_night_is_green(adopted: tuple[Panel, Ran]) -> None:
    panel, ran = adopted
    assert ran.exit_code == 0, ran.text
    survey = read_survey(panel.root / "surveys" / "waves")
    assert (survey.has_member_list, survey.has_ids_of_each_wave, survey.retention) == (False, True, None)
    assert survey.crosswalk is not None
    assert survey.crosswalk.ids == {"w01": "SPRING", "w02": "AUTUMN"}
    waves = panel.sql("select panel_member_id, count(*) as n from participation where is_respondent group by all")
    assert (waves["n"] == 2).sum() == 100
    assert waves.height == 2 * N - 100


def test_without_totals_and_weights_figures_describe_those_who_took_part(adopted: tuple[Panel, Ran]) -> None:
    panel, _ = adopted
    assert panel.sql("select distinct inference from estimates").item() == "not_representative"
    page = (panel.root / "var" / "drafts" / "waves" / "w02" / "newsletter.html").read_text(encoding="utf-8")
    assert "describe only those who took part" in page or "nobody else" in page


def test_the_profile_is_read_from_the_waves_and_not_said_is_not_known(adopted: tuple[Panel, Ran]) -> None:
    panel, _ = adopted
    (birth_year, sex) = read_survey(panel.root / "surveys" / "waves").profile
    assert (birth_year.source, birth_year.column, birth_year.check_drift) == ("waves", "birthyr", True)
    assert (sex.column, sex.categories, sex.values) == ("gender", ("Female", "Male"), {"Prefer not to say": ""})
    decisions = (panel.root / "DECISIONS.md").read_text(encoding="utf-8")
    assert "Who is the same person in several waves?" in decisions
    assert "who.csv joins the ids of 100 people over two or more waves" in decisions


def test_a_crosswalk_beside_a_member_list_and_a_panel_that_is_one_already_are_refused(
    adopted: tuple[Panel, Ran], tmp_path: Path
) -> None:
    options = write_waves(tmp_path)
    who = str(tmp_path / "who.csv")
    both = run("adopt", str(tmp_path / "p"), *options, "--members", who, "--crosswalk", who)
    assert both.exit_code == 2
    assert "--crosswalk beside --members" in both.errors
    again = run("adopt", str(adopted[0].root), *options)
    assert again.exit_code == 2
    assert "a panel already, expected a new folder" in again.errors
    assert "panel draft-definition" in again.errors


@pytest.mark.skipif(not RI.is_dir(), reason="ri_covid_panel is not here: set PANEL_REAL_DATA")
def test_the_rhode_island_panel_is_joined_by_the_id_columns_of_its_last_wave(tmp_path: Path) -> None:
    options = [word for name in RI_FILES for word in ("--export", str(RI / name))]
    ran = run("adopt", str(tmp_path / "ri"), *options, "--title", "RI", "--no-night")
    assert ran.exit_code == 0, ran.text
    survey = read_survey(tmp_path / "ri" / "surveys" / "ri")
    assert survey.wave("w04").source.linked_ids == {
        "w01": "caseid_BROW0013", "w02": "caseid_BROW0015", "w03": "caseid_BROW0016",
    }  # fmt: skip
    assert survey.inference == "pseudo_weighted"
    assert [wave.source.columns["weight"] for wave in survey.waves] == ["weight", "weight_RI", "weight_RI", "weight_RI"]
    samples = [wave.source.only_rows for wave in survey.waves]
    assert [None if one is None else (one.column, one.values) for one in samples] == [
        None, ("inputstate", ("44",)), None, ("inputstate", ("44",)),
    ]  # fmt: skip
    assert {variable.name: variable.column for variable in survey.profile if variable.check_drift} == {
        "birth_year": "birthyr", "sex": "gender_client",
    }  # fmt: skip
