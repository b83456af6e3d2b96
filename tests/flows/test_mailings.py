"""Whom the sending system invited, delivered in files of its own beside a wave: through two nights, with refusals."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel, Ran, Rows, edited, run

MAILINGS = """
mailings:
  file: "mailing_*.csv"
  columns: {panel_member_id: MEMBER, invited_to: CAMPAIGN, invited_at: SENT, channel: CHANNEL, outcome: STATUS}
  optional_columns: {opened_at: OPENED}
  waves: {"Third survey": w03}
  undeliverable: ["bounced"]
  row_tolerance: 0.02

families:
"""
NEVER = "2099-01-01 09:00"
N_LEFT_OUT, N_RETURNED = 12, 9
OF_W03 = "from participation where wave = 'w03'"


def invitation(member: str, **cells: str) -> dict[str, str]:
    sent = {"CAMPAIGN": "Third survey", "SENT": "2020-01-01 09:00", "CHANNEL": "email", "STATUS": "ok", "OPENED": ""}
    return {"MEMBER": member, **sent, **cells}


def deliver(panel: Panel, name: str, rows: Rows) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    (panel.root / "inbox" / name).write_text(text.getvalue(), encoding="utf-8")


def members(panel: Panel) -> dict[str, str]:
    """Return the status of everybody on the member list, by the id it was delivered with."""
    for path in sorted((panel.root / "var" / "archive").glob("*.csv")):
        text = path.read_text(encoding="cp1252")
        if text.startswith("MEMBER_ID"):
            return {row["MEMBER_ID"]: row["STATUS"] for row in csv.DictReader(io.StringIO(text, newline=""))}
    raise AssertionError("no member list")


def heard(panel: Panel) -> dict[str, bool]:
    """Return the ids in the third wave's file, in its order, and whether each interview is complete."""
    rows: list[dict[str, str]] = []
    edited(panel.w03(), lambda found: rows.extend(found) or found)
    return {row["RESP_ID"]: row["Finished"] == "True" for row in rows if row["Status"] != "Survey Preview"}


def counted(panel: Panel) -> dict[str, int]:
    return dict(panel.sql(f"select disposition, count(*) {OF_W03} group by all").rows())


def failed(panel: Panel) -> dict[str, int]:
    rows = panel.sql(
        "select rule, sum(n_failed)::int from checks where not success and rule in ('member-known', 'wave-known', "
        "'invited-first', 'member-invited', 'readable-file') and wave in ('mailings', 'w03') group by all"
    )
    return dict(rows.rows())


@dataclass(frozen=True)
class Story:
    """What was seen after each of the two nights."""

    nights: tuple[Ran, Ran]
    dispositions: tuple[dict[str, int], dict[str, int]]
    failed: tuple[dict[str, int], dict[str, int]]
    rates: tuple[dict[str, object], dict[str, object]]
    panel: Panel
    answering: list[str]


def rates(panel: Panel) -> dict[str, object]:
    return panel.sql("from response_rates where wave = 'w03' and domain = 'all'").row(0, named=True)


