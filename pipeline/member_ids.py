"""When two written ids are the same member's: differences that do not count, declared by the survey."""

from collections.abc import Sequence

import polars as pl

SPACES, CASE, LEADING_ZEROS = "spaces", "case", "leading_zeros"
IGNORABLE = (SPACES, CASE, LEADING_ZEROS)  # what Excel and people do to ids


def same_ids(ids: pl.Series, ignores: Sequence[str]) -> pl.Series:
    """Return the ids with what does not count taken away, so that equal text is the same member.

    Args:
        ids: (n,) as written, null where blank.
        ignores: of IGNORABLE.
    """
    if not ignores:
        return ids
    text = pl.col("id").cast(pl.String)
    if SPACES in ignores:
        text = text.str.replace_all(r"\s+", "")
    if CASE in ignores:
        text = text.str.to_lowercase()
    if LEADING_ZEROS in ignores:
        text = text.str.replace(r"^0+([0-9])", "$1")
    return pl.DataFrame({"id": ids}).select(text).to_series().alias(ids.name)
