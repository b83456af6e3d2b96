"""Whether the member who sent a row could answer here: invited to the wave, and not heard in another part of it."""

import polars as pl

from pipeline.rules import Rule

MEMBER, UNINVITED, ELSEWHERE, TOO_LATE = "member", "uninvited", "elsewhere", "too_late"


def with_invitations(
    rows: pl.DataFrame, rule: Rule, panel: pl.DataFrame | None, source: str, *, is_latest: bool
) -> pl.DataFrame:
    """Add why a member was not invited: joined after fieldwork, left before it, paused now, or not listed; else null.

    A status has no date, so it says something of the latest wave alone.

    Args:
        panel: what the member list says of being in the panel (known_profile.of_member_list).
    """
    if panel is None:
        return rows
    days = {name: pl.col(name).str.slice(0, 10).str.to_date(strict=False) for name in ("joined_on", "left_on")}
    last = pl.lit(rule.last_day or rule.first_day, dtype=pl.Date)
    reason = (
        pl.when(days["joined_on"] > last)
        .then(pl.lit("joined later"))
        .when(days["left_on"] <= pl.lit(rule.first_day, dtype=pl.Date))
        .then(pl.lit("left before"))
        .when(pl.col("status").is_in(list(rule.allowed)) & pl.lit(is_latest))
        .then(pl.col("status"))
        .when(_is_uninvited(panel, source))
        .then(pl.lit("not invited"))
    )
    known = panel.select(pl.col("panel_member_id").alias(MEMBER), reason.alias(UNINVITED))
    known = known.join(known.drop_nulls().select(MEMBER), on=MEMBER, how="semi")  # of most there is no reason
    return rows.join(known.unique(MEMBER, keep="first"), on=MEMBER, how="left", maintain_order="left")


def _is_uninvited(panel: pl.DataFrame, source: str) -> pl.Expr:
    """Return whether the member list says that a member was not invited to the wave."""
    return pl.col("uninvited").list.contains(source) if "uninvited" in panel.columns else pl.lit(False)


def with_other_parts(rows: pl.DataFrame, elsewhere: pl.DataFrame | None) -> pl.DataFrame:
    """Add the other part in which the same person answered too; else null."""
    if elsewhere is None:
        return rows
    known = elsewhere.select(pl.col("panel_member_id").alias(MEMBER), pl.col("part").alias(ELSEWHERE))
    return rows.join(known.unique(MEMBER, keep="first"), on=MEMBER, how="left", maintain_order="left")


def with_order(
    rows: pl.DataFrame, day: str, other_days: pl.DataFrame | None, wave: pl.Expr, *, is_sent: bool
) -> pl.DataFrame:
    """Add whether a person was invited only after the day of the interview; of several invitations the first counts.

    Args:
        other_days: of interviews, when people were invited; of invitations, when they answered, those left out who
            have an earlier invitation: panel_member_id, wave, day.
        is_sent: the rows are invitations.
    """
    if other_days is None or day not in rows.columns:
        return rows
    known = other_days.select(pl.col("panel_member_id").alias(MEMBER), wave_="wave", other_day="day")
    known = known.unique([MEMBER, "wave_"], keep="first")
    found = rows.with_columns(wave_=wave).join(known, on=[MEMBER, "wave_"], how="left", maintain_order="left")
    first = pl.col(day).min().over(MEMBER, "wave_")
    other = pl.col("other_day")
    late = (pl.col(day) > other) & (pl.col(day) == first) if is_sent else pl.col(day) < other
    return found.with_columns(late.fill_null(False).alias(TOO_LATE)).drop("wave_", "other_day")
