"""What is known of members before a delivery is judged: profile values in our words, from where they are fixed."""

from collections.abc import Sequence

import polars as pl

from pipeline.definitions import ANY_WAVE, ROSTER, Survey

PANEL_SQL = """
select panel_member_id, cast(joined_on as varchar) as joined_on, cast(left_on as varchar) as left_on, status
from core.members
where survey = ?
"""
COLUMNS = {"panel_member_id": pl.String, "variable": pl.String, "value": pl.String}


def of_delivery(survey: Survey, source: str, frame: pl.DataFrame, members: pl.Series) -> pl.DataFrame:
    """Return the profile values that a delivery fixes: panel_member_id, variable, value.

    Args:
        source: `roster` or the wave of the delivery.
        frame: delivered columns as text.
        members: the panel_member_id of each row, null when nobody in the member list.
    """
    parts = [pl.DataFrame(schema=COLUMNS)]
    for variable in survey.profile:
        is_here = variable.source == source or (variable.source == ANY_WAVE and source != ROSTER)
        if is_here and variable.column in frame.columns:
            delivered = frame[variable.column].cast(pl.String)
            ours = delivered.replace(dict(variable.values)) if variable.values else delivered
            part = pl.DataFrame({"panel_member_id": members, "value": ours}).filter(pl.col("value") != "").drop_nulls()
            parts.append(part.select("panel_member_id", pl.lit(variable.name).alias("variable"), "value"))
    return pl.concat(parts).unique(["panel_member_id", "variable"], keep="first", maintain_order=True)


def of_member_list(survey: Survey, frame: pl.DataFrame, members: pl.Series) -> pl.DataFrame:
    """Return what a member list says of being in the panel: panel_member_id, joined_on, left_on, status, as text."""
    told = {**survey.roster.optional_columns, **survey.roster.columns}
    columns = {
        name: pl.col(told[name]).cast(pl.String) if told.get(name) in frame.columns else pl.lit(None, dtype=pl.String)
        for name in ("joined_on", "left_on", "status")
    }
    return frame.select(members.alias("panel_member_id"), **columns).drop_nulls("panel_member_id")


def combined(stored: pl.DataFrame, delivered: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return stored and newly delivered values together; a newly delivered one counts."""
    return pl.concat([*delivered, stored.select(*COLUMNS)]).unique(
        ["panel_member_id", "variable"], keep="first", maintain_order=True
    )
