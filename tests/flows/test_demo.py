"""The demonstration end to end: deliveries in, a published file, a newsletter, and a truth to hold it against."""

import json
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import polars as pl
import pytest

from tests.nights import SURVEY, Panel, Ran
from tests.nights import run as panel_run

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
    "transition_margins",
    "gross_changes",
    "trends",
    "trend_tests",
    "conditioning",
    "retention",
    "attrition_hazards",
    "attrition_curves",
    "attrition_patterns",
    "member_patterns",
    "response_patterns",
    "representativity",
    "response_by_answer",
    "attrition_model",
    "attrition_alerts",
    "refresh_outlook",
    "recruitment",
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
    lines = [line for line in ran.output.splitlines() if not line.startswith(f"{SURVEY}, ")]
    where = {
        label: place.strip() for label, place in (one.split(":", 1) for one in lines if not one.startswith(SURVEY))
    }
    assert where["Published file"].endswith(str(panel.published))
    assert where["Newsletter"].endswith("/public/citizens_panel/w02/newsletter.html")
    assert where["Trend explorer"].endswith("/public/explorer/index.html")
    assert where["Data-quality pages"].endswith("/published/quality/index.html")
    assert where["Attrition page"].endswith("/published/attrition/citizens_panel.html")
    for label in ("Published file", "Newsletter", "Trend explorer", "Data-quality pages", "Attrition page"):
        assert (panel.root / where[label]).is_file()
    told = [line for line in lines if line.startswith(f"{SURVEY}: ")]
    assert len(told) == 4
    assert "attrition alerts: " in told[-1]
    assert not ran.errors


