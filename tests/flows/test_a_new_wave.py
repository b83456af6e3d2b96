"""What a new wave makes the night do again: its own figures and what compares with it, nothing of earlier waves."""

from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from tests.nights import SURVEY, Panel, Ran, Rows, demo_panel, edited


@pytest.fixture(scope="module")
def grown(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Panel, Ran]:
    """Return a panel of two waves, and the same after a night that brought the third and a longer member list."""
    before = demo_panel(tmp_path_factory.mktemp("grown") / "before")
    later = before.root / "later"
    later.mkdir()
    for path in (before.root / "inbox" / before.delivered_name("w03"), definition_of(before, "w03")):
        path.rename(later / path.name)
    roster = (before.root / "inbox" / "member_list.csv").read_bytes()
    assert before.night().exit_code == 0
    after = before.copy_to(tmp_path_factory.mktemp("grown") / "after")
    (after.root / "later" / "w03.yml").rename(definition_of(after, "w03"))
    after.deliver("w03", (after.root / "later" / after.delivered_name("w03")).read_bytes())
    after.deliver("roster", edited(roster, with_newcomers, encoding="utf-8"))
    return before, after, after.night()


def definition_of(panel: Panel, wave: str) -> Path:
    return panel.root / "surveys" / SURVEY / "waves" / f"{wave}.yml"


def with_newcomers(rows: Rows) -> Rows:
    newcomers = [{**row, "MEMBER_ID": f"P-9{n:05d}", "JOINED_ON": "2026-11-01"} for n, row in enumerate(rows[:20])]
    return [*newcomers, *rows]  # first, so that the rows of everyone else move


def test_figures_of_earlier_waves_are_not_made_again(grown: tuple[Panel, Panel, Ran]) -> None:
    before, after, ran = grown
    assert ran.exit_code == 0, ran.text
    assert after.sql("select n_waves_done from runs order by started_at").rows() == [(2,), (1,)]
    assert after.sql("select count(*) from panel_members").item() == 420
    steps = "select * from log.steps where step like 'estimates%' or step like 'changes%' order by all"
    old, new = before.stored(steps), after.stored(steps)
    assert old.height >= 3
    assert set(old.rows()) < set(new.rows())
    assert all("w03" in step for _, step, _ in set(new.rows()) - set(old.rows()))


def test_a_wave_that_came_alone_is_read_alone(grown: tuple[Panel, Panel, Ran], tmp_path: Path) -> None:
    panel = grown[0].copy_to(tmp_path / "panel")
    (panel.root / "later" / "w03.yml").rename(definition_of(panel, "w03"))
    panel.deliver("w03", (panel.root / "later" / panel.delivered_name("w03")).read_bytes())
    words = panel.root / "surveys" / SURVEY / "newsletters" / "w03.yml"
    words.parent.mkdir(exist_ok=True)
    words.write_text('intro: "Thank you."\n', encoding="utf-8")
    page = panel.root / "published" / "public" / SURVEY / "w01" / "newsletter.html"
    written, steps = page.stat().st_mtime_ns, "from log.steps where step not like '%w03%' order by all"
    before = panel.stored(steps)
    ran = panel.night()
    read = [line for line in ran.output.splitlines() if "rows accepted" in line]
    assert len(read) == 1, "the waves before were read again"
    assert read[0].startswith(f"{SURVEY}, w03: ")
    assert page.stat().st_mtime_ns == written, "the newsletter of an earlier wave was written again"
    of_waves = [row for row in panel.stored(steps).rows() if "-w0" in row[1]]
    assert len(of_waves) > 5
    assert of_waves == [row for row in before.rows() if "-w0" in row[1]], "figures of earlier waves were made again"


def test_figures_grown_wave_by_wave_are_those_made_at_once(grown: tuple[Panel, Panel, Ran], tmp_path: Path) -> None:
    panel = grown[1].copy_to(tmp_path / "panel")
    by_and_by = panel.tables()
    assert panel.night("--full").exit_code == 0
    for name, rows in panel.tables().items():
        if name not in ("checks", "deliveries"):  # those of a run
            assert_frame_equal(by_and_by[name], rows, rel_tol=1e-10, abs_tol=1e-12)


def test_a_member_of_whom_something_else_is_known_moves_the_waves_he_was_in(
    grown: tuple[Panel, Panel, Ran], tmp_path: Path
) -> None:
    panel = grown[0].copy_to(tmp_path / "panel")
    roster = panel.stored("select delivery_id from raw.deliveries where source = 'roster'").item()
    content = (panel.root / "var" / "archive" / f"{roster}.csv").read_bytes()

    def other_region(rows: Rows) -> Rows:
        return [{**row, "REGION_CODE": "E12000007" if n < 20 else row["REGION_CODE"]} for n, row in enumerate(rows)]

    panel.deliver("roster", edited(content, other_region, encoding="utf-8"))
    assert panel.night().exit_code == 0
    assert panel.sql("select n_waves_done from runs order by started_at").rows()[-1] == (2,)