@pytest.fixture(scope="module")
def story(two_waves_run: Panel, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Return a panel whose third wave comes with one mailing, then with another for those left out of the first.

    Left out at first: twelve, two of whom answered. Of the others nine who did not answer had theirs returned.
    """
    panel = two_waves_run.copy_to(tmp_path_factory.mktemp("mailings") / "panel")
    panel.edit(f"surveys/{SURVEY}/survey.yml", "\nfamilies:\n", MAILINGS)
    everybody, came = members(panel), heard(panel)
    answered = [one for one, is_complete in came.items() if is_complete]
    silent = [one for one, status in everybody.items() if status == "active" and one not in came]
    left_out = [*answered[:2], *silent[: N_LEFT_OUT - 2]]
    returned = silent[N_LEFT_OUT : N_LEFT_OUT + N_RETURNED]
    rows = [
        invitation(one, STATUS="bounced" if one in returned else "ok", OPENED="yes" if one == answered[5] else "")
        | ({"SENT": NEVER} if one == answered[4] else {})
        for one in everybody
        if one not in left_out
    ]
    rows += [invitation("P-999999"), invitation(answered[7], CAMPAIGN="Christmas card")]
    deliver(panel, "mailing_1.csv", rows)
    (panel.root / "inbox" / panel.delivered_name("w03")).write_bytes(panel.w03())
    first = panel.night()
    seen = counted(panel), failed(panel), rates(panel)
    deliver(panel, "mailing_2.csv", [invitation(one, CHANNEL="letter") for one in [*left_out, answered[6]]])
    deliver(panel, "mailing_3.csv", [{"WHO": "P-000001", "CAMPAIGN": "Third survey"}])
    second = panel.night()
    return Story(
        (first, second), (seen[0], counted(panel)), (seen[1], failed(panel)), (seen[2], rates(panel)), panel, answered
    )


def test_refused_rows_within_the_tolerance_are_counted_and_the_rest_is_used(story: Story) -> None:
    assert story.nights[0].exit_code == 0, story.nights[0].text
    assert "mailings (mailing_1.csv): " in story.nights[0].text
    assert story.failed[0] == {"member-known": 1, "wave-known": 1, "member-invited": 2, "invited-first": 1}


def test_who_was_not_invited_or_could_not_be_reached_stands_in_participation(story: Story) -> None:
    first, _ = story.dispositions
    assert first["undeliverable"] == N_RETURNED
    assert 0 < first["not_invited"] <= N_LEFT_OUT - 2  # but those who had left the panel, or were not there yet
    assert first["complete"] == len(story.answering)


def test_those_of_unknown_whereabouts_are_neither_contacted_nor_out_of_the_rates(story: Story) -> None:
    found = story.rates[0]
    assert found["n_unknown"] >= N_RETURNED
    assert found["rr1"] <= found["rr3"]


def test_another_file_adds_to_the_first_and_one_without_ids_is_put_aside(story: Story) -> None:
    first, second = story.dispositions
    assert "not_invited" not in second
    assert second["no_answer"] == first["no_answer"] + first["not_invited"]
    assert second["undeliverable"] == N_RETURNED
    assert story.nights[1].exit_code == 1
    assert story.failed[1] == {"member-known": 1, "wave-known": 1, "invited-first": 1, "readable-file": 1}
    assert "mailing_3.csv: column 'MEMBER', which holds the member's id, is missing" in story.nights[1].text
    files = story.panel.sql("select status, n_delivered from deliveries where source = 'mailings' order by received_at")
    assert [status for status, _ in files.rows()] == ["accepted", "accepted"]
    assert story.rates[1]["n_invited"] > story.rates[0]["n_invited"]


def test_invitations_are_published_with_channel_and_opening_and_on_the_quality_pages(story: Story) -> None:
    told = story.panel.sql(
        f"select invited_by, has_opened, count(*) as n, count(invited_at) as n_dated {OF_W03} and is_respondent "
        "group by all order by all"
    ).rows()
    n = len(story.answering)
    assert told == [
        ("email", False, n - 4, n - 4), ("email", True, 1, 1), ("email+letter", False, 1, 1), ("letter", False, 2, 2)
    ]  # fmt: skip
    index = (story.panel.root / "published" / "quality" / "index.html").read_text(encoding="utf-8")
    assert "Invitations" in index
    page = (story.panel.root / "published" / "quality" / SURVEY / "mailings.html").read_text(encoding="utf-8")
    assert "Invitations to waves that no definition knows" in page


def test_a_corrected_file_supersedes_the_one_of_its_name_and_the_wave_is_judged_again(
    story: Story, tmp_path: Path
) -> None:
    panel = story.panel.copy_to(tmp_path / "panel")
    left_out = [*story.answering[:2], story.answering[6]]
    deliver(panel, "mailing_2.csv", [invitation(one, CHANNEL="text message") for one in left_out[1:]])
    ran = panel.night()
    assert "mailings (mailing_2.csv): 2 rows accepted, 0 refused" in ran.text
    files = panel.stored(
        "select file_name, status, n_delivered from raw.deliveries where source = 'mailings' order by all"
    ).rows()
    n = panel.stored("select n_delivered from raw.deliveries where file_name = 'mailing_1.csv'").item()
    assert files == [
        ("mailing_1.csv", "accepted", n),
        ("mailing_2.csv", "accepted", 2),
        ("mailing_2.csv", "superseded", N_LEFT_OUT + 1),
    ]
    told = panel.sql(f"select invited_by, count(*) {OF_W03} and is_respondent group by all order by all").rows()
    assert dict(told) == {"email": len(story.answering) - 3, "email+text message": 1, "text message": 1, None: 1}
    assert counted(panel)["not_invited"] == story.dispositions[0]["not_invited"]
    assert failed(panel)["member-invited"] == 1
    kept = panel.stored("select delivery_id from raw.deliveries where status = 'superseded' and source = 'mailings'")
    assert (panel.root / "var" / "archive" / f"{kept.item()}.csv").exists()


def test_a_check_of_mailings_tells_who_answered_before_the_invitation(story: Story, tmp_path: Path) -> None:
    late, invited_before = story.answering[4], story.answering[8]
    rows = [invitation(late, SENT=NEVER), invitation(invited_before, SENT=NEVER)]
    deliver(story.panel, "mailing_4.csv", rows)
    file = tmp_path / "mailing_4.csv"
    (story.panel.root / "inbox" / file.name).rename(file)
    about = ("--survey", SURVEY, "--wave", "mailings", "--workspace", str(story.panel.root))
    ran = run("check", str(file), *about)
    assert ran.exit_code == 0, ran.text
    assert "'SENT': dated after the member's interview in 1 row (first in row 1)" in ran.text
