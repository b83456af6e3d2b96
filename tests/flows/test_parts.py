"""A wave delivered in parts: by web, on paper with other columns and codes, and late returns that add to it."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.nights import SURVEY, Panel, Ran, Rows

PARTS = """\
  parts:
    web:
      file: w03_web.csv
      mode: web
      columns: {panel_member_id: RESP_ID, completed_at: EndDate}
      complete_when: {column: Finished, in: ["True"]}
      test_rows: {column: Status, in: ["Survey Preview"]}
    paper:
      file: "w03_paper*.csv"
      mode: paper
      columns: {panel_member_id: NR}
      items: &paper
        trust_data_council: {column: F1, recode: {"1": "4", "2": "3", "3": "2", "4": "1"}}
        consent_choice: null
        data_cannot_tell: null
    late:
      file: "w03_late*.csv"
      mode: paper
      adds: true
      columns: {panel_member_id: NR}
      items: *paper
"""
WEB_ONLY = """\
  file: citizens_panel_w03.csv
  columns: {panel_member_id: RESP_ID, completed_at: EndDate}
"""
FINISHED = """\
  complete_when: {column: Finished, in: ["True"]}
  test_rows: {column: Status, in: ["Survey Preview"]}
"""
TURNED = {"Not at all": "4", "Not very much": "3", "A fair amount": "2", "A great deal": "1"}
PAPER = ["NR", "F1", *(f"Q{number:02d}" for number in range(2, 33) if number != 27)]
COUNTS = "n_delivered, n_accepted, n_refused, n_superseded"
EACH_NIGHT_ADDS_UP = "select bool_and(n_delivered = n_accepted + n_refused + n_superseded) from deliveries"


def declare_parts(panel: Panel) -> None:
    """Let the third wave come in parts."""
    file = f"surveys/{SURVEY}/waves/w03.yml"
    panel.edit(file, WEB_ONLY, "")
    panel.edit(file, FINISHED, "")
    panel.edit(file, "row_tolerance: 0.01\n", PARTS)


def interviews(panel: Panel) -> Rows:
    """Return the complete interviews of the third wave's file."""
    rows = csv.DictReader(io.StringIO(panel.w03().decode("cp1252"), newline=""))
    return [row for row in rows if row["Finished"] == "True" and row["Status"] != "Survey Preview"]


def on_paper(rows: Rows) -> Rows:
    """Return interviews as the data entry of paper questionnaires writes them: other names, a scale turned round."""
    return [
        {"NR": row["RESP_ID"], "F1": TURNED.get(row["Q01"], row["Q01"])} | {name: row[name] for name in PAPER[2:]}
        for row in rows
    ]


def deliver(panel: Panel, name: str, rows: Rows) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (panel.root / "inbox" / name).write_text(text.getvalue(), encoding="cp1252")


def counts(panel: Panel) -> list[tuple[object, ...]]:
    return panel.sql(f"select part, status, {COUNTS} from deliveries where source = 'w03' order by received_at").rows()


def wave(panel: Panel, columns: str) -> tuple[object, ...]:
    return panel.sql(f"select {columns} from waves where wave = 'w03'").row(0)


@dataclass(frozen=True)
class Story:
    """One panel through its nights: what was seen after each of them."""

    panel: Panel
    seen: dict[str, Ran]
    kept: dict[str, object]


def night(panel: Panel, story: Story, name: str, look: Callable[[], object], exit_code: int = 0) -> None:
    ran = panel.night()
    assert ran.exit_code == exit_code, ran.text
    story.seen[name] = ran
    story.kept[name] = look()


