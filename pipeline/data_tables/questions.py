"""What is estimated, and for whom: items and domains from the columns of data tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.data_tables.table import DataTable
from pipeline.errors import EstimationError, UsageError
from pipeline.estimation.values import DomainMask, ItemValues
from pipeline.weighting.margins import CROSSING

EVERYONE = "all"
MOST_CATEGORIES = 1000  # of an item or domain; a column with more of them holds numbers or free text
SHARE = "share"


@dataclass(frozen=True)
class Coded:
    """A column, or several crossed, as positions in its categories; -1 where it is missing."""

    categories: tuple[str, ...]
    codes: list[NDArray[np.int64]]  # (n,) for each table


def items(tables: Sequence[DataTable], columns: Sequence[str], statistic: str) -> list[list[ItemValues]]:
    """Return the items of each table: categories for shares, numbers for anything else.

    Tables share the categories of an item: those that any of them has.

    Raises:
        UsageError: an item is no column, or has too many categories to be one.
        EstimationError: nobody answered an item.
        DeliveryError: an item whose number is asked for holds something else.
    """
    found: list[list[ItemValues]] = [[] for _ in tables]
    for column in dict.fromkeys(columns):
        if statistic == SHARE:
            coded = coded_column(tables, column, "--stat mean")
            if not coded.categories:
                raise EstimationError(f"nobody answered '{column}', so there is nothing to estimate.")
            for items_of_table, codes in zip(found, coded.codes, strict=True):
                items_of_table.append(ItemValues(column, codes=codes, categories=coded.categories))
        else:
            for items_of_table, table in zip(found, tables, strict=True):
                items_of_table.append(ItemValues(column, number=table.number(column)))
    return found


@dataclass(frozen=True)
class Domains:
    """The domains of one table, everyone first, and how many rows are in none of a domain's values."""

    masks: list[DomainMask]
    n_missing: dict[str, int]


def domains(tables: Sequence[DataTable], by: Sequence[str]) -> list[Domains]:
    """Return the domains of each table: everyone, then the values of each column or crossing asked for.

    Args:
        by: columns, or crossings a*b, whose values are x*y; each is a one-way table.
    """
    found = [Domains([DomainMask(EVERYONE, EVERYONE, np.ones(table.n, np.bool_))], {}) for table in tables]
    for domain in dict.fromkeys(by):
        coded = crossed([coded_column(tables, part, "bands") for part in domain.split(CROSSING)])
        for one, codes in zip(found, coded.codes, strict=True):
            one.masks.extend(DomainMask(domain, value, codes == code) for code, value in enumerate(coded.categories))
            one.n_missing[domain] = int((codes < 0).sum())
    return found


def coded_column(tables: Sequence[DataTable], column: str, instead: str) -> Coded:
    """Return a column as positions in the categories that any table has, in the order of the first that has them.

    Raises:
        UsageError: there are too many of them; `instead` is what to use.
    """
    categories = tuple(dict.fromkeys(category for table in tables for category in table.categories(column)))
    if len(categories) > MOST_CATEGORIES:
        raise UsageError(
            f"column '{column}' has {len(categories)} categories, at most {MOST_CATEGORIES} are estimated. If they "
            f"are numbers, use {instead}."
        )
    return Coded(categories, [table.codes(column, categories) for table in tables])


def crossed(parts: Sequence[Coded]) -> Coded:
    """Return the crossing of columns: every pair of categories x*y that somebody has, the first column slowest."""
    together = parts[0]
    for part in parts[1:]:
        size = len(part.categories)
        codes = [
            np.where((first >= 0) & (second >= 0), first * size + second, -1)
            for first, second in zip(together.codes, part.codes, strict=True)
        ]
        labels = [f"{first}{CROSSING}{second}" for first in together.categories for second in part.categories]
        together = _observed(labels, codes)
    return together


def _observed(labels: Sequence[str], codes: Sequence[NDArray[np.int64]]) -> Coded:
    """Return only the categories that somebody has, renumbered."""
    counts = np.zeros(len(labels), np.int64)
    for one in codes:
        counts += np.bincount(one[one >= 0], minlength=len(labels))
    kept = np.flatnonzero(counts)
    position = np.full(len(labels) + 1, -1)  # the last one is where -1 points to
    position[kept] = np.arange(kept.size)
    return Coded(tuple(labels[int(code)] for code in kept), [position[one] for one in codes])
