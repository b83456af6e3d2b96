"""Whether a member list is older than the one in use, or lacks members of it, so that none is rolled back unseen."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

import polars as pl

ORDER, COMPLETE = "list-order", "list-complete"  # codes of the rules
_NUMBERS = re.compile(r"\d+")
_YEAR_DIGITS = 4


@dataclass(frozen=True)
class MemberList:
    """A member list: its file, the newest date that it says it is of, and its members."""

    file_name: str
    dated: date | None
    members: pl.Series


def newest_date(column: pl.Series | None) -> date | None:
    """Return the newest date of a column of text; None when there is none to read."""
    if column is None:
        return None
    days = column.cast(pl.String).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
    newest = days.max()
    return newest if isinstance(newest, date) else None


def list_faults(new: MemberList, in_use: MemberList | None) -> dict[str, tuple[str, int]]:
    """Return the rules that a list breaks beside the one in use: what was found in words, and in how many things.

    The dates that the lists say they are of decide which is older. Without them, names that differ in numbers alone
    do (members_2025-03.csv, members_2025-06.csv); where neither tells, the one delivered last is taken to be newer.
    """
    if in_use is None:
        return {}
    faults = {}
    if (older := _older(new, in_use)) is not None:
        faults[ORDER] = (older, 1)
    n_absent = in_use.members.drop_nulls().is_in(new.members.drop_nulls().implode()).not_().sum()
    if n_absent:
        faults[COMPLETE] = (f"{n_absent:,} of the {in_use.members.len():,} members of the list in use", int(n_absent))
    return faults


def _older(new: MemberList, in_use: MemberList) -> str | None:
    """Return in words why a list is the older one; None when it is not."""
    if new.dated and in_use.dated:
        return f"is of {new.dated} and the list in use of {in_use.dated}" if new.dated < in_use.dated else None
    order, order_in_use = _order(new.file_name), _order(in_use.file_name)
    if order[0] == order_in_use[0] and order[1] < order_in_use[1]:
        return f"comes by its name before {in_use.file_name}, the list in use"
    return None


def _order(file_name: str) -> tuple[str, tuple[int, ...]]:
    """Return a file's name without its numbers, and the numbers: a date that ends in its year, from the year down."""
    name = PurePosixPath(file_name).name
    digits = _NUMBERS.findall(name)
    if len(digits[-1:]) and len(digits[-1]) == _YEAR_DIGITS and len(digits) > 1:
        digits = digits[::-1]
    return _NUMBERS.sub("#", name), tuple(map(int, digits))
