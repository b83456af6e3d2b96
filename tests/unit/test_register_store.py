"""Which pseudonym stands for which delivered id: the same one always, none to be led back from."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from pipeline import register_store
from pipeline.errors import UsageError
from pipeline.register_store import pseudonyms

KEY = bytes(range(32))
IDS = pl.Series(["P1", None, "P2", "P1", "Ünal 3"])


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return tmp_path / "register.db"


def stored(path: Path) -> list[tuple[bytes, str, bytes]]:
    return sqlite3.connect(path).execute("select lookup, panel_member_id, sealed_id from pseudonyms").fetchall()


def noting(ids: list[str], lookups: Callable[[bytes, pl.Series], pl.Series]) -> Callable[[bytes, pl.Series], pl.Series]:
    """Return what looks ids up, and notes which."""

    def noted(key: bytes, asked: pl.Series) -> pl.Series:
        ids.extend(asked)
        return lookups(key, asked)

    return noted


def test_an_id_has_one_pseudonym_and_a_blank_one_none(register: Path) -> None:
    found = pseudonyms(register, KEY, IDS, enrol=True).to_list()
    assert found[1] is None
    assert found[0] == found[3]
    assert len(set(found)) == 4
    assert all(len(one) == 17 and one[0] == "m" for one in found if one)


def test_it_is_the_same_one_ever_after(register: Path) -> None:
    first = pseudonyms(register, KEY, IDS, enrol=True)
    again = pseudonyms(register, KEY, pl.Series(["P9", "Ünal 3", "P1"]), enrol=True).to_list()
    assert again[1:] == [first[4], first[0]]
    assert len(stored(register)) == 4


def test_two_panels_of_the_same_people_share_no_pseudonym_even_under_one_key(tmp_path: Path) -> None:
    ids = pl.Series([f"P{number}" for number in range(500)])
    first, second = (set(pseudonyms(tmp_path / name, KEY, ids, enrol=True)) for name in ("a.db", "b.db"))
    assert len(first) == len(second) == 500
    assert not first & second


def test_who_is_new_has_none_unless_enrolled(register: Path) -> None:
    pseudonyms(register, KEY, IDS, enrol=True)
    assert pseudonyms(register, KEY, pl.Series(["P9"]), enrol=False).to_list() == [None]
    assert len(stored(register)) == 3


def test_the_lookup_is_the_keyed_hash_and_the_id_is_sealed(register: Path) -> None:
    (found,) = pseudonyms(register, KEY, pl.Series(["Ünal 3"]), enrol=True)
    ((lookup, member, sealed),) = stored(register)
    assert lookup == hmac.digest(KEY, "Ünal 3".encode(), hashlib.sha256)
    assert member == found
    assert b"nal 3" not in sealed


def test_many_ids_are_found_in_a_register_read_whole(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pseudonyms(register, KEY, IDS, enrol=True)
    monkeypatch.setattr(register_store, "ONE_BY_ONE", 0)
    monkeypatch.setattr(register_store, "AT_ONCE", 2)
    assert pseudonyms(register, KEY, IDS, enrol=False).equals(first)


def test_people_of_a_large_member_list_are_found_without_a_lookup_of_each(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_store, "ONE_BY_ONE", 1)
    first = pseudonyms(register, KEY, IDS, enrol=True)
    looked_up: list[str] = []
    monkeypatch.setattr(register_store, "_lookups", noting(looked_up, register_store._lookups))
    again = pseudonyms(register, KEY, pl.Series(["P9", *IDS]), enrol=False)
    assert again.to_list() == [None, *first]
    assert looked_up == ["P9"]


def test_later_people_of_a_large_panel_are_found_too(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_store, "ONE_BY_ONE", 1)
    first = pseudonyms(register, KEY, IDS, enrol=True)
    later = pl.Series(["P7", "P8", "P1"])
    second = pseudonyms(register, KEY, later, enrol=True)
    assert second[2] == first[0]
    assert pseudonyms(register, KEY, pl.concat([IDS, later]), enrol=False).equals(pl.concat([first, second]))


def test_a_list_of_people_is_sealed_and_forgotten_when_one_of_them_is(
    register: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_store, "ONE_BY_ONE", 1)
    first = pseudonyms(register, KEY, IDS, enrol=True)
    assert b"nal 3" not in register.read_bytes()
    with closing(sqlite3.connect(register)) as connection, connection:
        connection.execute("delete from pseudonyms where panel_member_id = ?", [first[0]])
    assert pseudonyms(register, KEY, IDS, enrol=False).to_list() == [None, None, first[2], None, first[4]]


def test_a_dry_run_adds_nothing_to_the_register(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudonyms(register, KEY, IDS, enrol=True)
    before = register.read_bytes()
    monkeypatch.setattr(register_store, "ONE_BY_ONE", 1)
    pseudonyms(register, KEY, IDS, enrol=False)
    assert register.read_bytes() == before


def test_an_empty_register_read_whole_knows_nobody(register: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register_store, "ONE_BY_ONE", 0)
    assert pseudonyms(register, KEY, IDS, enrol=False).to_list() == [None] * 5
    assert pseudonyms(register, KEY, IDS, enrol=True).null_count() == 1


def test_no_ids_are_no_pseudonyms(register: Path) -> None:
    assert pseudonyms(register, KEY, pl.Series([None, None], dtype=pl.String), enrol=True).to_list() == [None, None]


def test_another_key_is_refused(register: Path) -> None:
    pseudonyms(register, KEY, IDS, enrol=True)
    with pytest.raises(UsageError, match="sealed with another key"):
        pseudonyms(register, bytes(32), IDS, enrol=True)