@pytest.fixture(scope="module")
def story(two_waves_run: Panel, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Run the nights: paper first; web, with two people who answered on paper too; an order declared; late returns."""
    panel = two_waves_run.copy_to(tmp_path_factory.mktemp("parts") / "panel")
    panel = Panel(panel.root, wave_end(panel))
    told = Story(panel, {}, {})
    declare_parts(panel)
    rows = interviews(panel)
    deliver(panel, "w03_paper_1.csv", on_paper(rows[:120]))
    night(panel, told, "paper", lambda: wave(panel, "release_status, n_respondents, parts_in_use, parts_missing"))
    deliver(panel, "w03_web.csv", rows[118:165])
    night(panel, told, "both", lambda: counts(panel), exit_code=1)
    panel.edit(f"surveys/{SURVEY}/waves/w03.yml", "  parts:\n", "  both_answered: [web, paper, late]\n  parts:\n")
    night(panel, told, "ordered", lambda: (counts(panel), wave(panel, "release_status, parts_in_use, parts_missing")))
    deliver(panel, "w03_late_1.csv", on_paper(rows[164:174]))
    night(panel, told, "late", lambda: counts(panel))
    deliver(panel, "w03_late_2.csv", on_paper(rows[174:178]))
    deliver(panel, "w03_late_1.csv", on_paper(rows[165:174]))
    night(panel, told, "more", lambda: counts(panel))
    return told


def wave_end(panel: Panel):  # type: ignore[no-untyped-def]
    """Return the day after the third wave's fieldwork, on which it becomes final of itself."""
    from datetime import timedelta

    return panel.sql("select fieldwork_end from waves where wave = 'w03'").item() + timedelta(days=1)


def test_a_wave_with_a_part_missing_stays_provisional_and_says_so(story: Story) -> None:
    assert story.kept["paper"] == ("provisional", 120, "paper", "web")
    assert f"{SURVEY}, w03: paper in use, web missing" in story.seen["paper"].output


def test_who_answered_in_two_parts_is_refused_with_the_way_out(story: Story) -> None:
    assert story.kept["both"] == [("paper", "accepted", 120, 120, 0, 0), ("web", "held", 47, 0, 47, 0)]
    message = (
        "w03 (web): 2 respondents in 'paper' too (first in row 1), expected each respondent in one part. Take them "
        "out of w03_web.csv, or declare both_answered, the parts in the order in which they count, in the "
        "definition of w03."
    )
    assert message in story.seen["both"].output


def test_with_a_declared_order_one_interview_counts_and_the_other_row_is_superseded(story: Story) -> None:
    found, state = story.kept["ordered"]  # type: ignore[misc]
    assert found == [("paper", "accepted", 120, 118, 0, 2), ("web", "accepted", 47, 47, 0, 0)]
    assert state == ("final", "web, paper", None)


def test_late_returns_add_to_the_wave_and_a_file_of_the_same_name_corrects_one(story: Story) -> None:
    late = [row for row in story.kept["late"] if row[0] == "late"]  # type: ignore[attr-defined]
    assert late == [("late", "accepted", 10, 9, 0, 1)], "one of them is in the web file"
    more = [row for row in story.kept["more"] if row[0] == "late"]  # type: ignore[attr-defined]
    assert sorted(more) == [
        ("late", "accepted", 4, 4, 0, 0),
        ("late", "accepted", 9, 9, 0, 0),
        ("late", "superseded", 10, 0, 0, 10),
    ]
    assert wave(story.panel, "n_respondents") == (178,)
    assert story.panel.sql(EACH_NIGHT_ADDS_UP).item()


def test_everybody_has_the_mode_of_the_part_that_counts(story: Story) -> None:
    modes = story.panel.sql(
        "select interview_mode, count(*) from participation where wave = 'w03' and is_respondent "
        "group by all order by 1"
    )
    assert modes.rows() == [("paper", 131), ("web", 47)]
    none = "select count(*) from participation where interview_mode is not null and disposition = 'no_answer'"
    assert story.panel.sql(none).item() == 0


def test_answers_of_each_part_are_understood_by_its_own_columns_and_codes(story: Story) -> None:
    rows = interviews(story.panel)[:178]
    given = [sum(row["Q01"] == label for row in rows) for label in TURNED]
    found = story.panel.sql(
        "select code, count(*) from answers where wave = 'w03' and item = 'trust_data_council' "
        "and missing_kind is null group by all order by 1"
    )
    assert [n for _, n in found.rows()] == given
    asked = "select count(*) from answers where wave = 'w03' and item = 'consent_choice'"
    assert story.panel.sql(asked).item() == 47, "not asked on paper"


def test_late_returns_after_the_release_are_a_correction_with_revisions(story: Story) -> None:
    releases = story.panel.sql("select release_id, release_status from releases where wave = 'w03' order by 1").rows()
    assert releases == [(f"{SURVEY}-w03-r{number}", status) for number, status in STATUSES]
    moved = story.panel.sql("select distinct release_id from revisions order by 1")["release_id"].to_list()
    assert moved == [f"{SURVEY}-w03-r2", f"{SURVEY}-w03-r3"]


STATUSES = ((1, "final"), (2, "corrected"), (3, "corrected"))


def test_the_quality_pages_have_one_for_each_part(story: Story) -> None:
    folder = story.panel.root / "published" / "quality" / SURVEY
    assert sorted(path.stem for path in folder.glob("w03*")) == ["w03-late", "w03-paper", "w03-web"]
    page = (folder / "w03-paper.html").read_text()
    assert "Counted in another part" in page


def test_checks_hold_after_every_night(story: Story) -> None:
    assert all("check failed" not in ran.output for ran in story.seen.values())


def test_a_file_whose_part_is_no_longer_declared_is_held_and_named(story: Story, tmp_path) -> None:  # type: ignore[no-untyped-def]
    panel = story.panel.copy_to(tmp_path / "panel")
    file = f"surveys/{SURVEY}/waves/w03.yml"
    panel.edit(file, "    late:\n", "    phone:\n")
    panel.edit(file, "w03_late*", "w03_phone*")
    panel.edit(file, "[web, paper, late]", "[web, paper, phone]")
    ran = panel.night()
    assert ran.exit_code == 1
    assert "w03_late_1.csv was delivered as late, which the definition of w03 no longer declares" in ran.output
    assert wave(panel, "n_respondents") == (165,)
    assert panel.sql(EACH_NIGHT_ADDS_UP).item()
