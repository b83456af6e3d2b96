"""Embargoes: an approved release stays in until its time, and the first night after it lets it out."""

from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel, Ran

BEFORE, AFTER = "2027-01-12 06:59", "2027-01-12 07:00"
UNTIL = "2027-01-12 07:00"
NOTICE = "Two answers had been swapped."


def at(panel: Panel, now: str, command: str, *options: str) -> Ran:
    """Run a command at a moment on the clocks of the workspace's time zone."""
    return panel.panel(command, "--now", now, *options)


def approve(panel: Panel, wave: str, *options: str, now: str = BEFORE) -> Ran:
    return at(panel, now, "approve", "--survey", SURVEY, "--wave", wave, *options)


def public(panel: Panel) -> list[str]:
    """Return every file of the public folder, by its path there."""
    folder = panel.root / "published" / "public"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def drafts(panel: Panel) -> list[str]:
    return sorted(path.parent.name for path in (panel.root / "var" / "drafts").glob("*/*/newsletter.html"))


def releases(panel: Panel, *columns: str) -> list[tuple[object, ...]]:
    return panel.sql(f"select wave, {', '.join(columns)} from releases order by release_id").rows()


@pytest.fixture(scope="module")
def released(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a panel of two final waves, neither approved."""
    from tests.nights import demo_panel

    panel = demo_panel(tmp_path_factory.mktemp("released") / "panel", waves=2)
    panel.settings(auto_finalise="true", auto_approve="false")
    assert at(panel, "2027-01-11 12:00", "nightly").exit_code == 0
    assert public(panel) == []
    return panel


def test_pages_stay_in_until_the_embargo_is_over_and_the_first_night_after_it_lets_them_out(
    released: Panel, tmp_path: Path
) -> None:
    panel = released.copy_to(tmp_path / "panel")
    ran = approve(panel, "w01", "--embargo", UNTIL)
    assert ran.exit_code == 0
    assert f"{SURVEY}-w01-r1 is approved, embargo until 2027-01-12 07:00 (Europe/London)" in ran.output
    assert "w01: final" in at(panel, BEFORE, "status").output
    assert "; approved, embargo until 2027-01-12 07:00 (Europe/London)" in at(panel, BEFORE, "status").output
    assert public(panel) == [], "no newsletter, table, methods sheet, explorer, codebook or trend report"
    assert drafts(panel) == ["w01", "w02"]
    assert releases(panel, "embargo_until::varchar", "is_public") == [
        ("w01", "2027-01-12 07:00:00", False),
        ("w02", None, False),
    ]
    assert panel.sql("select count(*) from estimates where wave = 'w01'").item() > 0, "researchers have the figures"

    assert "Nothing new" in at(panel, BEFORE, "nightly").output
    ran = at(panel, AFTER, "nightly")
    assert f"w01: no embargo on release {SURVEY}-w01-r1 any more, its pages go out" in ran.output
    assert drafts(panel) == ["w02"]
    out = public(panel)
    assert {f"{SURVEY}/w01/newsletter.html", f"{SURVEY}/w01/tables.xlsx", f"{SURVEY}/w01/methods.html"} <= set(out)
    assert {"explorer/index.html", "codebook/index.html", f"{SURVEY}/trend-report.html"} <= set(out)
    assert f"{SURVEY}-w02-r1" not in (panel.root / "published/public" / SURVEY / "trend-report.html").read_text()
    assert "Nothing new" in at(panel, AFTER, "nightly").output

    ran = approve(panel, "w01", "--embargo", "2027-01-24 07:00", now=AFTER)
    assert ran.exit_code == 2
    assert f"{SURVEY}-w01-r1 is out already, an embargo cannot take it back." in ran.errors


def test_another_embargo_replaces_the_first_and_later_waves_wait_for_it(released: Panel, tmp_path: Path) -> None:
    panel = released.copy_to(tmp_path / "panel")
    approve(panel, "w01", "--embargo", UNTIL)
    ran = approve(panel, "w02")
    assert f"w02: release {SURVEY}-w02-r1 waits for the embargo on w01" in ran.output
    status = at(panel, BEFORE, "status").output
    assert "w02: final" in status
    assert "approved, waits for the embargo on an earlier wave" in status
    later = approve(panel, "w01", "--embargo", "2027-01-15 09:30")
    assert "embargo until 2027-01-15 09:30 (Europe/London)" in later.output
    assert "Nothing new" in at(panel, AFTER, "nightly").output
    again = approve(panel, "w01", now=AFTER)
    assert "is approved already, embargo until 2027-01-15 09:30" in again.output
    assert public(panel) == []
    assert approve(panel, "w01", "--embargo", "2027-01-12 06:00", now=AFTER).exit_code == 0
    assert {f"{SURVEY}/w01/newsletter.html", f"{SURVEY}/w02/newsletter.html"} <= set(public(panel))


def test_a_correction_takes_over_the_embargo_and_leaves_what_is_out(released: Panel, tmp_path: Path) -> None:
    panel = released.copy_to(tmp_path / "panel")
    approve(panel, "w01", "--embargo", UNTIL)
    correct = ("--survey", SURVEY, "--wave", "w01", "--notice", NOTICE)
    assert at(panel, BEFORE, "correct", *correct).exit_code == 0
    assert releases(panel, "approved_at is not null", "embargo_until::varchar")[:2] == [
        ("w01", True, "2027-01-12 07:00:00"),
        ("w01", False, "2027-01-12 07:00:00"),
    ]
    approve(panel, "w01")
    assert public(panel) == []
    at(panel, AFTER, "nightly")
    page = panel.root / "published/public" / SURVEY / "w01" / "newsletter.html"
    assert NOTICE in page.read_text()

    assert at(panel, AFTER, "correct", *correct[:-1], "And one more.").exit_code == 0
    approve(panel, "w01", "--embargo", "2027-01-24 07:00", now=AFTER)
    assert "And one more." not in page.read_text(), "what is out stays as it was"
    at(panel, "2027-01-24 07:00", "nightly")
    assert "And one more." in page.read_text()


def test_a_time_that_clocks_leap_over_is_wrong_usage_and_asks_for_nothing(released: Panel) -> None:
    ran = approve(released, "w01", "--embargo", "2027-03-28 01:30")
    assert ran.exit_code == 2
    assert "panel approve: --embargo: '2027-03-28 01:30' does not exist in Europe/London" in ran.errors
    assert not list((released.root / "var" / "requests").glob("*"))
