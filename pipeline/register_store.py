"""The register's file: which random pseudonym stands for which delivered person id, sealed."""

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.errors import StorageError, UsageError

NONCE_BYTES = 12
_SCHEMA = """
create table if not exists pseudonyms (
    lookup blob primary key,           -- keyed hash of the delivered id
    panel_member_id text not null unique,
    sealed_id blob not null            -- the delivered id, encrypted
);
create table if not exists joined_members (
    alias text not null,               -- a pseudonym whose person is known under another one
    panel_member_id text,              -- that one; null when a later crosswalk took the link back
    noted_at text not null
);
"""


def pseudonyms(path: Path, key: bytes, delivered_ids: Iterable[str], *, enrol: bool) -> dict[str, str]:
    """Return the pseudonym of each delivered id that has one.

    Args:
        path: the register's file; made, readable by its owner only, on first use.
        key: 32 bytes.
        delivered_ids: ids as the panel's other systems know them.
        enrol: give a new random pseudonym to ids that have none (the member list); otherwise leave them out.

    Raises:
        UsageError: the register was sealed with another key.
        StorageError: the register's file cannot be read or written.

    The pseudonym is random, so that without the register's row nothing leads back to the person (methodology B5).
    """
    wanted = {one: _lookup(key, one) for one in dict.fromkeys(delivered_ids)}
    try:
        with closing(_connect(path)) as connection, connection:
            _check_key(connection, key)
            known = dict(connection.execute("select lookup, panel_member_id from pseudonyms"))
            found = {one: known[lookup] for one, lookup in wanted.items() if lookup in known}
            return found | (_enrol(connection, key, wanted.keys() - found.keys()) if enrol else {})
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"{path}: the register cannot be read or written ({error}). Make room on the disk, or restore the "
            "register from your safe copy; nothing was changed."
        ) from error


def note_joined(path: Path, joined: Iterable[tuple[str, str | None]], noted_at: str) -> None:
    """Keep a trace of pseudonyms that a crosswalk joined to another, or (None) set apart again."""
    with closing(_connect(path)) as connection, connection:
        rows = [(alias, member, noted_at) for alias, member in joined]
        connection.executemany("insert into joined_members values (?, ?, ?)", rows)


def _enrol(connection: sqlite3.Connection, key: bytes, delivered_ids: Iterable[str]) -> dict[str, str]:
    """Give each id a random pseudonym of its own."""
    new = {one: f"m{secrets.token_hex(8)}" for one in delivered_ids}
    connection.executemany(
        "insert into pseudonyms values (?, ?, ?)",
        [(_lookup(key, one), pseudonym, _seal(key, one)) for one, pseudonym in new.items()],
    )
    return new


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA)
    return connection


def _check_key(connection: sqlite3.Connection, key: bytes) -> None:
    row = connection.execute("select sealed_id from pseudonyms limit 1").fetchone()
    if row is None:
        return
    try:
        AESGCM(key).decrypt(row[0][:NONCE_BYTES], row[0][NONCE_BYTES:], None)
    except InvalidTag as error:
        raise UsageError(
            "the register was sealed with another key than register_key in panel.toml names. Put the right key in "
            "place; nothing was changed."
        ) from error


def _lookup(key: bytes, delivered_id: str) -> bytes:
    return hmac.new(key, delivered_id.encode(), hashlib.sha256).digest()


def _seal(key: bytes, delivered_id: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, delivered_id.encode(), None)
