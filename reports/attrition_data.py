"""What the attrition page asks of the published file, already without what the disclosure profile hides."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.definitions import ALL
from pipeline.disclosure import DisclosureProfile, hide_counts, hide_shares
from reports.published import Read, in_declared_order

_CURVES = """
select domain, domain_value, time, wave, cause, n_at_risk, n_exits, hazard, hazard_ci_low, hazard_ci_high,
    1 - incidence as staying, 1 - incidence_ci_high as staying_ci_low, 1 - incidence_ci_low as staying_ci_high,
    incidence, incidence_ci_low, incidence_ci_high
from attrition_curves
where survey = ? and clock = ? and weighting = 'weighted' and domain in (?, 'all')
order by domain = 'all', domain_value, time, cause
"""
CURVE_SHARES = (
    *("hazard", "hazard_ci_low", "hazard_ci_high", "staying", "staying_ci_low", "staying_ci_high"),
    *("incidence", "incidence_ci_low", "incidence_ci_high"),
)
_PATTERNS = """
select domain_value, domain, pattern, n_members, share
from attrition_patterns
where survey = ? and weighting = 'unweighted' and domain in (?, 'all')
order by domain = 'all', domain_value, pattern
"""
_RESPONSE = """
select rate.wave, waves.wave_number, rate.n_invited, rate.n_respondents, rate.completion_rate, rr1, rr3, rr5, cumrr2,
    waves.release_status = 'provisional' as is_provisional
from response_rates as rate
inner join waves using (survey, wave)
where survey = ? and domain = 'all'
order by waves.wave_number
"""
_INDICATORS = """
select representativity.wave, waves.wave_number, waves.fieldwork_start, estimate, ci_low, ci_high, unadjusted, n_asked,
    covariates
from representativity
inner join waves using (survey, wave)
where survey = ? and indicator = 'r_indicator'
order by waves.wave_number
"""
_PARTIALS = """
select variable, category, estimate, ci_low, ci_high, n_asked
from representativity
where survey = ? and wave = ? and indicator = 'partial_unconditional' and category <> 'all'
order by estimate, variable, category
"""
_ANSWERS = """
select items.label, answered.category, estimate_respondents, estimate_asked, difference, ci_low, ci_high,
    p_value_corrected
from response_by_answer as answered
inner join items using (survey, item)
where survey = ? and wave = ? and not is_suppressed and difference is not null
order by items.item_order, answered.category
"""
_PROFILE = """
select domain, domain_value, n_active, population_share, population_source
from refresh_outlook
where survey = ? and waves_ahead = 1
order by group_order
"""
_ALERTS = """
select message
from attrition_alerts
where survey = ? and is_alert
order by measure <> 'active', domain, domain_value, measure
"""


@dataclass(frozen=True)
class AttritionData:
    """Everything on the page, as rows that may be shown."""

    survey: dict[str, Any]  # title, disclosure_profile
    domain: str
    wave: str  # newest wave that is not in the field
    since_joining: pl.DataFrame
    calendar: pl.DataFrame  # missed_latest among its causes
    patterns: pl.DataFrame
    response: pl.DataFrame
    indicators: pl.DataFrame
    partials: pl.DataFrame
    answers: pl.DataFrame
    profile: pl.DataFrame
    alerts: tuple[str, ...]


def attrition_data(read: Read, survey: str, profile: DisclosureProfile) -> AttritionData | None:
    """Return the rows of one survey's page; None while nobody can be known to have left or stayed."""
    outlook = read(_PROFILE, [survey])
    if outlook.is_empty():
        return None
    domain = str(outlook["domain"][0])
    newest = read("select wave from refresh_outlook where survey = ? limit 1", [survey]).item()
    partials = read(_PARTIALS, [survey, newest])
    since_joining, calendar = (
        hide_shares(curve_rows(read, survey, clock, domain), profile, base="n_at_risk", shares=CURVE_SHARES)
        for clock in ("since_joining", "wave")
    )
    counts = ["n_at_risk", "n_exits"]
    return AttritionData(
        survey=read("select title, disclosure_profile from surveys where survey = ?", [survey]).row(0, named=True),
        domain=domain,
        wave=str(newest),
        since_joining=hide_counts(since_joining, profile, counts=counts),
        calendar=hide_counts(calendar, profile, counts=counts),
        patterns=hide_counts(
            hide_shares(
                in_declared_order(read, survey, read(_PATTERNS, [survey, domain])),
                profile,
                base="n_members",
                shares=["share"],
            ),
            profile,
            counts=["n_members"],
        ),
        response=response_rows(read, survey, profile),
        indicators=indicator_rows(read, survey, profile),
        partials=partials,
        answers=read(_ANSWERS, [survey, newest]),
        profile=_shares_of_panel(outlook, profile),
        alerts=tuple(read(_ALERTS, [survey])["message"].to_list()),
    )


def curve_rows(read: Read, survey: str, clock: str, domain: str) -> pl.DataFrame:
    """Return the curves by the groups of a domain and of everyone, with nothing hidden yet."""
    return in_declared_order(read, survey, read(_CURVES, [survey, clock, domain]))


def response_rows(read: Read, survey: str, profile: DisclosureProfile) -> pl.DataFrame:
    """Return invited, answered and AAPOR's rates by wave, as they may be shown."""
    rates = ["completion_rate", "rr1", "rr3", "rr5", "cumrr2"]
    rows = hide_shares(read(_RESPONSE, [survey]), profile, base="n_invited", shares=rates)
    return hide_counts(rows, profile, counts=["n_invited", "n_respondents"])


def indicator_rows(read: Read, survey: str, profile: DisclosureProfile) -> pl.DataFrame:
    """Return the R-indicator by wave, as it may be shown."""
    figures = ["estimate", "ci_low", "ci_high", "unadjusted"]
    return hide_shares(read(_INDICATORS, [survey]), profile, base="n_asked", shares=figures)


def of_cause(rows: pl.DataFrame, cause: str) -> pl.DataFrame:
    """Return the rows of one cause, everyone last."""
    return rows.filter(cause=cause)


def groups_of(rows: pl.DataFrame) -> list[str]:
    """Return the groups, everyone left out, in their order."""
    return rows.filter(pl.col("domain") != ALL)["domain_value"].unique(maintain_order=True).to_list()


def _shares_of_panel(outlook: pl.DataFrame, profile: DisclosureProfile) -> pl.DataFrame:
    """Return each group's share of the active members, hidden where its count is."""
    shared = outlook.with_columns(
        panel_share=pl.col("n_active") / pl.max_horizontal(pl.col("n_active").sum(), pl.lit(1))
    )
    hidden = hide_counts(shared, profile, counts=["n_active"])
    return hidden.with_columns(pl.when(pl.col("n_active").is_not_null()).then("panel_share").alias("panel_share"))
