"""Whom the sending system invited: its rows with our names, one row a member and wave, and what becomes of those."""

from datetime import date, datetime
from typing import Any

from tests.sql.conftest import Store

LATER = datetime(2024, 3, 8, 9)
FIRST = datetime(2024, 3, 1, 9)


def given_sent(store: Store, row_number: int, member: str, invited_to: str = "Spring", **texts: Any) -> None:
    store.given_row("mailings", member, row_number, invited_to=invited_to, **texts)


def given_names(store: Store) -> None:
    for value in ("w1", "Spring"):
        store.given("definitions.mailing_waves", {"value": value, "wave": "w1"})
    store.given("definitions.undeliverable_outcomes", {"value": "bounced"})


def given_invitation(store: Store, member: str, wave: str = "w1", **facts: Any) -> None:
    usual = {"wave": wave, "panel_member_id": member, "is_undeliverable": False, "is_opened": False}
    store.given("staging.invitations", usual | facts)


def test_an_invitation_is_to_the_wave_that_its_file_names(store: Store) -> None:
    given_names(store)
    given_sent(store, 1, "a", invited_at="2024-03-01 09:00", channel=" email ", outcome="delivered", opened_at="yes")
    given_sent(store, 2, "b", "w1", on_clock=FIRST, invited_at="01.03.2024 09:00", outcome="bounced")
    given_sent(store, 3, "c", "Autumn")  # refused by rule wave-known, were it not for a tolerance
    store.given_row("w1", "d", 1, invited_to="Spring")
    columns = ("panel_member_id", "wave", "invited_at", "channel", "is_undeliverable", "is_opened")
    assert store.rows("staging.invitations", *columns) == [
        ("a", "w1", FIRST, "email", False, True),
        ("b", "w1", FIRST, None, True, False),
    ]


def test_several_invitations_of_a_member_are_one_from_the_first_on(store: Store) -> None:
    given_invitation(store, "a", invited_at=LATER, channel="letter", is_undeliverable=True)
    given_invitation(store, "a", invited_at=FIRST, channel="email", is_opened=True)
    given_invitation(store, "a", invited_at=LATER, channel="email")
    given_invitation(store, "b", is_undeliverable=True)
    columns = ("panel_member_id", "wave", "invited_at", "n_sent", "channels", "is_undeliverable", "is_opened")
    assert store.rows("core.invitations", *columns) == [
        ("a", "w1", FIRST, 3, "email+letter", False, True),
        ("b", "w1", None, 1, None, True, False),
    ]


def test_of_a_wave_with_invitations_everybody_else_is_uninvited(store: Store) -> None:
    store.given("definitions.invitation_columns", {"wave": "w2", "column_name": "INV_2", "value": "yes"})
    for member in "abc":
        store.given("staging.members", {"panel_member_id": member})
    given_invitation(store, "a")
    given_invitation(store, "b", "w2")  # the list says it of c
    store.given_cells("roster", "c", 1, INV_2="yes")
    rows = store.rows("staging.uninvited", "wave", "panel_member_id")
    assert rows == [("w1", "b"), ("w1", "c"), ("w2", "a")]


def test_whose_every_invitation_came_back_is_undeliverable_unless_there_is_an_interview(store: Store) -> None:
    store.given(
        "core.waves", {"wave": "w1", "wave_number": 1, "fieldwork_start": date(2024, 3, 1), "is_delivered": True}
    )
    for member, is_undeliverable in (("a", True), ("b", True), ("c", False)):
        store.given("core.members", {"panel_member_id": member})
        row = {"wave": "w1", "panel_member_id": member, "invited_at": FIRST, "is_undeliverable": is_undeliverable}
        store.given("core.invitations", {**row, "channels": "email", "is_opened": False})
    store.given("core.members", {"panel_member_id": "d"})
    store.given("staging.uninvited", {"wave": "w1", "panel_member_id": "d"})
    store.given("staging.wave_rows", {"wave": "w1", "row_number": 1, "panel_member_id": "b"})
    columns = ("panel_member_id", "disposition", "is_invited", "is_eligible", "invited_at", "invited_by", "has_opened")
    assert store.rows("core.participation", *columns) == [
        ("a", "undeliverable", True, True, FIRST, "email", False),
        ("b", "complete", True, True, FIRST, "email", False),
        ("c", "no_answer", True, True, FIRST, "email", False),
        ("d", "not_invited", False, True, None, None, None),
    ]
