"""Commands that look: sql, status, check, report, help; none of them changes anything."""

import json
import subprocess
from pathlib import Path

import polars as pl
import pytest

from pipeline.settings import read_workspace
from tests.nights import SURVEY, Panel, Rows, edited, environment, panel_command, run

QUERY = "select wave, n_respondents from waves where n_respondents > 0 order by wave"
COUNTS = [("w01", 286), ("w02", 263), ("w03", 185)]


@pytest.fixture
def panel(demo_run: tuple[Panel, object]) -> Panel:
    """Return the demonstration panel itself, which a test must leave as it is."""
    return demo_run[0]


def test_sql_prints_a_table(panel: Panel) -> None:
    ran = run("sql", QUERY, str(panel.root))
    assert ran.exit_code == 0
    assert [tuple(line.split()) for line in ran.output.splitlines()[1:]] == [(wave, str(n)) for wave, n in COUNTS]


def test_sql_writes_csv_json_and_parquet(panel: Panel, tmp_path: Path) -> None:
    assert run("sql", QUERY, str(panel.root), "--format", "csv").output == (
        "wave,n_respondents\nw01,286\nw02,263\nw03,185\n"
    )
    found = json.loads(run("sql", QUERY, str(panel.root), "--format", "json").output)
    assert found == [{"wave": wave, "n_respondents": n} for wave, n in COUNTS]
    out = tmp_path / "waves.parquet"
    assert run("sql", QUERY, str(panel.root), "--format", "parquet", "--out", str(out)).exit_code == 0
    assert pl.read_parquet(out).rows() == COUNTS


def test_sql_keeps_full_precision_in_json(panel: Panel) -> None:
    query = "select estimate from estimates where statistic = 'headline' order by all limit 1"
    (row,) = json.loads(run("sql", query, str(panel.root), "--format", "json").output)
    assert row["estimate"] == panel.sql(query).item()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("selekt 1", "selekt"),
        ("from nowhere", "nowhere"),
        ("delete from estimates", "read-only"),
        ("-- note", "nothing"),
    ],
)
def test_sql_that_cannot_be_run_is_wrong_usage(panel: Panel, query: str, words: str) -> None:
    before = panel.published.read_bytes()
    ran = run("sql", query, str(panel.root))
    assert ran.exit_code == 2
    assert words in ran.errors
    assert "Traceback" not in ran.errors
    assert panel.published.read_bytes() == before


def test_a_plan_of_an_unknown_survey_says_which_there_are(panel: Panel) -> None:
    ran = panel.panel("refresh-plan", "--survey", "nope")
    assert (ran.exit_code, ran.errors.count(f"no survey 'nope' in {panel.root}; it has {SURVEY}")) == (2, 1)


def test_nothing_of_a_new_workspace_goes_out_before_somebody_approves_it(tmp_path: Path) -> None:
    said = run("init", str(tmp_path / "new"), "--template", SURVEY).output
    assert "before `panel approve`" in said
    assert f"under 'statement' and 'methods_note' of {tmp_path / 'new' / 'surveys' / SURVEY / 'survey.yml'}" in said
    assert not read_workspace(tmp_path / "new").auto_approve


def test_sql_before_the_first_night_says_what_to_do(tmp_path: Path) -> None:
    assert run("init", str(tmp_path / "new"), "--template", SURVEY).exit_code == 0
    ran = run("sql", QUERY, str(tmp_path / "new"))
    assert ran.exit_code == 2
    assert "nothing is published yet. Run `panel nightly` first." in ran.errors
    assert run("report", "newsletter", str(tmp_path / "new"), "--survey", SURVEY, "--wave", "w01").exit_code == 2


def test_output_that_nobody_reads_to_its_end_is_no_fault(panel: Panel) -> None:
    command = " ".join(f"'{part}'" for part in panel_command("sql", "from answers", str(panel.root)))
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert not done.stderr


