"""Replicate weights that a data table brings along."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from pipeline.data_tables.table import DataTable
from pipeline.design import SurveyDesign
from pipeline.errors import UsageError


@dataclass(frozen=True)
class ReplicateColumns:
    """Which columns hold replicate weights, and how they were made."""

    patterns: Sequence[str]  # such as `replicate_*`
    kind: str
    fay: float = 0.5
    centre: str = "estimate"

    def columns(self, known: Sequence[str], name: str) -> list[str]:
        """Return the columns that the patterns mean, in the order of their numbers.

        Raises:
            UsageError: fewer than two columns fit.
        """
        found = [column for column in known if any(fnmatchcase(column, pattern) for pattern in self.patterns)]
        if len(found) < 2:
            raise UsageError(
                f"{name}: {len(found)} columns fit --replicate-weights {' '.join(self.patterns)}, expected 2 or more."
            )
        return sorted(found, key=_natural)

    def added_to(self, design: SurveyDesign, table: DataTable) -> SurveyDesign:
        """Return the design with the table's replicate weights."""
        from pipeline.estimation.supplied import with_supplied_replicates

        names = self.columns(table.frame.columns, table.name)
        weights = np.column_stack([table.complete_number(name) for name in names])
        return with_supplied_replicates(design, weights, kind=self.kind, fay=self.fay, centre=self.centre)


def _natural(column: str) -> list[tuple[int, int, str]]:
    """Return the key by which replicate_2 stands before replicate_10."""
    parts = re.split(r"(\d+)", column)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
