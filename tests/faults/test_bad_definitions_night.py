"""Definitions that go wrong after waves were published: the night says where, and what was published stays."""

from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel, run

KEPT = ("estimates", "changes", "weights", "answers", "participation", "retention", "releases", "waves")
FOLDER = f"surveys/{SURVEY}"


def test_a_slip_in_yaml_names_file_and_line_and_changes_nothing(two_waves: Panel) -> None:
    before = two_waves.published.read_bytes()
    two_waves.edit(f"{FOLDER}/waves/w02.yml", 'mode: "', 'mode: ["')
    ran = two_waves.night()
    assert ran.exit_code == 3
    assert ran.errors.startswith("panel nightly: ")
    assert f"{SURVEY}/waves/w02.yml, line " in ran.errors
    assert "Traceback" not in ran.text
    assert two_waves.published.read_bytes() == before


def test_an_unknown_key_is_named_with_the_nearest_one(two_waves: Panel) -> None:
    two_waves.edit(f"{FOLDER}/survey.yml", "calibration:", "callibration:")
    ran = two_waves.night()
    assert ran.exit_code == 3
    assert "callibration" in ran.errors
    assert "calibration" in ran.errors.replace("callibration", "")


def test_a_new_population_group_in_which_nobody_answered_holds_all_waves_as_they_were(two_waves: Panel) -> None:
    before = two_waves.tables(KEPT)
    two_waves.edit(
        f"{FOLDER}/survey.yml", 'categories: ["Female", "Male"]', 'categories: ["Female", "Male", "Another"]'
    )
    margins = two_waves.root / FOLDER / "margins" / "2021.csv"
    lines = [line for line in margins.read_text().splitlines() if not line.startswith("sex*")]
    like = next(line for line in lines if line.startswith("age_group,65+,")).split(",")
    sexes = [",".join(["sex", sex, "1000", *like[3:-1], "shares"]) for sex in ("Female", "Male", "Another")]
    margins.write_text("\n".join([*lines, *sexes]) + "\n")
    two_waves.edit(f"{FOLDER}/survey.yml", '"sex*age_band_2"', "sex")
    ran = two_waves.night()
    assert ran.exit_code == 1, ran.text
    for wave in ("w01", "w02"):
        assert f"{wave}: held. The delivery in use breaks the rules as they are now" in ran.output
    assert "margin 'sex' has no respondents in Another" in ran.output
    after = two_waves.tables(KEPT)
    for name in KEPT:
        assert after[name].equals(before[name]), name
    two_waves.edit(f"{FOLDER}/survey.yml", ', "Another"', "")
    margins.write_text("\n".join([*lines, *sexes[:2]]) + "\n")
    assert two_waves.night().exit_code == 0
    assert two_waves.sql("select distinct release_status from waves where n_respondents > 0").item() == "corrected"


def test_weights_that_cannot_meet_their_margins_leave_the_wave_as_it_was(two_waves: Panel) -> None:
    before = two_waves.tables(KEPT)
    two_waves.edit(f"{FOLDER}/survey.yml", "max_iterations: 1000", "max_iterations: 1")
    ran = two_waves.night()
    assert ran.exit_code == 1
    assert "Traceback" not in ran.text
    assert f"{SURVEY}, estimates-cross_sectional-w01: not made, what was published before stays." in ran.output
    after = two_waves.tables(KEPT)
    for name in KEPT:
        assert after[name].equals(before[name]), name
    assert two_waves.night().exit_code == 1


def test_an_unknown_setting_is_wrong_usage(two_waves: Panel) -> None:
    two_waves.settings(colour='"green"')
    ran = two_waves.night()
    assert ran.exit_code == 2
    assert f"{two_waves.root}/panel.toml: unknown setting 'colour', expected one of name, time_zone" in ran.errors


def test_a_folder_that_is_no_workspace_is_wrong_usage(tmp_path: Path) -> None:
    for command in ("nightly", "status"):
        ran = run(command, str(tmp_path))
        assert ran.exit_code == 2
        assert f"{tmp_path}: no panel.toml, so this is not a panel's workspace." in ran.errors


def test_a_folder_that_holds_something_is_not_made_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for arguments in (("demo", str(tmp_path)), ("init", str(tmp_path), "--template", SURVEY)):
        ran = run(*arguments)
        assert ran.exit_code == 2
        assert "already holds something" in ran.errors
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("demo", "--members", "20"), "expected at least 200 members"),
        (("demo", "--waves", "0"), "and 1 wave"),
        (("init", "new", "--template", "nope"), "no template 'nope'. Use one of: citizens_panel, gss_panel, ri_covid."),
        (
            (
                "init",
                "new",
            ),
            "--template",
        ),
        (("nightly", "--today", "yesterday"), "'yesterday' is not a date such as 2026-11-23"),
        ((), "COMMAND"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_expected(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    assert ran.exit_code == 2
    assert words in ran.errors
    assert not list(tmp_path.iterdir())


def test_a_server_that_does_not_answer_is_said_before_any_work(
    two_waves: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    two_waves.deliver("w03", two_waves.w03())
    ran = two_waves.night()
    assert ran.exit_code == 2
    assert "no Prefect server answers there. Start it, or unset PREFECT_API_URL." in ran.errors
    assert two_waves.inbox() == ["citizens_panel_w03.csv"]
