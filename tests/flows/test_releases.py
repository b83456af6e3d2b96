"""Provisional, final, approved, corrected: what people decide when the workspace does not decide for itself."""

from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel

NOTICE = "Two answers had been swapped."


def page(panel: Panel, folder: str, wave: str) -> Path:
    return panel.root / folder / SURVEY / wave / "newsletter.html"


def out(panel: Panel) -> list[str]:
    """Return the waves whose newsletter is out."""
    return sorted(path.parent.name for path in (panel.root / "published" / "public").glob("*/*/newsletter.html"))


def statuses(panel: Panel) -> list[tuple[str, str]]:
    return panel.sql("select wave, release_status from waves where release_status is not null order by wave").rows()


@pytest.fixture(scope="module")
def by_hand(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a panel of two waves, both delivered, that makes nothing final of itself."""
    from tests.nights import demo_panel

    panel = demo_panel(tmp_path_factory.mktemp("by_hand") / "panel", waves=2)
    panel.settings(auto_finalise="false", auto_approve="false")
    ran = panel.night()
    assert ran.exit_code == 0
    assert str(page(panel, "var/drafts", "w02")) in ran.output, "the newest draft is named while nothing is out"
    assert statuses(panel) == [("w01", "provisional"), ("w02", "provisional")]
    assert out(panel) == []
    return panel


def test_finalise_approve_and_correct_follow_each_other(by_hand: Panel, tmp_path: Path) -> None:
    panel = by_hand.copy_to(tmp_path / "panel")
    ran = panel.wave_command("finalise", "w01")
    assert ran.exit_code == 0
    assert "final before its fieldwork" not in ran.output
    assert statuses(panel) == [("w01", "final"), ("w02", "provisional")]
    assert out(panel) == []
    assert "provisional" not in page(panel, "var/drafts", "w01").read_text().split("</title>")[0].lower()
    marks = panel.sql("select distinct wave, is_provisional from estimates order by wave").rows()
    assert marks == [("w01", False), ("w02", True)]

    assert panel.wave_command("approve", "w01").exit_code == 0
    assert out(panel) == ["w01"]
    assert not page(panel, "var/drafts", "w01").exists()
    approved = page(panel, "published/public", "w01").read_text()

    assert panel.wave_command("correct", "w01", "--notice", NOTICE).exit_code == 0
    releases = panel.sql("select release_id, release_status, notice from releases order by all").rows()
    assert releases == [(f"{SURVEY}-w01-r1", "final", None), (f"{SURVEY}-w01-r2", "corrected", NOTICE)]
    assert page(panel, "published/public", "w01").read_text() == approved, "out stays what was approved"
    assert NOTICE in page(panel, "var/drafts", "w01").read_text()

    assert panel.wave_command("approve", "w01").exit_code == 0
    assert NOTICE in page(panel, "published/public", "w01").read_text()
    assert "Nothing new" in panel.night().output
    assert not list((panel.root / "var" / "requests").glob("*"))


def test_what_cannot_be_done_is_said_and_asks_again_for_nothing(by_hand: Panel, tmp_path: Path) -> None:
    panel = by_hand.copy_to(tmp_path / "panel")
    approved = panel.wave_command("approve", "w01")
    assert approved.exit_code == 2
    assert "w01: is provisional, only a final wave can be approved; finalise it first." in approved.errors
    corrected = panel.wave_command("correct", "w01", "--notice", NOTICE)
    assert corrected.exit_code == 2
    assert "w01: there is no release to correct yet" in corrected.errors
    assert statuses(panel) == [("w01", "provisional"), ("w02", "provisional")]
    assert out(panel) == []
    assert panel.night().exit_code == 0


def test_a_wave_without_figures_cannot_be_finalised(two_waves: Panel) -> None:
    ran = two_waves.wave_command("finalise", "w03")
    assert ran.exit_code == 2
    assert "w03: nothing to finalise, there are no figures of this wave yet." in ran.errors


def test_finalising_twice_is_said_and_changes_nothing(two_waves: Panel) -> None:
    ran = two_waves.wave_command("finalise", "w01")
    assert ran.exit_code == 0
    assert f"w01: is final already, release {SURVEY}-w01-r1" in ran.output
    assert two_waves.sql("select count(*) from releases where wave = 'w01'").item() == 1


@pytest.mark.parametrize("command", ["finalise", "approve"])
def test_an_unknown_wave_or_survey_is_wrong_usage(two_waves_run: Panel, command: str) -> None:
    ran = two_waves_run.wave_command(command, "w99")
    assert ran.exit_code == 2
    assert ran.errors == f"panel {command}: no wave 'w99' in '{SURVEY}'; it has w01, w02, w03.\n"
    ran = two_waves_run.panel(command, "--survey", "nope", "--wave", "w01")
    assert ran.exit_code == 2
    assert f"no survey 'nope' in {two_waves_run.root}; it has {SURVEY}." in ran.errors


def test_a_correction_needs_a_notice(two_waves_run: Panel) -> None:
    ran = two_waves_run.wave_command("correct", "w01")
    assert ran.exit_code == 2
    assert "--notice" in ran.errors


def test_a_wave_in_the_field_can_be_closed_early(demo: Panel) -> None:
    ran = demo.wave_command("finalise", "w03")
    assert ran.exit_code == 0
    assert "w03: final before its fieldwork was to end on" in ran.output
    assert statuses(demo)[-1] == ("w03", "final")
    assert out(demo) == ["w01", "w02", "w03"]
    assert demo.sql("select count(*) from changes where wave_to = 'w03' and verdict <> 'not tested'").item() > 0


def test_explorer_and_codebook_are_written_again_only_when_what_they_tell_changed(demo: Panel) -> None:
    pages = [demo.root / "published" / "public" / name / "index.html" for name in ("explorer", "codebook")]
    before = [page.stat().st_mtime_ns for page in pages]
    (demo.root / "inbox" / "minutes.txt").write_text("nothing for a survey")
    demo.night()
    assert [page.stat().st_mtime_ns for page in pages] == before
    pages[1].unlink()
    (demo.root / "inbox" / "agenda.txt").write_text("nothing for a survey either")
    demo.night()
    assert pages[1].exists()
    before = [page.stat().st_mtime_ns for page in pages]
    assert demo.wave_command("finalise", "w03").exit_code == 0
    after = [page.stat().st_mtime_ns for page in pages]
    assert all(new > old for new, old in zip(after, before, strict=True))
