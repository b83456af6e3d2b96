"""A panel's profiles as they are shown, as published rows: of each member, of each category, and what it cost."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.definitions import Domain, Survey
from pipeline.k_anonymity import HIDDEN, UNKNOWN, ShownProfile, shown_in_full, shown_profile


@dataclass(frozen=True)
class ShownMembers:
    """What is shown of every member of a survey."""

    survey: Survey
    members: pl.Series  # (n,) panel_member_id
    keys: ShownProfile
    others: pl.DataFrame  # panel_member_id, domain, domain_value of published domains that are no key variables


def shown_members(survey: Survey, profile: pl.DataFrame) -> ShownMembers:
    """Return what is shown of the members of a survey, by its declaration.

    Args:
        profile: panel_member_id, domain, domain_value; of a member of whom nothing is known, one row without domain.
    """
    published = {domain.domain: domain for domain in survey.domains if domain.is_published}
    asked = survey.k_anonymity
    domains = [published[name] for name in (asked.keys if asked else published)]
    members = profile["panel_member_id"].unique().sort()
    codes = np.full((members.len(), len(domains)), UNKNOWN, np.int64)
    for place, domain in enumerate(domains):
        codes[:, place] = _codes(members, profile, domain)
    keys = shown_profile(asked, domains, codes) if asked else shown_in_full(domains, codes)
    others = sorted(published.keys() - {domain.domain for domain in domains})
    return ShownMembers(survey, members, keys, profile.filter(pl.col("domain").is_in(others)))


def profile_rows(shown: ShownMembers) -> pl.DataFrame:
    """Return the rows of `shown_profile`."""
    parts = [
        pl.DataFrame(
            {"panel_member_id": shown.members, "domain_value": shown.keys.labels(place)},
            schema={"panel_member_id": pl.String, "domain_value": pl.String},
        ).with_columns(domain=pl.lit(key.domain))
        for place, key in enumerate(shown.keys.keys)
    ]
    rows = pl.concat([*parts, shown.others], how="diagonal_relaxed")
    return rows.drop_nulls("domain_value").with_columns(survey=pl.lit(shown.survey.survey))


def category_rows(shown: ShownMembers) -> pl.DataFrame:
    """Return the rows of `shown_categories`: what is shown in place of each category of the key variables."""
    return pl.DataFrame(
        [
            {
                "survey": shown.survey.survey,
                "domain": key.domain,
                "domain_value": key.values[code],
                "shown_as": key.name(group),
            }
            for key in shown.keys.keys
            for group in key.groups
            for code in group
        ]
    )


def anonymity_row(shown: ShownMembers) -> pl.DataFrame:
    """Return the row of `k_anonymity`."""
    asked, counts = shown.survey.k_anonymity, shown.keys.counts
    return pl.DataFrame(
        {
            "survey": [shown.survey.survey],
            "key_variables": [", ".join(asked.keys) if asked else None],
            "k": [asked.k if asked else None],
            "smallest_combination": [int(counts.min()) if counts.size else None],
            "n_combinations": [counts.size],
            "n_members": [shown.members.len()],
            "n_categories_merged": [sum(key.n_merged for key in shown.keys.keys)],
            "n_members_not_shown": [int((shown.keys.shown == HIDDEN).any(axis=1).sum())],
            "n_values_not_shown": [int((shown.keys.shown == HIDDEN).sum())],
        }
    )


def _codes(members: pl.Series, profile: pl.DataFrame, domain: Domain) -> np.ndarray:
    """Return each member's category of one domain."""
    place = {value: code for code, value in enumerate(domain.values)}
    known = profile.filter(pl.col("domain") == domain.domain).select(
        "panel_member_id", code=pl.col("domain_value").replace_strict(place, default=UNKNOWN, return_dtype=pl.Int64)
    )
    placed = pl.DataFrame({"panel_member_id": members}).join(
        known, on="panel_member_id", how="left", maintain_order="left"
    )
    return placed["code"].fill_null(UNKNOWN).to_numpy()
