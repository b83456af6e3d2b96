"""How many of those asked gave no answer, and of which kind: counts and shares of the sample, unweighted."""

from collections.abc import Sequence

import polars as pl

from pipeline import disclosure
from reports.published import Read


def missing_answers(
    read: Read, survey: str, waves: Sequence[str], profile: disclosure.DisclosureProfile
) -> pl.DataFrame:
    """Return how many answers of each item and wave are of each kind of missing; small counts are null."""
    sql = """
        select item, wave, missing_kind, count(*)::bigint as n,
            sum(count(*)) over (partition by item, wave)::bigint as asked
        from answers where survey = ? and list_contains(?, wave)
        group by item, wave, missing_kind order by item, wave, missing_kind
    """
    counts = read(sql, [survey, list(waves)]).filter(pl.col("missing_kind").is_not_null())
    is_thin = disclosure.is_too_thin("asked", profile)
    hidden = disclosure.hide_counts(counts.with_columns(base="asked"), profile, counts=["n"])
    return hidden.with_columns(share=pl.when(~is_thin & pl.col("n").is_not_null()).then(counts["n"] / pl.col("asked")))
