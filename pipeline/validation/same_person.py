"""What is known of the member beside what a row says: profile values, whether they can be one person's, and margins."""

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline import known_profile
from pipeline.definitions import AGE, BIRTH_YEAR, Domain, ProfileVariable, Survey

BIRTHDAY = 1.0  # years: an age may or may not have reached this year's birthday


def known_name(variable: str) -> str:
    """Return the column of what is known of a profile variable from elsewhere."""
    return f"known_{variable}"


def year_name(variable: str) -> str:
    """Return the column of the year in which that was true."""
    return f"year_{variable}"


def ours_name(variable: str) -> str:
    """Return the column of a delivered profile variable in our words."""
    return f"ours_{variable}"


def here_name(variable: str) -> str:
    """Return the column of what a row says of a variable, as it is compared with what is known."""
    return f"here_{variable}"


def there_name(variable: str) -> str:
    """Return the column of what is known of a variable, as it is compared with what a row says."""
    return f"there_{variable}"


def margin_name(margin: str) -> str:
    """Return the column of the respondent's category in a margin; null for a partial interview."""
    return f"margin_{margin.replace('*', '_by_')}"


def blank_as_null(value: pl.Expr) -> pl.Expr:
    """Return the text, null where it is empty."""
    return pl.when(value.str.len_bytes() > 0).then(value)


def with_ours(rows: pl.DataFrame, variable: ProfileVariable, names: Mapping[str, str]) -> pl.DataFrame:
    """Add a profile variable as delivered here, if it is, in our words.

    Args:
        names: delivered column: name in `rows`.
    """
    if names.get(variable.column) not in rows.columns or ours_name(variable.name) in rows.columns:
        return rows
    delivered = pl.col(names[variable.column])
    ours = blank_as_null(delivered.replace(variable.values) if variable.values else delivered)
    return rows.with_columns(ours.alias(ours_name(variable.name)))


def with_profile(rows: pl.DataFrame, variables: Sequence[str], known: pl.DataFrame | None, member: str) -> pl.DataFrame:
    """Add what is known of these profile variables from elsewhere, in our words, and the year it was true in.

    Args:
        known: panel_member_id, variable, value, known_year; one row a member and variable.
        member: the column of the member's id.
    """
    if known is None or not variables:
        return rows
    if "known_year" not in known.columns:
        known = known.with_columns(known_year=pl.lit(None, pl.Int32))
    told, *others = (
        known.filter(pl.col("variable") == variable).select(
            pl.col("panel_member_id").cast(pl.String).alias(member),
            pl.col("value").cast(pl.String).alias(known_name(variable)),
            pl.col("known_year").alias(year_name(variable)),
        )
        for variable in variables
    )
    for other in others:
        told = _together(told, other, member)
    told = told.rechunk()  # Polars looks keys up half again as fast in one piece
    found = rows.select(member).join(told, on=member, how="left", maintain_order="left", validate="m:1")
    return rows.hstack(found.drop(member))


def _together(told: pl.DataFrame, other: pl.DataFrame, member: str) -> pl.DataFrame:
    """Return what is known of members by two tables; mostly of the same members, in one order."""
    if told[member].equals(other[member]):
        return told.hstack(other.drop(member))
    return told.join(other, on=member, how="full", coalesce=True)


def with_comparison(
    rows: pl.DataFrame,
    survey: Survey,
    source: str,
    variable: ProfileVariable,
    names: Mapping[str, str],
    years: pl.Series,
) -> pl.DataFrame:
    """Add what a row says of a variable and what is known of it, to be compared: alike where they may differ so.

    An age is compared as the year of birth that it implies, and may be off by one.

    Args:
        years: of each row's interview.
    """
    column = variable.column_at(source)
    if known_name(variable.name) not in rows.columns or names.get(column) not in rows.columns:
        return rows
    measure = variable.measure_at(source)
    words = pl.col(names[column])
    delivered = blank_as_null(words.replace(variable.values) if variable.values else words)
    known = pl.col(known_name(variable.name))
    allowed = survey.response_quality.identity.get(variable.name, 0.0)
    if measure:
        open_ended = pl.lit(False) if measure == BIRTH_YEAR else words.is_in(list(variable.values)).fill_null(False)
        year = pl.lit(years)
        here = _birth_year(pl.when(~open_ended).then(delivered), measure, year)
        is_open = known.is_in(list(variable.values.values())).fill_null(False) & pl.lit(variable.measure == AGE)
        there = _birth_year(pl.when(~is_open).then(known), variable.measure, pl.col(year_name(variable.name)))
        allowed = max(allowed, BIRTHDAY) if AGE in (measure, variable.measure) else allowed
    else:
        here, there = delivered, known
    rows = rows.with_columns(here.alias(here_name(variable.name)), there.alias(there_name(variable.name)))
    return _forgiven(rows, variable.name, allowed) if allowed else rows


def _birth_year(value: pl.Expr, measure: str, year: pl.Expr) -> pl.Expr:
    """Return the year of birth, as text, that a delivered value says or implies."""
    number = value.cast(pl.Float64, strict=False)
    implied = number if measure == BIRTH_YEAR else year.cast(pl.Float64) - number
    return implied.floor().cast(pl.Int64, strict=False).cast(pl.String)


def _forgiven(rows: pl.DataFrame, variable: str, allowed: float) -> pl.DataFrame:
    """Take a delivered number that differs by no more than it may for the known one."""
    here, there = pl.col(here_name(variable)), pl.col(there_name(variable))
    difference = here.cast(pl.Float64, strict=False) - there.cast(pl.Float64, strict=False)
    is_near = (difference.abs() <= allowed).fill_null(False)
    return rows.with_columns(pl.when(is_near).then(there).otherwise(here).alias(here_name(variable)))


def category(value: pl.Expr, domain: Domain | None) -> pl.Expr:
    """Return the category of a profile value in a domain; the value itself where there is no domain of bands."""
    if domain is None or not domain.bands:
        return value
    number = value.cast(pl.Float64, strict=False)
    bands = [
        pl.when(
            number.is_not_null()
            & (pl.lit(True) if band.low is None else number >= band.low)
            & (pl.lit(True) if band.high is None else number <= band.high)
        ).then(pl.lit(band.value))
        for band in domain.bands
    ]
    return pl.coalesce(bands)


def interview_years(survey: Survey, source: str, frame: pl.DataFrame, kept: pl.Series) -> pl.Series:
    """Return the year of each interview of the rows that are kept, by their numbers from 1."""
    return known_profile.years_of(survey, source, frame).gather(kept - 1)
