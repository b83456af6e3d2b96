"""What a night ends by saying: where things are, and three lines of what they say."""

import polars as pl

from flows.run_context import Night
from pipeline import warehouse
from pipeline.settings import Workspace
from reports.corrections import Correction, corrections
from reports.language import ENGLISH

ALERTS_TOLD = 2  # in the summary; status and the attrition page tell all


def summary_lines(night: Night) -> list[str]:
    """Return where the published file, the newsletters and the quality pages are, and what they say."""
    workspace = night.workspace
    lines = [f"Published file:     {workspace.published_file}"]
    lines += [f"Newsletter:         {path}" for path in _newest_newsletters(night)]
    explorer = workspace.published / "public" / "explorer" / "index.html"
    lines += [f"Trend explorer:     {explorer}"] * explorer.exists()
    lines.append(f"Data-quality pages: {workspace.published / 'quality' / 'index.html'}")
    attrition = [workspace.published / "attrition" / f"{survey}.html" for survey in night.surveys]
    lines += [f"Attrition page:     {page}" for page in attrition if page.exists()]
    corrected = [
        f"{one.survey}, {one.line}"
        for one in published_corrections(workspace)
        if one.released_at >= night.started_at.replace(tzinfo=None)
    ]
    return lines + corrected + [line for survey in night.surveys for line in _findings(night, survey)]


def published_corrections(workspace: Workspace) -> list[Correction]:
    """Return every corrected release that the published file tells of; none before the first publication."""
    if not workspace.published_file.exists():
        return []
    with warehouse.connect_published(workspace.published_file) as connection:
        return corrections(lambda sql, parameters: warehouse.read(connection, sql, parameters), ENGLISH)


def _newest_newsletters(night: Night) -> list[str]:
    """Return the newest newsletter of each survey, a draft when none is out yet."""
    found = []
    for survey, definition in night.surveys.items():
        pages = [
            place / survey / wave.wave / "newsletter.html"
            for place in (night.workspace.published / "public", night.workspace.drafts)
            for wave in reversed(definition.waves)
        ]
        found += [str(page) for page in pages if page.exists()][:1]
    return found


def _findings(night: Night, survey: str) -> list[str]:
    """Return what to say of a survey: the newest final headline, its answered waves, who stays, attrition alerts."""
    headline = warehouse.read(
        night.connection,
        """
        select items.label, estimates.category, estimates.wave, estimate, ci_low, ci_high, unweighted_n
        from marts.estimates as estimates
        inner join marts.items as items on estimates.survey = items.survey and estimates.item = items.item
        inner join marts.waves as waves on estimates.survey = waves.survey and estimates.wave = waves.wave
        where estimates.survey = ? and statistic = 'headline' and domain = 'all' and release_status <> 'provisional'
            and not estimates.is_suppressed
        order by wave_number desc, item_order, weight_id
        limit 1
        """,
        [survey],
    )
    waves = warehouse.read(
        night.connection,
        "select wave, n_eligible, n_respondents, release_status, parts_in_use, parts_missing from marts.waves "
        "where survey = ? and n_respondents > 0 order by wave_number",
        [survey],
    )
    retention = warehouse.read(
        night.connection,
        """
        select retention.domain_value, retention.retention_raw, retention.wave
        from marts.retention as retention
        inner join marts.waves as waves on retention.survey = waves.survey and retention.wave = waves.wave
        where retention.survey = ? and retention.domain = 'age_group' and waves.release_status <> 'provisional'
        qualify waves.wave_number = max(waves.wave_number) over ()
        order by retention.domain_value
        """,
        [survey],
    )
    discrepancies = warehouse.read(
        night.connection,
        """
        select wave_from, wave_to, weight_id, items.label, margin.wave, category, discrepancy, margin.standard_error,
            count(*) over () as n_margins, count(*) filter (where p_value < 0.05) over () as n_beyond_chance
        from marts.transition_margins as margin
        inner join marts.items as items on margin.survey = items.survey and margin.item = items.item
        where margin.survey = ? and not margin.is_suppressed
        order by abs(discrepancy) desc, item_order, margin.wave, category
        limit 1
        """,
        [survey],
    )
    alerts = warehouse.read(
        night.connection,
        "select message from marts.attrition_alerts where survey = ? and is_alert "
        "order by measure = 'active', p_value_corrected, n_active, domain, domain_value",
        [survey],
    )
    return [
        *_headline_line(survey, headline),
        *_wave_line(survey, waves),
        *_part_lines(survey, waves),
        *_retention_line(survey, retention),
        *_transition_line(survey, discrepancies),
        *_alert_line(survey, alerts["message"].to_list()),
    ]


def _headline_line(survey: str, rows: pl.DataFrame) -> list[str]:
    if rows.is_empty():
        return []
    row = rows.row(0, named=True)
    interval = "" if row["ci_low"] is None else f"{row['ci_low']:.0%} to {row['ci_high']:.0%}, "
    return [
        f"{survey}: {row['label']}: {_percent(row['estimate'])} {row['category']} "
        f"({interval}n = {row['unweighted_n']:,}, {row['wave']})"
    ]


def _wave_line(survey: str, rows: pl.DataFrame) -> list[str]:
    if rows.is_empty():
        return []
    last = rows.row(-1, named=True)
    return [
        f"{survey}: {rows.height} waves answered by {int(rows['n_respondents'].sum()):,} in all; the newest, "
        f"{last['wave']}, by {last['n_respondents']:,} of {last['n_eligible']:,} eligible, is {last['release_status']}"
    ]


def _part_lines(survey: str, rows: pl.DataFrame) -> list[str]:
    """Return a line for each wave of which one part is in use and another one missing."""
    here = rows.drop_nulls(("parts_in_use", "parts_missing"))
    return [
        f"{survey}, {row['wave']}: {row['parts_in_use']} in use, {row['parts_missing']} missing: the wave does not "
        "become final of itself before it is delivered"
        for row in here.iter_rows(named=True)
    ]


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{share:.0%}"


def _retention_line(survey: str, rows: pl.DataFrame) -> list[str]:
    if rows.is_empty():
        return []
    shares = ", ".join(f"{row['domain_value']} {_percent(row['retention_raw'])}" for row in rows.iter_rows(named=True))
    return [f"{survey}: still answering at {rows['wave'][0]}, by age: {shares}"]


def _transition_line(survey: str, rows: pl.DataFrame) -> list[str]:
    """Return how far the tables of who moved lie from the published toplines, the furthest answer named."""
    if rows.is_empty():
        return []
    row = rows.row(0, named=True)
    return [
        f"{survey}: tables of who moved differ from the published toplines by at most {100 * row['discrepancy']:+.1f} "
        f"points (standard error {100 * row['standard_error']:.1f}; {row['label']}: {row['category']}, at "
        f"{row['wave']} of {row['wave_from']} to {row['wave_to']}, weight {row['weight_id']}); "
        f"{row['n_beyond_chance']} of {row['n_margins']} answers by more than chance at 5 %"
    ]


def _alert_line(survey: str, messages: list[str]) -> list[str]:
    """Return how many attrition alerts there are, and the first of them."""
    if not messages:
        return []
    more = f"; and {len(messages) - ALERTS_TOLD} more" if len(messages) > ALERTS_TOLD else ""
    return [f"{survey}: attrition alerts: {'; '.join(messages[:ALERTS_TOLD])}{more}"]
