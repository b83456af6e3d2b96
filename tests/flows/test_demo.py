"""The demonstration end to end: deliveries in, a published file, a newsletter, and a truth to hold it against."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl

from tests.nights import SURVEY, Panel, Ran

PUBLISHED = {
    "panel_members",
    "waves",
    "participation",
    "answers",
    f"responses_{SURVEY}",
    "weights",
    "items",
    "answer_options",
    "item_links",
    "margins",
    "estimates",
    "changes",
    "transitions",
    "retention",
    "attrition_hazards",
    "response_rates",
    "response_quality",
    "quality_by_wave",
    "quality_effect",
    "releases",
    "runs",
    "checks",
    "revisions",
}
READER = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = connection.sql("select table_name, comment from duckdb_tables()").fetchall()
bare = "select table_name, column_name from duckdb_columns() where not internal and comment is null"
columns = connection.sql(bare).fetchall()
print(json.dumps({"tables": dict(tables), "columns": columns}))
"""
OPEN_ANSWERS = """
select distinct value
from staging.answers
inner join definitions.items using (item)
where items.kind = 'text' and length(value) > 10
"""
DemoRun = tuple[Panel, Ran]


def test_it_ends_by_printing_where_things_are_and_what_they_say(demo_run: DemoRun) -> None:
    panel, ran = demo_run
    assert ran.exit_code == 0
    *_, published, newsletter, quality, first, second, third = ran.output.splitlines()
    assert published.endswith(str(panel.published))
    assert newsletter.endswith("/public/citizens_panel/w02/newsletter.html")
    assert quality.endswith("/published/quality/index.html")
    assert all(line.startswith(f"{SURVEY}: ") for line in (first, second, third))
    assert not ran.errors
    for line in (published, newsletter, quality):
        assert (panel.root / line.split(": ", 1)[1].strip()).is_file()


def test_a_second_process_opens_the_published_file_and_finds_every_table_explained(demo_run: DemoRun) -> None:
    path = str(demo_run[0].published)
    done = subprocess.run([sys.executable, "-c", READER, path], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert set(found["tables"]) >= PUBLISHED
    assert all(found["tables"].values()), "a table without a comment"
    assert found["columns"] == [], "columns without a comment"


def test_headline_shares_are_near_the_truth(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    keys = ["wave", "item", "statistic", "category", "domain", "domain_value"]
    truth = pl.read_csv(panel.root / "truth" / "shares.csv", schema_overrides={"domain_value": pl.String})
    estimates = panel.sql("select * from estimates where statistic = 'headline' and domain = 'all'")
    both = estimates.join(truth, on=keys, validate="1:1")
    assert both.height == estimates.height > 50
    distance = ((both["estimate"] - both["true_value"]) / both["standard_error"]).abs()
    assert distance.max() < 4  # type: ignore[operator]
    assert distance.mean() < 1.3  # type: ignore[operator]


def test_the_wave_in_the_field_is_provisional_and_claims_no_change(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    statuses = panel.sql("select wave, release_status from waves order by wave").rows()
    assert statuses == [("w01", "final"), ("w02", "final"), ("w03", "provisional")]
    verdicts = panel.sql("select wave_to, verdict from changes where wave_to = 'w03'")
    assert verdicts.height > 100
    assert set(verdicts["verdict"]) == {"not tested"}
    tested = panel.sql("select verdict from changes where wave_to = 'w02' and not is_suppressed")
    assert set(tested["verdict"]) & {"rose", "fell", "no clear change"}
    marks = panel.sql("select distinct wave, is_provisional from estimates order by wave").rows()
    assert marks == [("w01", False), ("w02", False), ("w03", True)]


def test_the_newsletter_of_the_wave_in_the_field_is_a_draft_marked_provisional(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    public = panel.root / "published" / "public" / SURVEY
    assert sorted(path.name for path in public.iterdir()) == ["w01", "w02"]
    draft = panel.root / "var" / "drafts" / SURVEY / "w03" / "newsletter.html"
    assert "provisional" in title_of(draft).lower()
    assert "provisional" not in title_of(public / "w02" / "newsletter.html").lower()


def title_of(page: Path) -> str:
    return page.read_text().split("<title>")[1].split("</title>")[0]


def test_no_delivered_id_test_row_or_open_answer_leaves_the_workspace(demo_run: DemoRun) -> None:
    panel, ran = demo_run
    published = panel.tables() | {"runs": panel.sql("from runs")}
    pages = {
        str(path.relative_to(panel.root)): path.read_text()
        for folder in ("published/quality", "published/public", "var/drafts")
        for path in (panel.root / folder).rglob("*.*")
    }
    texts = {name: rows.write_json() for name, rows in published.items()} | pages
    texts |= {"what was printed": ran.text, "runs.jsonl": (panel.root / "var" / "runs.jsonl").read_text()}
    comments = panel.stored(OPEN_ANSWERS)["value"].to_list()
    assert comments, "the simulation wrote no open answers"
    for name, text in texts.items():
        assert "P-0" not in text, f"a delivered id in {name}"
        assert "TEST-" not in text, f"a test row in {name}"
        assert not any(comment in text for comment in comments), f"an open answer in {name}"


def test_the_truth_is_not_published(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    assert "true_value" not in panel.sql("select column_name from duckdb_columns()")["column_name"]
    assert not list((panel.root / "published").rglob("*shares*"))


def test_the_register_is_sealed_and_the_working_folder_private(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    var = panel.root / "var"
    assert stat.S_IMODE(var.stat().st_mode) == 0o700
    assert stat.S_IMODE((var / "register.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((var / "register.key").stat().st_mode) == 0o600
    content = (var / "register.db").read_bytes()
    assert b"P-0" not in content
    assert b"P-0" not in (var / "warehouse.duckdb").read_bytes()
    member = panel.sql("select panel_member_id from panel_members limit 1").item()
    assert member.encode() in content, "the pseudonym, and nothing else, is readable"


def test_rows_delivered_are_accepted_refused_or_superseded(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    counts = panel.stored("select n_delivered, n_accepted + n_refused + n_superseded as told from raw.deliveries")
    assert counts["n_delivered"].to_list() == counts["told"].to_list()
    run = panel.sql("from runs").row(-1, named=True)
    assert run["n_rows_delivered"] == run["n_rows_accepted"] + run["n_rows_refused"] + run["n_rows_superseded"]
    assert run["fingerprint"]


def test_every_delivery_left_the_inbox_for_the_archive(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    assert panel.inbox() == []
    assert len(list((panel.root / "var" / "archive").iterdir())) == 4


def test_respondents_who_answered_carelessly_are_flagged_and_none_is_removed(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    found = panel.sql(
        "select flag, count(*) as n, bool_and(is_strong) as strong, bool_and(participation.is_respondent) as kept "
        "from response_quality inner join participation using (survey, wave, panel_member_id) group by flag"
    )
    flags = {flag: (n, is_strong, is_kept) for flag, n, is_strong, is_kept in found.iter_rows()}
    assert {"straightlining", "nondifferentiation"} <= set(flags)
    assert flags["straightlining"][1] is False  # the grid of trust points one way
    assert "duplicated_text" not in flags  # switched off in this survey
    assert all(is_kept for _, _, is_kept in flags.values())
    assert sum(n for n, _, _ in flags.values()) < panel.sql("from participation").height