def test_status_as_json_tells_runs_response_and_what_is_published(panel: Panel) -> None:
    found = json.loads(panel.panel("status", "--json", "--today", str(panel.today)).output)
    assert found["runs"][0]["outcome"] == "published"
    assert found["held"] == []
    assert found["waiting_in_inbox"] == []
    assert [(wave["wave"], wave["release_status"]) for wave in found["waves"]] == [
        ("w01", "final"),
        ("w02", "final"),
        ("w03", "provisional"),
    ]
    assert {row["wave"] for row in found["response_so_far"]} == {"w03"}
    assert sum(row["n_respondents"] for row in found["response_so_far"]) == 185
    assert found["published"] == str(panel.published)
    assert found["disk_use_mb"]["published"] > 1


def test_status_for_people_names_the_same(panel: Panel) -> None:
    text = panel.panel("status").output
    for words in (
        "Last runs",
        "Held, and why\n  nothing",
        "w03: provisional, 185 of",
        "In the field",
        str(panel.published),
    ):
        assert words in text


def test_status_of_a_new_workspace_is_empty_and_no_fault(tmp_path: Path) -> None:
    root = tmp_path / "new"
    run("init", str(root), "--template", SURVEY)
    ran = run("status", str(root))
    assert ran.exit_code == 0
    assert "none yet" in ran.output
    assert json.loads(run("status", str(root), "--json").output)["published"] is None


def checked(panel: Panel, content: bytes, tmp_path: Path, wave: str = "w03") -> tuple[int, str]:
    """Return the exit code and the words of a dry run, which must change nothing."""
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    before = {path: path.stat().st_mtime_ns for path in panel.root.rglob("*")}
    ran = run("check", str(file), "--survey", SURVEY, "--wave", wave, "--workspace", str(panel.root))
    assert {path: path.stat().st_mtime_ns for path in panel.root.rglob("*")} == before
    assert "Traceback" not in ran.text
    assert "P-0" not in ran.text
    return ran.exit_code, ran.text


def test_check_says_that_a_good_file_would_be_accepted(two_waves_run: Panel, tmp_path: Path) -> None:
    code, text = checked(two_waves_run, two_waves_run.w03(), tmp_path)
    assert (code, text.splitlines()[-1]) == (0, "export.csv: would be accepted; 195 rows, 2 refused.")


def test_check_names_every_fault_of_a_file_that_would_be_held(two_waves_run: Panel, tmp_path: Path) -> None:
    def spoilt(rows: Rows) -> Rows:
        for row in rows[10:25]:
            row["Q07"] = "7"
        return [{name: value for name, value in row.items() if name != "Q08"} for row in rows]

    code, text = checked(two_waves_run, edited(two_waves_run.w03(), spoilt), tmp_path)
    assert code == 1
    assert "item 'linking_support': answer 7 in 15 rows (first in row 11)" in text
    assert "'Q08'" in text
    assert text.splitlines()[-2:] == [
        "Rows are counted from 1, below the column names.",
        "export.csv: would be held; 197 rows read, nothing was changed.",
    ]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"a\n1\n"], ids=["empty", "binary", "other columns"])
def test_check_of_a_file_that_cannot_be_read_exits_3(two_waves_run: Panel, content: bytes, tmp_path: Path) -> None:
    code, text = checked(two_waves_run, content, tmp_path)
    assert code == 3
    assert "export.csv" in text


def test_check_reads_the_member_list_too(two_waves_run: Panel, tmp_path: Path) -> None:
    digest = two_waves_run.stored("select delivery_id from raw.deliveries where source = 'roster'").item()
    content = (two_waves_run.root / "var" / "archive" / f"{digest}.csv").read_bytes()
    assert checked(two_waves_run, content, tmp_path, wave="roster")[0] == 0
    doubled = content + content.splitlines()[1] + b"\n"
    assert checked(two_waves_run, doubled, tmp_path, wave="roster")[0] == 1


