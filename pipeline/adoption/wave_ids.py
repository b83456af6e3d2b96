"""How the ids of waves meet where no list names the members: one id for all waves, or links between those of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.adoption.matching import LOWEST_RATE, IdMatch, Matched
from pipeline.adoption.questions import described, find_id, is_key
from pipeline.adoption.words import Words
from pipeline.errors import DeliveryError
from pipeline.wave_files.delivery import ROW_NUMBER, Delivery

SHARED_ENOUGH = 0.3  # of the smaller wave's ids, in another wave too: people of a panel come back
FEWEST_LINKED = 5  # ids; fewer meet by chance


@dataclass(frozen=True)
class WaveIds:
    """The id column of each export, and what joins them; exports by file name."""

    columns: Mapping[str, str]
    is_shared: bool  # a person has the same id in every wave
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # export: other export: column of its ids
    crosswalk: Mapping[str, str] = field(default_factory=dict)  # export: column of the crosswalk
    n_linked: int = 0  # ids that links join to another wave's

    def matched(self, exports: Mapping[str, Delivery]) -> Matched:
        """Return the ids as matched with themselves: everyone who answered is a member."""
        found = {}
        for name, column in self.columns.items():
            n = exports[name].frame[column].drop_nulls().len()
            found[name] = IdMatch(column, column, n, n)
        return Matched((), "", found, 0)


def wave_ids(exports: Mapping[str, Delivery], words: Words, crosswalk: Delivery | None) -> WaveIds:
    """Return how the ids of exports meet.

    Args:
        crosswalk: a table with a column of ids for each wave, one row a person.

    Raises:
        DeliveryError: an export has no column of ids, or the crosswalk has none of an export's ids.
    """
    if crosswalk is not None:
        return _by_crosswalk(exports, crosswalk)
    columns = {name: _id_column(name, delivery, words) for name, delivery in exports.items()}
    ids = {name: exports[name].frame[column].drop_nulls() for name, column in columns.items()}
    if _is_shared(list(ids.values())):
        return WaveIds(columns, is_shared=True)
    links = {
        name: {other: column for other in exports if other != name and (column := _linked(delivery, name, other, ids))}
        for name, delivery in exports.items()
    }
    kept = {name: found for name, found in links.items() if found}
    n = sum(
        int(exports[name].frame[column].drop_nulls().is_in(ids[other].implode()).sum())
        for name, found in kept.items()
        for other, column in found.items()
    )
    return WaveIds(columns, is_shared=False, links=kept, n_linked=n)


def _id_column(name: str, delivery: Delivery, words: Words) -> str:
    meanings = {one: words.column_meaning(one, variable.label) for one, variable in described(delivery).items()}
    found = find_id(delivery.frame, meanings)
    if found is None:
        raise DeliveryError(
            f"{name}: no column that names the respondent, with another value in nearly every row; found "
            f"{', '.join(list(meanings)[:8])}. Add the respondent's id to the export."
        )
    return found


def _is_shared(ids: list[pl.Series]) -> bool:
    """Return whether people keep their id: many ids of one wave are in another."""
    pairs = [(one, other) for number, one in enumerate(ids) for other in ids[number + 1 :]]
    return any(
        int(one.is_in(other.implode()).sum()) >= SHARED_ENOUGH * max(min(one.len(), other.len()), 1)
        for one, other in pairs
    )


def _linked(delivery: Delivery, name: str, other: str, ids: Mapping[str, pl.Series]) -> str | None:
    """Return the column of an export that holds another export's ids; None where there is none."""
    known = ids[other].implode()
    best = ("", 0)
    for column in delivery.frame.columns:
        values = delivery.frame[column].drop_nulls()
        if column == ROW_NUMBER or values.len() < FEWEST_LINKED or not is_key(values):
            continue
        n = int(values.is_in(known).sum())
        if n >= LOWEST_RATE * values.len() and n > best[1]:
            best = (column, n)
    return best[0] or None


def _by_crosswalk(exports: Mapping[str, Delivery], crosswalk: Delivery) -> WaveIds:
    """Return the columns of ids that meet those of the crosswalk best."""
    keys = [name for name in crosswalk.frame.columns if name != ROW_NUMBER]
    columns, of_crosswalk = {}, {}
    for name, delivery in exports.items():
        best = ("", "", 0)
        for column in delivery.frame.columns:
            ids = delivery.frame[column].drop_nulls()
            if column == ROW_NUMBER or not is_key(ids):
                continue
            known = ids.implode()
            for key in keys:
                told = crosswalk.frame[key].drop_nulls()
                n = int(told.is_in(known).sum())
                if n >= LOWEST_RATE * max(told.len(), 1) and n > best[2]:
                    best = (column, key, n)
        if not best[0]:
            raise DeliveryError(
                f"{name}: no column whose ids stand in a column of {crosswalk.file_name}, expected at least half of a "
                f"column's; found there {', '.join(keys[:8])}. Add the export's ids to the crosswalk, one row a person."
            )
        columns[name], of_crosswalk[name] = best[0], best[1]
    rows = crosswalk.frame.select(list(dict.fromkeys(of_crosswalk.values())))
    n_linked = int(rows.select(pl.sum_horizontal(pl.all().is_not_null()) > 1).to_series().sum())
    return WaveIds(columns, is_shared=False, crosswalk=of_crosswalk, n_linked=n_linked)
