"""A survey's answers as a file for other tools holds them: coded columns, and what is said of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

CATEGORY, NUMBER, TEXT, DATE, WEIGHT = "category", "number", "text", "date", "weight"


@dataclass(frozen=True)
class ExportedVariable:
    """One column; a category's codes are whole numbers, those of `missing` among them in the rows."""

    name: str
    label: str
    kind: str  # CATEGORY | NUMBER | TEXT | DATE | WEIGHT
    question: str = ""
    labels: Mapping[int, str] = field(default_factory=dict)  # substantive codes, in the order of the scale
    missing: Mapping[int, str] = field(default_factory=dict)  # code → which kind of missing, in words

    @property
    def all_labels(self) -> dict[int, str]:
        """Return the labels of every code, substantive ones first."""
        return {**self.labels, **self.missing}


@dataclass(frozen=True)
class ExportedData:
    """One row for each respondent and wave: categories Int64, numbers and weights Float64, text, dates."""

    name: str
    title: str
    universe: str
    rows: pl.DataFrame
    variables: tuple[ExportedVariable, ...]
    notes: tuple[str, ...] = ()
    coefficients: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # weight with replicates → of each one

    def named(self, names: Mapping[str, str]) -> "ExportedData":
        """Return the same data under other column names."""
        renamed = tuple(
            ExportedVariable(names[one.name], one.label, one.kind, one.question, one.labels, one.missing)
            for one in self.variables
        )
        coefficients = {names[weight]: of_each for weight, of_each in self.coefficients.items()}
        return replace(self, rows=self.rows.rename(dict(names)), variables=renamed, coefficients=coefficients)


def short_names(names: Iterable[str], most: int) -> dict[str, str]:
    """Return names of at most so many characters, all different, the end kept where it tells columns apart."""
    short: dict[str, str] = {}
    for name in names:
        candidate, number = name[:most], 1
        while candidate.lower() in {taken.lower() for taken in short.values()}:
            number += 1
            ending = f"_{number}"
            candidate = name[: most - len(ending)] + ending
        short[name] = candidate
    return short
