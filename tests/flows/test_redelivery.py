"""Deliveries that come again: the same, a corrected one, one that had been refused, and a longer member list."""

import pytest

from tests.nights import SURVEY, Panel, Rows, edited

R2 = f"{SURVEY}-w02-r2"


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
    from tests.nights import demo_panel

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
