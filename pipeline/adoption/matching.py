"""How the ids of exports meet those of the member list: which column, by which rule, and how many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from pipeline.adoption.questions import is_key
from pipeline.member_ids import IGNORABLE, same_ids
from pipeline.wave_files.delivery import ROW_NUMBER

LOWEST_RATE = 0.5  # share of an export's ids found in the list: below this it is another column


@dataclass(frozen=True)
class IdMatch:
    """The id column of the member list and of one export, and how well they meet."""

    member_column: str
    column: str
    n_ids: int
    n_matched: int

    @property
    def rate(self) -> float:
        """Return the share of the export's ids that are in the member list."""
        return self.n_matched / self.n_ids if self.n_ids else 0.0


@dataclass(frozen=True)
class Matched:
    """The rule that joins all exports to the member list, with each export's match."""

    ignores: tuple[str, ...]
    member_column: str
    exports: Mapping[str, IdMatch]  # file name: match
    n_as_written: int  # ids that would have met without the rule


def match_ids(members: pl.DataFrame, exports: Mapping[str, pl.DataFrame]) -> Matched | None:
    """Return the id columns and the weakest rule that matches as many ids as any; None when nothing meets.

    A rule that makes two members of the list one is never proposed.
    """
    keys = [name for name in members.columns if name != ROW_NUMBER and is_key(members[name])]
    best: tuple[int, int, str, dict[str, IdMatch], tuple[str, ...]] | None = None
    as_written = 0
    for ignores in _rules():
        for key in keys:
            listed = same_ids(members[key], ignores).drop_nulls()
            if listed.n_unique() < members[key].drop_nulls().n_unique():
                continue
            found = {name: _best_column(key, listed, frame, ignores) for name, frame in exports.items()}
            matched = {name: one for name, one in found.items() if one is not None and one.rate >= LOWEST_RATE}
            total = sum(one.n_matched for one in matched.values())
            as_written = max(as_written, total) if not ignores else as_written
            if total and (best is None or total > best[0]):
                best = (total, len(ignores), key, matched, ignores)
    if best is None:
        return None
    return Matched(best[4], best[2], best[3], as_written)


def _rules() -> list[tuple[str, ...]]:
    """Return every set of differences that may be ignored, the fewest first."""
    return [rule for size in range(len(IGNORABLE) + 1) for rule in combinations(IGNORABLE, size)]


def _best_column(key: str, listed: pl.Series, frame: pl.DataFrame, ignores: Sequence[str]) -> IdMatch | None:
    known = listed.unique().implode()
    matches = []
    for name in frame.columns:
        if name == ROW_NUMBER or not is_key(frame[name].drop_nulls()):
            continue
        ids = same_ids(frame[name].drop_nulls(), ignores)
        matches.append(IdMatch(key, name, ids.len(), int(ids.is_in(known).sum())))
    return max(matches, key=lambda one: one.n_matched, default=None)
