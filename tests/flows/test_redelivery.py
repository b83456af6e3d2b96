"""Deliveries that come again: the same, a corrected one, one that had been refused, and a longer member list."""

import pytest
from polars.testing import assert_frame_equal

from tests.nights import SURVEY, Panel, Ran, Rows, demo_panel, edited

R2 = f"{SURVEY}-w02-r2"
MOVED = "figures moved, for everyone by at most "


def w02(panel: Panel) -> bytes:
    """Return the second wave's file from the archive."""
    found = panel.stored("select delivery_id from raw.deliveries where source = 'w02'").item()
    return (panel.root / "var" / "archive" / f"{found}.csv").read_bytes()


def corrected(content: bytes) -> bytes:
    """Return the second wave's file with some answers to its first item turned round."""

    def change(rows: Rows) -> Rows:
        for row in rows[: len(rows) // 2]:
            row["q1_trust"] = "1"
        return rows

    return edited(content, change, encoding="utf-8-sig", delimiter=";")


@pytest.fixture(scope="module")
def corrected_run(two_waves_run: Panel, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a panel whose final second wave was delivered again, corrected."""
    panel = two_waves_run.copy_to(tmp_path_factory.mktemp("corrected") / "panel")
    panel.deliver("w02", corrected(w02(panel)))
    ran = panel.night()
    assert ran.exit_code == 0
    assert f"release {R2} is corrected" in ran.output
    assert f"{SURVEY}, w02 corrected on " in ran.output
    assert MOVED in ran.output
    return panel


def test_the_same_file_again_changes_nothing(two_waves: Panel) -> None:
    before = two_waves.tables()
    two_waves.deliver("w02", w02(two_waves))
    ran = two_waves.night()
    assert "the same file as before, nothing to do" in ran.output
    assert ran.exit_code == 0
    assert two_waves.inbox() == []
    after = two_waves.tables()
    for name in ("deliveries", "estimates", "releases", "revisions", "waves", "answers"):
        assert after[name].equals(before[name]), name


def test_a_corrected_file_supersedes_the_first(corrected_run: Panel) -> None:
    rows = corrected_run.sql(
        "select status, n_delivered = n_accepted + n_refused + n_superseded, n_accepted > 0, n_superseded > 0 "
        "from deliveries where source = 'w02' order by received_at"
    )
    assert rows.rows() == [("superseded", True, False, True), ("accepted", True, True, False)]


def test_the_correction_is_a_new_release_and_the_first_stays_on_record(corrected_run: Panel) -> None:
    releases = "select release_id, release_status, notice is null from releases where wave = 'w02' order by all"
    assert corrected_run.sql(releases).rows() == [(f"{SURVEY}-w02-r1", "final", True), (R2, "corrected", False)]
    newest = "select release_id, release_status from waves where wave = 'w02'"
    assert corrected_run.sql(newest).row(0) == (R2, "corrected")


def test_revisions_tell_which_figures_moved(corrected_run: Panel, two_waves_run: Panel) -> None:
    revised = corrected_run.sql("from revisions")
    assert set(revised["release_id"]) == {R2}
    assert set(revised["item"]) == {"trust_data_council"}
    key = "where wave = 'w02' and item = 'trust_data_council' and statistic = 'headline' and domain = 'all'"
    row = corrected_run.sql(f"select estimate_before, estimate_after from revisions {key}").row(0)
    assert row[0] == pytest.approx(two_waves_run.sql(f"select estimate from estimates {key}").item(), abs=1e-12)
    assert row[1] == pytest.approx(corrected_run.sql(f"select estimate from estimates {key}").item(), abs=1e-12)


def test_the_newsletter_shows_the_notice(corrected_run: Panel) -> None:
    page = (corrected_run.root / "published" / "public" / SURVEY / "w02" / "newsletter.html").read_text()
    assert "Figures were computed again after a new delivery" in page
    assert MOVED in page


def test_summary_status_and_quality_pages_say_what_moved(corrected_run: Panel) -> None:
    status = corrected_run.panel("status", "--today", str(corrected_run.today)).output
    index = (corrected_run.root / "published" / "quality" / "index.html").read_text()
    for told in (status, index):
        assert "w02 corrected on " in told
        assert MOVED in told


def test_a_held_delivery_is_followed_by_a_corrected_one_that_is_accepted(two_waves: Panel) -> None:
    def without_a_column(rows: Rows) -> Rows:
        return [{name: value for name, value in row.items() if name != "Finished"} for row in rows]

    two_waves.deliver("w03", edited(two_waves.w03(), without_a_column))
    assert two_waves.night().exit_code == 1
    held = two_waves.night()
    assert held.exit_code == 1, "still held on a night with nothing new"
    assert "Finished" in held.output
    two_waves.deliver("w03", two_waves.w03())
    assert two_waves.night().exit_code == 0
    statuses = two_waves.sql(
        "select status, n_delivered = n_refused from deliveries where source = 'w03' order by received_at"
    )
    assert statuses.rows() == [("held", True), ("accepted", False)]
    assert two_waves.sql("select release_status from waves where wave = 'w03'").item() == "provisional"


def test_a_longer_member_list_lets_in_the_wave_it_had_been_too_short_for(two_waves: Panel) -> None:
    roster = two_waves.stored("select delivery_id from raw.deliveries where source = 'roster'").item()
    content = (two_waves.root / "var" / "archive" / f"{roster}.csv").read_bytes()

    def with_strangers(rows: Rows) -> Rows:
        for number, row in enumerate(rows[10:30]):
            row["RESP_ID"] = f"P-9{number:05d}"
        return rows

    def with_their_entries(rows: Rows) -> Rows:
        return rows + [{**rows[number], "MEMBER_ID": f"P-9{number:05d}"} for number in range(20)]

    two_waves.deliver("w03", edited(two_waves.w03(), with_strangers))
    ran = two_waves.night()
    assert ran.exit_code == 1
    assert "P-9" not in ran.text
    two_waves.deliver("roster", edited(content, with_their_entries, encoding="utf-8"))
    ran = two_waves.night()
    assert ran.exit_code == 0, ran.text
    assert two_waves.sql("select status from deliveries where source = 'w03'").item() == "accepted"
    assert two_waves.sql("select count(*) from panel_members").item() == 420


def test_waves_wait_for_the_member_list(two_waves_run: Panel, tmp_path) -> None:  # type: ignore[no-untyped-def]
    panel = demo_panel(tmp_path / "panel", waves=1)
    roster = panel.root / "inbox" / "member_list.csv"
    content = roster.read_bytes()
    roster.unlink()
    ran = panel.night()
    assert ran.exit_code == 1
    assert "waits, as the member list (member_list.csv) has not been accepted. Deliver it." in ran.output
    assert panel.inbox() == ["citizens_panel_w01.csv"]
    panel.deliver("roster", content)
    assert panel.night().exit_code == 0
    assert panel.inbox() == []
    assert panel.sql("select n_respondents from waves").item() == 196


@pytest.fixture(scope="module")
def withdrawn_run(corrected_run: Panel, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Ran]:
    """Withdraw the correction by the first file; an older list and copies of other files come in the same night."""
    panel = corrected_run.copy_to(tmp_path_factory.mktemp("withdrawn") / "panel")
    archive = panel.root / "var" / "archive"
    stored = panel.stored(
        "select source, delivery_id from raw.deliveries where status <> 'accepted' or source <> 'w02'"
    )
    files = {source: (archive / f"{delivery_id}.csv").read_bytes() for source, delivery_id in stored.rows()}
    panel.deliver("w02", files["w02"])
    panel.deliver("roster", edited(files["roster"], older, encoding="utf-8"))
    panel.deliver("w03", files["w01"])
    (panel.root / "inbox" / "citizens_panel_w01 (1).csv").write_bytes(files["w01"])
    ran = panel.night()
    assert ran.exit_code == 1, "the older list is held"
    return panel, ran


def older(rows: Rows) -> Rows:
    """Return a member list of the year before, without its last ten members."""
    return [{**row, "LIST_DATE": f"{int(row['LIST_DATE'][:4]) - 1}{row['LIST_DATE'][4:]}"} for row in rows[:-10]]


def test_the_first_file_again_withdraws_the_correction(withdrawn_run: tuple[Panel, Ran], two_waves_run: Panel) -> None:
    panel, ran = withdrawn_run
    assert "superseded since; it is judged, and used, again" in ran.output
    rows = panel.sql(
        "select status, n_accepted > 0, n_superseded > 0 from deliveries where source = 'w02' order by all"
    )
    assert rows.rows() == [("accepted", True, False), ("superseded", False, True)]
    figures = "select * exclude (is_provisional) from estimates where wave = 'w02' order by all"
    assert_frame_equal(panel.sql(figures), two_waves_run.sql(figures), rel_tol=1e-10)
    moved = panel.sql("select release_id, count(*) from revisions group by all order by 1").rows()
    assert [release for release, _ in moved] == [R2, f"{SURVEY}-w02-r3"]
    assert moved[0][1] == moved[1][1], "what had moved moved back"


def test_an_older_member_list_rolls_nobody_back_and_says_how_to(withdrawn_run: tuple[Panel, Ran]) -> None:
    panel, ran = withdrawn_run
    assert "and the list in use of" in ran.output
    assert "give list-order the severity warning under 'rules' in survey.yml, with the reason" in ran.output
    assert "10 of the 400 members of the list in use are not in member_list.csv" in ran.output
    assert panel.sql("select count(*) from panel_members").item() == 400
    statuses = panel.sql("select status from deliveries where source = 'roster' order by received_at")
    assert statuses["status"].to_list() == ["accepted", "held"]


def test_a_copy_under_another_name_is_no_event(withdrawn_run: tuple[Panel, Ran]) -> None:
    panel, ran = withdrawn_run
    assert "citizens_panel_w01 (1).csv: the same file as citizens_panel_w01.csv, which is in use" in ran.output
    assert panel.inbox() == []


def test_one_waves_file_as_anothers_is_refused(withdrawn_run: tuple[Panel, Ran]) -> None:
    panel, ran = withdrawn_run
    assert (
        "w03: citizens_panel_w03.csv is the very file that is in use as w01, expected the answers of w03" in ran.output
    )
    assert panel.sql("select count(*) from deliveries where source = 'w03'").item() == 0


OF_A_PANEL = {  # random pseudonyms, and the draws that follow their order
    *("panel_member_id", "release_id", "replicate_set", "replicate_group", "replicate_cell", "psu", "stratum"),
}


def test_waves_delivered_out_of_order_end_as_those_in_order(
    demo_run: tuple[Panel, Ran], tmp_path_factory: pytest.TempPathFactory
) -> None:
    panel = demo_panel(tmp_path_factory.mktemp("out_of_order") / "panel")
    (panel.root / "inbox" / panel.delivered_name("w02")).rename(panel.root / "w02.csv")
    assert panel.night().exit_code == 0
    assert panel.sql("select distinct wave_from from changes where wave_to = 'w03'")["wave_from"].to_list() == ["w01"]
    panel.deliver("w02", (panel.root / "w02.csv").read_bytes())
    ran = panel.night()
    assert ran.exit_code == 0, ran.text
    names = ("estimates", "changes", "transitions", "retention", "waves", "weights", "checks", "quality_by_wave")
    found, expected = panel.tables(names), demo_run[0].tables(names)
    for name in names:
        shown = [column for column in expected[name].columns if column not in OF_A_PANEL]
        assert_frame_equal(
            found[name].select(shown).sort(shown, nulls_last=True),
            expected[name].select(shown).sort(shown, nulls_last=True),
            rel_tol=1e-9,
            abs_tol=1e-12,
        )
