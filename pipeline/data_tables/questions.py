"""What is asked of data tables: items, grids, multiple responses and nets, and for which domains."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.data_tables.multiple import MultipleResponse, multiple_values
from pipeline.data_tables.nets import Net, refuse_nets_of_no_item, with_nets
from pipeline.data_tables.patterns import fitting_columns
from pipeline.data_tables.table import DataTable, in_code_order
from pipeline.errors import EstimationError, UsageError
from pipeline.estimation.values import DomainMask, ItemValues, grid
from pipeline.weighting.margins import CROSSING

EVERYONE = "all"
MOST_CATEGORIES = 1000  # of an item or domain; a column with more of them holds numbers or free text
FEWEST_UNIQUE, MOST_UNIQUE = 20, 0.5  # values, and part of the rows, beyond which a column is no question
SHARE, COUNT = "share", "count"
CATEGORICAL = (SHARE, COUNT)  # statistics of answers; the others are of numbers


@dataclass(frozen=True)
class Question:
    """What is asked of a table."""

    items: Sequence[str] = ()
    by: Sequence[str] = ()
    statistic: str = SHARE
    denominator: str | None = None  # of ratios
    quantiles: Sequence[float] = (0.5,)
    interval: str = "logit"
    confidence: float = 0.95
    grids: Sequence[str] = ()  # patterns of columns with one scale
    multiples: Sequence[MultipleResponse] = ()
    chosen_codes: Sequence[str] = ()  # what chosen is in a multiple response
    nets: Sequence[Net] = ()

    def columns(self, known: Sequence[str], name: str) -> list[str]:
        """Return all columns that the question is about, of the columns known of the data called `name`."""
        by = [part for domain in self.by for part in domain.split(CROSSING)]
        grids = [one for pattern in self.grids for one in grid_columns(pattern, known, name)]
        multiples = [one for multiple in self.multiples for one in multiple.columns(known, name)]
        return [*self.items, *grids, *multiples, *by, *([self.denominator] if self.denominator else [])]


@dataclass(frozen=True)
class Coded:
    """A column, or several crossed, as positions in its categories; -1 where it is missing."""

    categories: tuple[str, ...]
    codes: list[NDArray[np.int64]]  # (n,) for each table


def grid_columns(pattern: str, known: Sequence[str], name: str) -> list[str]:
    """Return the columns of a grid, in their natural order."""
    return fitting_columns([part.strip() for part in pattern.split(",")], known, name, "--grid")


def asked_items(tables: Sequence[DataTable], question: Question) -> tuple[list[list[ItemValues]], list[str]]:
    """Return the items of each table, with their nets, and what the reader must know of their answers.

    Raises:
        UsageError: columns, answers or nets do not exist or do not fit; EstimationError, DeliveryError: as `items`.
    """
    found, notes = items(tables, question.items, question.statistic), []
    known = list(dict.fromkeys(column for table in tables for column in table.frame.columns))
    for pattern in question.grids:
        columns = grid_columns(pattern, known, tables[0].name)
        for of_table, of_grid in zip(found, _grid_items(tables, columns, question.statistic), strict=True):
            of_table.extend(of_grid)
    columns_of = {}
    for multiple in question.multiples:
        made, told = multiple_values(tables, multiple, question.chosen_codes)
        notes += told
        columns_of[multiple.name] = dict(zip(multiple.columns(known, tables[0].name), made[0].categories, strict=True))
        for of_table, one in zip(found, made, strict=True):
            of_table.append(one)
    names = [item.item for item in found[0]]
    _refuse_twice(names)
    refuse_nets_of_no_item(question.nets, names)

    def netted(item: ItemValues) -> ItemValues:
        of_columns = columns_of.get(item.item)
        labels = _labels_of_codes(tables, item) if of_columns is None else of_columns
        return with_nets(item, question.nets, labels)

    return [[netted(item) for item in of_table] if question.nets else of_table for of_table in found], notes


def _refuse_twice(names: Sequence[str]) -> None:
    """Raise a UsageError where two items would have one name."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"'{twice}' is asked for twice. Ask once, or name a question: --multiple 'NAME=q5_*'.")


def _labels_of_codes(tables: Sequence[DataTable], item: ItemValues) -> dict[str, str]:
    """Return the answers of an item by their codes, in the words of the first table that labels them so."""
    labels = {code: label for table in reversed(tables) for code, label in table.code_labels(item.item).items()}
    return {code: label for code, label in labels.items() if label in item.categories}


def _grid_items(tables: Sequence[DataTable], columns: Sequence[str], statistic: str) -> list[list[ItemValues]]:
    """Return the columns of a grid as items with one scale: every answer that any column has, in the scale's order."""
    if statistic not in CATEGORICAL:
        return items(tables, columns, statistic)
    scales = [_coded_answers(tables, column).categories for column in columns]
    longest = sorted(scales, key=len, reverse=True)
    categories = tuple(dict.fromkeys(category for scale in longest for category in scale))
    if any(table.books.get(column) for table in tables for column in columns):
        if len(categories) > len(longest[0]):
            raise UsageError(
                f"--grid: {columns[0]} to {columns[-1]} have {len(categories)} answers together, but none has more "
                f"than {len(longest[0])}, so they have no scale in common. Ask for them as --item."
            )
    else:
        categories = tuple(in_code_order(pl.Series(categories, dtype=pl.String)).to_list())
    return [grid({column: table.codes(column, categories) for column in columns}, categories) for table in tables]


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
        if statistic in CATEGORICAL:
            coded = _coded_answers(tables, column)
            if not coded.categories:
                raise EstimationError(f"nobody answered '{column}', so there is nothing to estimate.")
            for items_of_table, codes in zip(found, coded.codes, strict=True):
                items_of_table.append(ItemValues(column, codes=codes, categories=coded.categories))
        else:
            for items_of_table, table in zip(found, tables, strict=True):
                items_of_table.append(ItemValues(column, number=table.number(column)))
    return found


def _coded_answers(tables: Sequence[DataTable], column: str) -> Coded:
    """Return a column as answers, unless they tell people apart."""
    coded = coded_column(tables, column, "--stat mean")
    if len(coded.categories) > FEWEST_UNIQUE:
        _refuse_nearly_unique(tables, column)
    return coded


def _refuse_nearly_unique(tables: Sequence[DataTable], column: str) -> None:
    """Raise a UsageError for a column whose values tell people apart, such as an id or a time."""
    for table in tables:
        given = table.values(column).drop_nulls()
        n_different = given.n_unique()
        if n_different > FEWEST_UNIQUE and n_different > MOST_UNIQUE * given.len():
            raise UsageError(
                f"{table.name}: '{column}' has {n_different} different values in {given.len()} rows, so its shares "
                "would list single persons. It seems to be an id, a time or a number: leave it out, or use --stat mean "
                "for numbers."
            )


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
