"""The register's file: which random pseudonym stands for which delivered person id, sealed."""

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.errors import StorageError, UsageError

PSEUDONYM = "panel_member_id"
PSEUDONYM_BYTES = 8  # of chance
NONCE_BYTES = 12
BLOCK_BYTES = 64  # of SHA-256
LOOKUP_LETTERS = 64
ONE_BY_ONE = 10_000  # ids that are looked up each for itself; of more, the whole register is read
PEOPLE = {"id": pl.String, PSEUDONYM: pl.String}
AT_ONCE = 1_000_000  # rows of it as one text, which SQLite bounds at a thousand million bytes
_AS_TEXT = "select group_concat(hex(lookup) || panel_member_id, char(10)) from pseudonyms group by rowid / ?"
_SCHEMA = """
create table if not exists pseudonyms (
    lookup blob primary key,           -- keyed hash of the delivered id
    panel_member_id text not null unique,
    sealed_id blob not null            -- the delivered id, encrypted
);
create table if not exists people_of_lists (
    sealed_people blob not null        -- ids and pseudonyms of many people, encrypted as one: opened at once
);
create trigger if not exists people_of_lists_forget after delete on pseudonyms begin
    delete from people_of_lists;       -- made again with the next member list
end;
create table if not exists joined_members (
    alias text not null,               -- a pseudonym whose person is known under another one
    panel_member_id text,              -- that one; null when a later crosswalk took the link back
    noted_at text not null
);
"""


def pseudonyms(path: Path, key: bytes, delivered_ids: pl.Series, *, enrol: bool) -> pl.Series:
    """Return the pseudonym of each delivered id, null for a blank one and one that has none.

    Args:
        path: the register's file; made, readable by its owner only, on first use.
        key: 32 bytes.
        delivered_ids: (n,) ids as the panel's other systems know them.
        enrol: give a new random pseudonym to ids that have none (the member list).

    Raises:
        UsageError: the register was sealed with another key.
        StorageError: the register's file cannot be read or written.

    The pseudonym is random, so that without the register's row nothing leads back to the person (methodology B5).
    """
    ids = pl.DataFrame({"id": delivered_ids.cast(pl.String)})
    try:
        with closing(_connect(path)) as connection, connection:
            _check_key(connection, key)
            known = _listed(connection, key) if ids.height > ONE_BY_ONE else pl.DataFrame(schema=PEOPLE)
            found = ids.join(known, on="id", how="left", maintain_order="left")
            others = found.filter(pl.col(PSEUDONYM).is_null())["id"].drop_nulls().unique(maintain_order=True)
            told = _looked_up(connection, key, others, enrol=enrol)
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"{path}: the register cannot be read or written ({error}). Make room on the disk, or restore the "
            "register from your safe copy; nothing was changed."
        ) from error
    both = found.join(told, on="id", how="left", maintain_order="left")
    return both.select(pl.coalesce(PSEUDONYM, f"{PSEUDONYM}_right")).to_series()


def note_joined(path: Path, joined: Iterable[tuple[str, str | None]], noted_at: str) -> None:
    """Keep a trace of pseudonyms that a crosswalk joined to another, or (None) set apart again."""
    with closing(_connect(path)) as connection, connection:
        rows = [(alias, member, noted_at) for alias, member in joined]
        connection.executemany("insert into joined_members values (?, ?, ?)", rows)


def _listed(connection: sqlite3.Connection, key: bytes) -> pl.DataFrame:
    """Return id and pseudonym of the people of large member lists."""
    sealed = connection.execute("select sealed_people from people_of_lists").fetchall()
    lists = [pl.read_ipc(BytesIO(_opened(key, one))) for (one,) in sealed]
    return pl.concat([pl.DataFrame(schema=PEOPLE), *lists], rechunk=True)


def _looked_up(connection: sqlite3.Connection, key: bytes, ids: pl.Series, *, enrol: bool) -> pl.DataFrame:
    """Return id and pseudonym of those that the register knows, or of all, enrolled; many are kept as one list."""
    people = pl.DataFrame({"id": ids}).with_columns(_lookups(key, ids))
    found = people.join(_known(connection, people["lookup"]), on="lookup", how="left")
    if not enrol:
        return found.select(*PEOPLE).drop_nulls()
    new = _enrolled(connection, key, found.filter(pl.col(PSEUDONYM).is_null()))
    told = pl.concat([found.drop_nulls(PSEUDONYM), new]).select(*PEOPLE)
    if told.height > ONE_BY_ONE:
        told.write_ipc(written := BytesIO(), compression="zstd")
        sealed = _sealed(AESGCM(key), written.getvalue())
        connection.execute("insert into people_of_lists values (?)", [sealed])
    return told


def _known(connection: sqlite3.Connection, lookups: pl.Series) -> pl.DataFrame:
    """Return lookup and pseudonym of those that the register knows; of a large register, perhaps of others too."""
    if lookups.len() <= ONE_BY_ONE:
        one = "select hex(lookup), panel_member_id from pseudonyms where lookup = ?"
        rows = [row for lookup in lookups for row in connection.execute(one, [bytes.fromhex(lookup)])]
        return pl.DataFrame(rows, schema={"lookup": pl.String, PSEUDONYM: pl.String}, orient="row")
    texts = pl.Series([text for (text,) in connection.execute(_AS_TEXT, [AT_ONCE])], dtype=pl.String)
    known = texts.str.split("\n").explode(empty_as_null=False)
    return pl.DataFrame({"lookup": known.str.slice(0, LOOKUP_LETTERS), PSEUDONYM: known.str.slice(LOOKUP_LETTERS)})


def _enrolled(connection: sqlite3.Connection, key: bytes, people: pl.DataFrame) -> pl.DataFrame:
    """Give each person (id, lookup) a random pseudonym of their own, and return them with it."""
    drawn = secrets.token_hex(PSEUDONYM_BYTES * people.height)
    letters = 2 * PSEUDONYM_BYTES
    new = people.with_columns(
        pl.Series(PSEUDONYM, [f"m{drawn[at : at + letters]}" for at in range(0, len(drawn), letters)], dtype=pl.String)
    )
    cipher = AESGCM(key)
    rows = ((bytes.fromhex(lookup), member, _sealed(cipher, one.encode())) for one, lookup, member in new.iter_rows())
    connection.executemany("insert into pseudonyms values (?, ?, ?)", rows)
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
        _opened(key, row[0])
    except InvalidTag as error:
        raise UsageError(
            "the register was sealed with another key than register_key in panel.toml names. Put the right key in "
            "place; nothing was changed."
        ) from error


def _lookups(key: bytes, ids: pl.Series) -> pl.Series:
    """Return the HMAC-SHA-256 of each id, as hexadecimal text.

    What depends on the key alone is hashed once (RFC 2104, section 4), which takes a third of hmac.new's time.
    """
    block = key.ljust(BLOCK_BYTES, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    digests = []
    for one in ids.cast(pl.Binary).to_list():
        inside, outside = inner.copy(), outer.copy()
        inside.update(one)
        outside.update(inside.digest())
        digests.append(outside.digest())
    return pl.Series("lookup", digests, dtype=pl.Binary).bin.encode("hex").str.to_uppercase()


def _sealed(cipher: AESGCM, content: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, None)


def _opened(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
