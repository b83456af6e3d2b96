"""Deliveries that are wrong: each is refused in plain words, loses no row, and leaves the other waves as they were."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.nights import Panel, Ran, Rows, edited

KEPT = ("estimates", "changes", "weights", "answers", "participation", "retention", "releases", "panel_members")
FILE = "citizens_panel_w03.csv"


class Refused:
    """What a night made of a bad third wave."""

    def __init__(self, panel: Panel, content: bytes) -> None:
        self.panel, self.content = panel, content
        before = panel.tables(KEPT)
        panel.deliver("w03", content)
        self.ran: Ran = panel.night()
        after = panel.tables(KEPT)
        self.kept = all(after[name].equals(before[name]) for name in KEPT)

    def assert_nothing_is_lost(self) -> None:
        """Find the file in the archive, the inbox empty, and what was published before still published."""
        digest = hashlib.sha256(self.content).hexdigest()
        archived = self.panel.root / "var" / "archive" / f"{digest}.csv"
        assert archived.read_bytes() == self.content
        assert self.panel.inbox() == []
        assert self.kept
        assert "Traceback" not in self.ran.text
        assert "P-0" not in self.ran.text

    def assert_quarantined(self, *words: str) -> None:
        """Find the file in quarantine beside its reason, told in these words, tonight and every night after."""
        self.assert_nothing_is_lost()
        quarantine = self.panel.root / "var" / "quarantine"
        assert (quarantine / FILE).read_bytes() == self.content
        reason = (quarantine / f"{FILE}.reason.txt").read_text()
        again = self.panel.night()
        assert (self.ran.exit_code, again.exit_code) == (1, 1)
        for word in (FILE, *words):
            assert word in reason
            assert word in self.ran.output
            assert word in again.output

    def assert_held(self, *words: str) -> None:
        """Find every row counted as refused, and the reason in these words in print, in `checks` and in `status`."""
        self.assert_nothing_is_lost()
        assert self.ran.exit_code == 1
        counts = "select status, n_delivered, n_accepted, n_refused from raw.deliveries where source = 'w03'"
        status, n_delivered, n_accepted, n_refused = self.panel.stored(counts).row(0)
        assert (status, n_accepted, n_refused) == ("held", 0, n_delivered)
        assert n_delivered == self.panel.delivered("w03")["row_number"].n_unique()
        messages = " ".join(self.panel.sql("select message from checks where wave = 'w03' and not success")["message"])
        for word in words:
            assert word in self.ran.output
            assert word in messages
            assert word in self.panel.panel("status").output


def without(column: str) -> Callable[[Rows], Rows]:
    return lambda rows: [{name: value for name, value in row.items() if name != column} for row in rows]


def answers(rows: Rows) -> Rows:
    """Return the rows that are no test rows; they are changed in place."""
    return [row for row in rows if row["Status"] != "Survey Preview"]


def test_an_empty_file(two_waves: Panel) -> None:
    Refused(two_waves, b"").assert_quarantined("the file is empty, expected a header and rows. Export it again.")


def test_a_header_without_rows(two_waves: Panel) -> None:
    header = two_waves.w03().split(b"\r\n")[0] + b"\r\n"
    Refused(two_waves, header).assert_quarantined("there is a header and no row below it")


def test_a_wrong_delimiter(two_waves: Panel) -> None:
    content = two_waves.w03().replace(b",", b"~")
    Refused(two_waves, content).assert_quarantined("no delimiter fits", "expected a comma, semicolon, tab or |")


@pytest.mark.parametrize("error", [IndexError("P-000123"), pl.exceptions.PanicException("P-000123")])
def test_a_file_on_which_a_reader_fails_unforeseen_does_not_end_the_night(
    error: BaseException, two_waves: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.intake.wave_files.read_delivery", read)
    Refused(two_waves, two_waves.w03()).assert_quarantined(
        f"could not be read, and the reader did not foresee why ({type(error).__name__})"
    )
    reason = two_waves.root / "var" / "quarantine" / f"{FILE}.reason.txt"
    assert "Traceback (most recent call last)" in reason.read_text()


def test_an_encoding_that_cannot_be_read(two_waves: Panel) -> None:
    content = two_waves.w03()[:4000] + b"\x81\x8d\x8f\x90\x9d" + two_waves.w03()[4000:]
    Refused(two_waves, content).assert_quarantined("UTF-8")


def test_a_missing_item_column(two_waves: Panel) -> None:
    refused = Refused(two_waves, edited(two_waves.w03(), without("Q07")))
    refused.assert_held("w03, item 'linking_support'", "'Q07'")


def test_a_missing_column_with_a_meaning(two_waves: Panel) -> None:
    Refused(two_waves, edited(two_waves.w03(), without("Finished"))).assert_held("'Finished'")


def test_a_missing_id_column(two_waves: Panel) -> None:
    refused = Refused(two_waves, edited(two_waves.w03(), without("RESP_ID")))
    refused.assert_quarantined("column 'RESP_ID', which holds the member's id, is missing; found StartDate")


def test_an_extra_column_is_kept_with_a_warning(two_waves: Panel) -> None:
    def with_a_column(rows: Rows) -> Rows:
        return [{**row, "Lottery": "yes"} for row in rows]

    two_waves.deliver("w03", edited(two_waves.w03(), with_a_column))
    ran = two_waves.night()
    assert ran.exit_code == 0
    assert (
        two_waves.delivered("w03")["Lottery"].count()
        == two_waves.stored("select n_delivered from raw.deliveries where source = 'w03'").item()
    )
    warning = two_waves.sql("select severity, message from checks where wave = 'w03' and rule = 'extra-column'")
    assert warning["severity"].to_list() == ["warning"]
    assert "Lottery" in warning["message"].item()
    assert "Lottery" not in two_waves.sql("from responses_citizens_panel limit 0").columns


def test_codes_outside_the_frame(two_waves: Panel) -> None:
    def with_sevens(rows: Rows) -> Rows:
        for row in answers(rows)[5:20]:
            row["Q07"] = "7"
        return rows

    refused = Refused(two_waves, edited(two_waves.w03(), with_sevens))
    refused.assert_held("w03, item 'linking_support': answer 7 in 15 rows (first in row ", "expected 1–5", FILE)


def test_a_few_codes_outside_the_frame_refuse_only_their_rows(two_waves: Panel) -> None:
    def with_a_seven(rows: Rows) -> Rows:
        answers(rows)[5]["Q07"] = "7"
        return rows

    two_waves.deliver("w03", edited(two_waves.w03(), with_a_seven))
    ran = two_waves.night()
    assert ran.exit_code == 0
    assert "w03: 194 rows accepted, 3 refused" in ran.output
    refused = two_waves.stored("select row_number, rule from raw.refused_rows where source = 'w03' order by all").rows()
    assert refused == [(1, "test-row"), (2, "test-row"), (8, "item-codes")]


def test_respondents_who_appear_twice(two_waves: Panel) -> None:
    def doubled(rows: Rows) -> Rows:
        return rows + [dict(row) for row in answers(rows)[:10]]

    Refused(two_waves, edited(two_waves.w03(), doubled)).assert_held("20 rows", "RESP_ID", FILE)


def test_people_who_are_not_in_the_member_list(two_waves: Panel) -> None:
    def with_strangers(rows: Rows) -> Rows:
        for number, row in enumerate(answers(rows)[:12]):
            row["RESP_ID"] = f"X-{number}"
        return rows

    refused = Refused(two_waves, edited(two_waves.w03(), with_strangers))
    refused.assert_held("12 rows", "member list", FILE)
    assert "X-1" not in refused.ran.text


def test_nobody_known_at_all(two_waves: Panel) -> None:
    def strangers(rows: Rows) -> Rows:
        for number, row in enumerate(rows):
            row["RESP_ID"] = f"X-{number}"
        return rows

    Refused(two_waves, edited(two_waves.w03(), strangers)).assert_held("195 rows", "member list")


def test_the_file_of_another_wave(two_waves: Panel) -> None:
    digest = two_waves.stored("select delivery_id from raw.deliveries where source = 'w02'").item()
    content = (two_waves.root / "var" / "archive" / f"{digest}.csv").read_bytes()
    refused = Refused(two_waves, content)
    assert refused.ran.exit_code == 1
    refused.assert_nothing_is_lost()
    assert "w03" in refused.ran.output
    assert "is the very file that is in" in refused.ran.output


def test_a_margin_category_in_which_nobody_answered(two_waves: Panel) -> None:
    members = two_waves.stored(
        "select panel_member_id from core.member_domains where domain = 'region' and domain_value = 'Wales'"
    )["panel_member_id"]
    names = delivered_ids(two_waves, members.to_list())

    def without_wales(rows: Rows) -> Rows:
        return [row for row in rows if row["RESP_ID"] not in names]

    refused = Refused(two_waves, edited(two_waves.w03(), without_wales))
    refused.assert_held("margin 'region' has no respondents in Wales", "Merge the category with a neighbour")


def delivered_ids(panel: Panel, members: list[str]) -> set[str]:
    """Return the delivered ids of members: what only the register can tell."""
    from pipeline.register_store import pseudonyms
    from pipeline.settings import read_register_key, read_workspace

    workspace = read_workspace(panel.root)
    everyone = pl.Series([f"P-{number:06d}" for number in range(1, 401)])
    known = pseudonyms(workspace.register, read_register_key(workspace), everyone, enrol=False)
    return set(everyone.filter(known.is_in(members)))


def test_two_bad_waves_and_a_good_one_in_one_night(tmp_path: Path, prefect_server: str) -> None:
    from tests.nights import demo_panel

    panel = demo_panel(tmp_path / "panel")
    (panel.root / "inbox" / "citizens_panel_w01.csv").write_bytes(b"")
    w03 = (panel.root / "inbox" / FILE).read_bytes()
    panel.deliver("w03", edited(w03, without("Finished")))
    ran = panel.night()
    assert ran.exit_code == 1
    assert "Traceback" not in ran.text
    assert panel.sql("select distinct wave from estimates").rows() == [("w02",)]
    assert panel.sql("select wave from waves where release_status is not null").rows() == [("w02",)]
    assert (panel.root / "published" / "public" / "citizens_panel" / "w02" / "newsletter.html").exists()


@pytest.mark.parametrize("content", [b"", b"MEMBER_ID,JOINED_ON\r\nP-000001,2026-01-01\r\n"], ids=["empty", "cut off"])
def test_a_bad_member_list_leaves_the_panel_as_it_was(two_waves: Panel, content: bytes) -> None:
    before = two_waves.tables(KEPT)
    two_waves.deliver("roster", content)
    ran = two_waves.night()
    assert ran.exit_code == 1
    assert "member_list.csv" in ran.output
    after = two_waves.tables(KEPT)
    assert all(after[name].equals(before[name]) for name in KEPT)
