"""A night with nothing new: nothing is changed, it is said, and it is remembered."""

import json
import subprocess
import sys

from tests.nights import Panel, environment

SLOW = ("prefect", "great_expectations", "duckdb", "polars", "numpy", "sqlalchemy", "statsmodels", "yaml")
ONE_NIGHT = """
import json, sys
from flows.cli import main
code = main(["nightly", sys.argv[1], "--today", sys.argv[2]])
print(json.dumps({"code": code, "modules": [name for name in sys.modules if "." not in name]}))
"""


def test_nothing_new_leaves_the_published_file_as_it_is_and_says_so(demo: Panel) -> None:
    assert demo.night().exit_code == 0  # the copy has another root than the original
    before, files = demo.published.read_bytes(), sorted(demo.root.rglob("*"))
    n_runs = len(demo.runs())
    ran = demo.night()
    assert ran.exit_code == 0
    assert ran.output.startswith("Nothing new since the last run: nothing was changed.\n")
    assert demo.published.read_bytes() == before
    assert sorted(demo.root.rglob("*")) == files
    assert len(demo.runs()) == n_runs + 1
    assert demo.runs()[-1]["outcome"] == "nothing new"


def test_it_is_decided_before_anything_slow_is_imported(demo: Panel) -> None:
    command = [sys.executable, "-c", ONE_NIGHT, str(demo.root), str(demo.today)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["code"] == 0
    assert "Nothing new" in done.stdout
    assert not set(SLOW) & set(told["modules"])
    assert not done.stderr


def test_the_next_publication_copies_quiet_nights_into_runs(two_waves: Panel) -> None:
    assert "Nothing new" in two_waves.night().output
    two_waves.deliver("w03", two_waves.w03())
    assert two_waves.night().exit_code == 0
    outcomes = two_waves.sql("select outcome from runs order by started_at")["outcome"].to_list()
    assert outcomes == ["published", "nothing new", "published"]


def test_the_end_of_fieldwork_alone_is_something_new(demo: Panel) -> None:
    (end,) = demo.sql("select fieldwork_end from waves where wave = 'w03'").row(0)
    assert "Nothing new" in Panel(demo.root, end).night().output
    later = Panel(demo.root, end.replace(day=end.day + 1))
    assert "release citizens_panel-w03-r1 is final" in later.night().output
    assert later.sql("select verdict from changes where wave_to = 'w03' and verdict <> 'not tested'").height > 0
    assert (later.root / "published" / "public" / "citizens_panel" / "w03" / "newsletter.html").exists()
    assert not (later.root / "var" / "drafts" / "citizens_panel" / "w03").exists()
    assert "Nothing new" in later.night().output


def test_a_file_that_comes_while_a_night_runs_is_for_the_next_one(two_waves: Panel, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from flows import figures

    make_figures = figures.make_figures

    def deliver_meanwhile(survey: str) -> None:
        two_waves.deliver("w03", two_waves.w03())
        make_figures(survey)

    monkeypatch.setattr(figures, "make_figures", deliver_meanwhile)
    two_waves.night("--full")
    monkeypatch.undo()
    assert two_waves.inbox() == ["citizens_panel_w03.csv"]
    ran = two_waves.night()
    assert "w03: 195 rows accepted" in ran.output
    assert two_waves.inbox() == []


def test_doing_everything_again_makes_the_same_figures_and_no_new_release(demo: Panel) -> None:
    before = demo.tables()
    assert demo.night("--full").exit_code == 0
    after = demo.tables()
    for name in ("estimates", "changes", "weights", "answers", "retention", "releases", "revisions", "panel_members"):
        assert after[name].equals(before[name]), name


def test_a_file_that_no_definition_names_stays_in_the_inbox_and_is_named_once(demo: Panel) -> None:
    (demo.root / "inbox" / "holiday.csv").write_text("a,b\n1,2\n")
    assert "holiday.csv: left in the inbox, no definition names it" in demo.night().output
    assert demo.inbox() == ["holiday.csv"]
    assert "Nothing new" in demo.night().output
