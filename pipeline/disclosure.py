"""Which figures are too thin to show: percentages, counts and bases, by the disclosure profile of a survey."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipeline.errors import DefinitionError


@dataclass(frozen=True)
class DisclosureProfile:
    """Thresholds in persons; 0 switches a rule off and `base_multiple` 1 leaves bases as they are."""

    name: str
    hide_below: int  # percentages on a smaller unweighted base are hidden
    flag_below: int  # and on one smaller than this they are flagged
    count_below: int  # smaller counts, zero among them, are hidden
    base_multiple: int  # counts and bases are rounded to a multiple of this


EVERYONE = "all"  # the domain without groups
OPEN = DisclosureProfile("open", hide_below=0, flag_below=0, count_below=0, base_multiple=1)
# Percentages and bases as the Scottish Household Survey does, counts as UK LLC does (its limit of 10 is ours).
PUBLIC = DisclosureProfile("public", hide_below=50, flag_below=100, count_below=10, base_multiple=10)
PROFILES = {profile.name: profile for profile in (OPEN, PUBLIC)}


def disclosure_profile(name: str) -> DisclosureProfile:
    """Return the profile of that name.

    Raises:
        DefinitionError: there is none.
    """
    if name not in PROFILES:
        raise DefinitionError(
            f"disclosure profile '{name}' is not known, expected one of {', '.join(PROFILES)}. "
            "Correct disclosure_profile in survey.yml."
        )
    return PROFILES[name]


def is_too_thin(base: str, profile: DisclosureProfile) -> pl.Expr:
    """Return whether a percentage on the unweighted base in column `base` must be hidden; an unknown base must."""
    if profile.hide_below <= 0:
        return pl.lit(False)
    return pl.col(base).is_null() | (pl.col(base) < profile.hide_below)


def hide_shares(rows: pl.DataFrame, profile: DisclosureProfile, *, base: str, shares: Sequence[str]) -> pl.DataFrame:
    """Return the rows with the columns `shares` null wherever their base is too small to show them.

    Args:
        rows: one estimate a row, with its unweighted base; a row already marked `is_suppressed` stays hidden.
        shares: every column that would give the figure away: estimate, interval, standard error.

    Returns:
        The rows with `is_suppressed` and `is_flagged` set. The base itself is not rounded here: see `hide_counts`.
    """
    known = pl.col("is_suppressed").fill_null(False) if "is_suppressed" in rows.columns else pl.lit(False)
    hidden = known | is_too_thin(base, profile)
    flagged = (pl.col(base) < profile.flag_below).fill_null(False) & ~pl.col("is_suppressed")
    marked = rows.with_columns(is_suppressed=hidden).with_columns(is_flagged=flagged)
    return marked.with_columns(pl.when(~pl.col("is_suppressed")).then(pl.col(share)).alias(share) for share in shares)


def hide_counts(rows: pl.DataFrame, profile: DisclosureProfile, *, counts: Sequence[str]) -> pl.DataFrame:
    """Return the rows with small counts null and the others rounded, halves upwards.

    Zero is hidden too: that nobody in a group gave an answer says something of each of them.
    """
    return rows.with_columns(_shown_count(count, profile) for count in counts)


@cache
def shown_count(persons: int | None, profile: DisclosureProfile) -> int | None:
    """Return one count as it may be shown; None where it may not."""
    rows = hide_counts(pl.DataFrame({"n": [persons]}, {"n": pl.Int64}), profile, counts=["n"])
    shown: int | None = rows.item()
    return shown


def _shown_count(count: str, profile: DisclosureProfile) -> pl.Expr:
    half = profile.base_multiple // 2
    rounded = (pl.col(count).cast(pl.Int64) + half) // profile.base_multiple * profile.base_multiple
    return pl.when(pl.col(count) >= profile.count_below).then(rounded).alias(count)


def hide_groups(
    rows: pl.DataFrame, profile: DisclosureProfile, *, table: Sequence[str], shares: Sequence[str]
) -> pl.DataFrame:
    """Return published estimates with every group hidden that a table of groups would give away.

    A group is hidden whole, in all its categories, means and headlines, since these add up: one on a base below
    `hide_below`; one on a base below `flag_below` where an answer was given by nobody or by all; and, where only one
    group of a domain is hidden, the next smallest as well, since the total less the others would tell it.

    Args:
        rows: of `estimates`: domain, domain_value, statistic, unweighted_n, unweighted_estimate, is_suppressed.
        table: what tells one table of groups from another, such as wave and item.
        shares: every column that would give a figure away.

    Returns:
        The rows in their order, with `is_suppressed` and `is_flagged` set and the hidden figures null.
    """
    group = [*table, "domain", "domain_value"]
    is_extreme = (pl.col("statistic") == "share") & pl.col("unweighted_estimate").is_in([0.0, 1.0])
    groups = rows.group_by(group).agg(
        base=pl.col("unweighted_n").min(),
        is_hidden=is_too_thin("unweighted_n", profile).any()
        | pl.col("is_suppressed").any()
        | (is_extreme & (pl.col("unweighted_n") < profile.flag_below)).any(),
    )
    domain, is_shown = [*table, "domain"], ~pl.col("is_hidden")
    is_alone = (pl.col("is_hidden").sum().over(domain) == 1) & (pl.col("domain") != EVERYONE)
    is_smallest = is_shown & (is_shown.cum_sum().over(domain) == 1)
    hidden = groups.sort("base", "domain_value").select(
        *group, hide_group=pl.col("is_hidden") | (is_alone & is_smallest)
    )
    marked = rows.join(hidden, on=group, how="left", maintain_order="left", nulls_equal=True)
    return hide_shares(
        marked.with_columns(is_suppressed="hide_group").drop("hide_group"), profile, base="unweighted_n", shares=shares
    )