def test_the_nights_of_these_tests_run_on_the_server_they_share(demo_run: DemoRun, prefect_server: str) -> None:
    wanted = json.dumps({"flow_runs": {"name": {"any_": [f"nightly-{demo_run[0].root.name}"]}}}).encode()
    request = urllib.request.Request(
        f"{prefect_server}/flow_runs/filter", wanted, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert json.load(response), "no night there: each started a server of its own, which takes as long as its work"


def test_the_attrition_page_is_self_contained_and_made_again_only_when_something_changed(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    path = panel.root / "published" / "attrition" / "citizens_panel.html"
    page = path.read_text()
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in page
    assert page.count("<svg") == page.count("<desc") > 0
    made = path.stat().st_mtime_ns
    again = panel_run("report", "attrition", str(panel.root), "--survey", SURVEY)
    assert again.output.strip() == str(path)
    assert path.read_text() == page
    assert path.stat().st_mtime_ns > made


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
    assert sorted(path.name for path in public.glob("w*")) == ["w01", "w02"]
    draft = panel.root / "var" / "drafts" / SURVEY / "w03" / "newsletter.html"
    assert "provisional" in title_of(draft).lower()
    assert "provisional" not in title_of(public / "w02" / "newsletter.html").lower()


def title_of(page: Path) -> str:
    return page.read_text().split("<title>")[1].split("</title>")[0]


def test_no_delivered_id_test_row_or_open_answer_leaves_the_workspace(demo_run: DemoRun) -> None:
    panel, ran = demo_run
    published = panel.tables() | {"runs": panel.sql("from runs")}
    pages = {
        str(path.relative_to(panel.root)): path.read_text(errors="replace")
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


def test_the_wave_in_the_field_makes_nobody_a_leaver(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    assert panel.sql("select distinct wave from attrition_curves where wave is not null")["wave"].max() == "w02"
    assert panel.sql("select max(n_at_risk) from member_patterns").item() == 2
    assert panel.sql("select distinct wave from representativity")["wave"].sort().to_list() == ["w01", "w02"]
    late = panel.sql(
        "select n_at_risk, n_exits from attrition_curves where cause = 'missed_latest' and domain = 'all' "
        "and weighting = 'unweighted' and wave = 'w02'"
    ).row(0)
    eligible, answered = panel.sql(
        "select count_if(is_invited), count_if(is_respondent) from participation where wave = 'w02'"
    ).row(0)
    assert late == (eligible, eligible - answered)


def test_response_rates_are_aapors(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    row = panel.sql("from response_rates where wave = 'w02' and domain = 'all'").row(0, named=True)
    counts = dict(panel.sql("select disposition, count(*) from participation where wave = 'w02' group by all").rows())
    assert row["n_refused"] == counts.get("left_panel", 0)
    assert row["n_partial"] == counts.get("partial", 0)
    assert row["n_not_contacted"] == counts["no_answer"]
    assert row["rr1"] == row["response_rate"] == counts["complete"] / row["n_eligible"]
    assert row["rr2"] == (counts["complete"] + counts.get("partial", 0)) / row["n_eligible"]
    assert (row["rate_kind"], row["cumulative_response_rate"]) == ("response", None)


def test_groups_with_few_active_members_raise_an_alert(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    rows = panel.sql("select n_active, is_alert, message from attrition_alerts where measure = 'active'")
    assert {n < 50: is_alert for n, is_alert, _ in rows.rows()} == {True: True, False: False}
    assert all(("fewer than 50" in message) == is_alert for _, is_alert, message in rows.fill_null("").rows())
    tested = panel.sql("select * from attrition_alerts where measure <> 'active' and p_value is not null")
    assert (tested["p_value_corrected"] >= tested["p_value"]).all()
    assert (tested["is_alert"] == (tested["p_value_corrected"] < 0.05)).all()


def test_status_tells_the_alerts(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    alerts = panel.sql("select domain, domain_value, measure from attrition_alerts where is_alert").rows()
    told = json.loads(panel.panel("status", "--json").output)["attrition_alerts"]
    assert {(one["domain"], one["domain_value"], one["measure"]) for one in told} == set(alerts)
    assert "Attrition alerts" in panel.panel("status").output


def test_a_refreshment_is_planned_by_age_group(demo_run: DemoRun, tmp_path: Path) -> None:
    panel, _ = demo_run
    options = ("--survey", SURVEY, "--active", "600", "--joining", "all=0.1", "--chase", str(tmp_path / "chase.csv"))
    plan = json.loads(panel.panel("refresh-plan", *options, "--format", "json").output)
    groups = plan["groups"]
    assert [group["domain_value"] for group in groups] == ["16-24", "25-34", "35-49", "50-64", "65+"]
    assert sum(group["n_target"] for group in groups) == pytest.approx(600)
    assert all(group["n_then"] >= group["n_target"] - 1e-6 for group in groups)
    assert all(group["n_to_invite"] == 10 * group["n_to_recruit"] > 0 for group in groups)
    active = panel.sql("select count_if(is_active), count_if(is_active and n_missed_latest > 0) from member_patterns")
    assert (sum(group["n_active"] for group in groups), sum(group["n_absent"] for group in groups)) == active.row(0)
    assert pl.read_csv(tmp_path / "chase.csv").height == active.item(0, 1)
    effect = plan["design_effect"]
    assert effect["then_with"] < effect["then_without"]
    text = panel.panel("refresh-plan", *options).output
    assert "600 active members with the profile of the population" in text
    csv = panel.panel("refresh-plan", "--survey", SURVEY, "--format", "csv").output.splitlines()
    assert len(csv) == 6
    assert "n_to_recruit" in csv[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--joining", "young=0.1"), "no such group; there are 16-24"),
        (("--joining", "all=10"), "expected a share above 0"),
        (("--joining", "many"), "expected GROUP=SHARE"),
        (("--waves", "40"), "expected 1 to 12 waves ahead"),
        (("--active", "0"), "expected 1 active member or more"),
    ],
)
def test_a_plan_for_what_cannot_be_is_refused(demo_run: DemoRun, options: tuple[str, ...], told: str) -> None:
    ran = demo_run[0].panel("refresh-plan", "--survey", SURVEY, *options)
    assert ran.exit_code == 2
    assert told in ran.errors


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


def test_the_codebook_is_searched_in_every_language_and_told_in_one(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    by_word = {word: panel.sql(f"from codebook('{word}')") for word in ("Cyngor lleol", "local council")}
    assert all("trust_data_council" in found["item"].to_list() for found in by_word.values())
    welsh = panel.sql("from codebook('local council', language := 'cy') where item = 'trust_data_council'")
    assert welsh["label"].item() == "Ymddiriedaeth yn y cyngor lleol i ddefnyddio data'n gyfrifol"
    assert welsh["answers"].item().to_list()[2] == "3 Cryn dipyn"
    english = panel.sql("from codebook('consent_choice', language := 'cy')")
    assert english["label"].item() == "Choice over planning uses of own data"  # not translated


def test_a_newsletter_is_written_in_each_language_of_the_survey(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    pages = sorted((panel.root).rglob("newsletter.html"))
    folders = {page.parent for page in pages}
    main = [folder for folder in folders if folder.name != "cy"]
    assert main
    assert folders == {*main, *(folder / "cy" for folder in main)}
    for folder in main:
        assert '<html lang="en">' in (folder / "newsletter.html").read_text(encoding="utf-8")
        assert '<html lang="cy">' in (folder / "cy" / "newsletter.html").read_text(encoding="utf-8")


def test_groups_are_tested_in_every_final_wave_and_told_with_their_published_estimates(demo_run: DemoRun) -> None:
    panel, _ = demo_run
    tests = panel.sql("select * from group_tests order by all")
    assert set(tests["domain"]) == {"age_group", "sex"}
    assert set(tests.filter(wave="w03")["verdict"]) == {"not tested"}
    told = tests.filter((pl.col("wave") != "w03") & ~pl.col("is_suppressed"))
    assert set(told["verdict"]) <= {"differs between groups", "no clear difference between groups"}
    assert told.height
    unlike = panel.sql(
        "select * from group_tests as test inner join estimates as estimate using (survey, wave, weight_id, item, "
        "statistic, category, domain) where domain_value = lowest_group and estimate <> lowest_estimate"
    )
    assert unlike.is_empty()
