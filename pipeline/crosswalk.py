"""Which ids are one person's: rows of a crosswalk become members, contradictions are left out and counted.

An id is a pseudonym of its own (an alias) within the wave that uses it. A row links the aliases of one person; rows
that share an alias are joined, so that w1 = w3 and w3 = w5 make w1 = w5, also where nothing of w3 was delivered. A
person has at most one id in a wave: where links say otherwise, in two rows or around a chain of them, none of that
person's links is used.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

Link = Mapping[str, str]  # source (a wave or the member list): alias
ALIASES = {"alias": pl.String, "panel_member_id": pl.String}


@dataclass(frozen=True)
class People:
    """Who is who: `members` has a row for each alias that is not the id its person goes by."""

    members: pl.DataFrame  # alias, panel_member_id
    n_linked: int  # people with two ids or more
    n_chained: int  # of them, those joined by several rows
    conflicts: dict[str, int]  # source: people to whom links give two ids there; nobody's links of these are used
    conflicting: frozenset[str]  # aliases in contradictory links

    @property
    def of_alias(self) -> dict[str, str]:
        """Return the member of each alias that goes by another one."""
        return dict(self.members.iter_rows())


def people(links: Iterable[Link], order: Sequence[str], delivered: Collection[str] | None = None) -> People:
    """Return who is who.

    Args:
        links: rows of all crosswalks; a row of fewer than two ids says nothing.
        order: sources, those first taken in first: a person goes by the alias of the first of them.
        delivered: aliases that stand in a delivery; nobody goes by another one, and one alone joins nobody. None: all.
    """
    rows = [link for link in links if len(link) > 1]
    groups = _joined(rows)
    place = {source: number for number, source in enumerate(order)}
    members: list[tuple[str, str]] = []
    conflicts: Counter[str] = Counter()
    conflicting: set[str] = set()
    n_linked = n_chained = 0
    for group in groups:
        aliases = {(source, alias) for row in group for source, alias in rows[row].items()}
        twice = [source for source, n in Counter(source for source, _ in aliases).items() if n > 1]
        if twice:
            conflicts.update(twice)
            conflicting |= {alias for _, alias in aliases}
            continue
        here = {one for one in aliases if delivered is None or one[1] in delivered}
        if len(here) < 2:
            continue
        n_linked += 1
        first = min(here, key=lambda one: place.get(one[0], len(place)))[1]
        members += [(alias, first) for _, alias in aliases if alias != first]
        n_chained += len({frozenset(rows[row].items()) for row in group}) > 1
    table = pl.DataFrame(members, schema=ALIASES, orient="row").sort("alias")
    return People(table, n_linked, n_chained, dict(conflicts), frozenset(conflicting))


def _joined(rows: list[Link]) -> list[list[int]]:
    """Return the rows that share aliases, directly or through others, as groups of row numbers."""
    leader = list(range(len(rows)))

    def lead(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    first_with: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows):
        for alias in row.items():
            leader[lead(number)] = lead(first_with.setdefault(alias, number))
    groups: dict[int, list[int]] = {}
    for number in range(len(rows)):
        groups.setdefault(lead(number), []).append(number)
    return list(groups.values())