def test_check_before_the_first_night_knows_nobody_and_makes_nothing(two_waves_run: Panel, tmp_path: Path) -> None:
    root = tmp_path / "new"
    run("init", str(root), "--template", SURVEY)
    code, text = checked(Panel(root), two_waves_run.w03(), tmp_path)
    assert code == 1
    assert "member list" in text


@pytest.mark.parametrize(("survey", "wave"), [("nope", "w01"), (SURVEY, "w99")])
def test_check_and_report_of_what_is_not_there_are_wrong_usage(
    two_waves_run: Panel, survey: str, wave: str, tmp_path: Path
) -> None:
    about = ("--survey", survey, "--wave", wave)
    file = tmp_path / "export.csv"
    file.write_bytes(two_waves_run.w03())
    assert run("check", str(file), *about, "--workspace", str(two_waves_run.root)).exit_code == 2
    ran = run("report", "newsletter", str(two_waves_run.root), *about)
    assert ran.exit_code == 2
    assert "it has " in ran.errors


def test_report_writes_the_explorer_again_as_it_was(demo: Panel) -> None:
    page = demo.root / "published" / "public" / "explorer" / "index.html"
    before = page.read_bytes()
    page.unlink()
    ran = run("report", "explorer", str(demo.root))
    assert (ran.exit_code, ran.output.strip()) == (0, str(page))
    assert page.read_bytes() == before


def test_report_writes_the_newsletter_again_as_it_was(demo: Panel) -> None:
    page = demo.root / "published" / "public" / SURVEY / "w02" / "newsletter.html"
    before = page.read_text()
    page.unlink()
    ran = run("report", "newsletter", str(demo.root), "--survey", SURVEY, "--wave", "w02")
    assert ran.exit_code == 0
    assert ran.output.strip() == str(page)
    assert page.read_text() == before


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "init",
        "nightly",
        "serve",
        "check",
        "status",
        "finalise",
        "approve",
        "correct",
        "sql",
        "report",
        "export",
    ],
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    ran = run(command, "--help")
    assert ran.exit_code == 0
    assert f"Example: panel {command}" in " ".join(ran.output.split())


def test_init_names_the_files_it_takes_and_those_it_ignores(two_waves_run: Panel, tmp_path: Path) -> None:
    delivered = tmp_path / "delivered"
    delivered.mkdir()
    (delivered / "citizens_panel_w03.csv").write_bytes(two_waves_run.w03())
    (delivered / "readme.txt").write_text("hello")
    ran = run("init", str(tmp_path / 'a "new" one'), "--template", SURVEY, "--deliveries", str(delivered))
    assert ran.exit_code == 0
    assert "will take in: citizens_panel_w03.csv." in ran.output
    assert "Ignored, as no definition names them: readme.txt." in ran.output
    assert run("status", str(tmp_path / 'a "new" one')).exit_code == 0


def test_every_released_wave_has_its_tables_beside_its_newsletter(panel: Panel) -> None:
    folder = panel.root / "published" / "public" / SURVEY / "w02"
    rows = pl.read_parquet(folder / "tables.parquet")
    published = panel.sql(
        "select round(estimate, 2) from estimates where wave = 'w02' and item = 'linking_support' "
        "and statistic = 'headline' and domain = 'all'"
    ).item()
    found = rows.filter(item="linking_support", statistic="headline", domain="all")["estimate"].item()
    assert found == pytest.approx(published, abs=0.0051)
    assert (folder / "tables.xlsx").stat().st_size > 10_000
    assert not (folder.parent / "w03" / "tables.xlsx").exists()  # in the field


@pytest.mark.parametrize(("kind", "name"), [("tables", "tables.xlsx"), ("methods", "methods.html")])
def test_report_writes_tables_and_methods_again_as_they_were(demo: Panel, kind: str, name: str) -> None:
    file = demo.root / "published" / "public" / SURVEY / "w02" / name
    before = file.read_bytes()
    file.unlink()
    ran = run("report", kind, str(demo.root), "--survey", SURVEY, "--wave", "w02")
    assert (ran.exit_code, ran.output.strip()) == (0, str(file))
    assert file.read_bytes() == before
