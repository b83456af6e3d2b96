"""Columns named by patterns such as `q5_*`, in the order of the numbers in their names."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pipeline.data_tables.table import with_neighbour
from pipeline.errors import UsageError


def fitting_columns(patterns: Sequence[str], known: Sequence[str], name: str, option: str) -> list[str]:
    """Return the columns that any pattern or name means, in their natural order.

    Raises:
        UsageError: one of them fits no column of the data called `name`.
    """
    for pattern in patterns:
        if pattern not in known and not any(fnmatchcase(column, pattern) for column in known):
            raise UsageError(f"{name}: no column fits {option} {with_neighbour(pattern, known)}.")
    return natural_order(
        column for column in known if any(column == one or fnmatchcase(column, one) for one in patterns)
    )


def natural_order(columns: Iterable[str]) -> list[str]:
    """Return names sorted so that replicate_2 stands before replicate_10."""
    return sorted(columns, key=_natural)


def _natural(column: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", column)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
