"""Judge how carefully the respondents of each wave answered: flags, and whom the survey's rule removes for them."""

from typing import Any

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.arrivals import deliveries_in_use
from flows.run_context import current
from pipeline import warehouse
from pipeline.definitions import ROSTER
from pipeline.fingerprint import text_hash
from pipeline.panel.response_quality import SHORTEST_TEXT, judged, removed_respondents

_INTERVIEWS = """
with differing as (
    select
        drift.panel_member_id,
        count(distinct drift.variable) as n_differing
    from raw.profile_drifts as drift
    inner join raw.deliveries as delivery using (survey, source, delivery_id)
    where drift.survey = $survey and drift.source = $wave and delivery.status = 'accepted'
        and list_contains(cast($identity as varchar[]), drift.variable)
    group by drift.panel_member_id
)

select
    participation.panel_member_id,
    coalesce(any_value(differing.n_differing), 0) as n_differing,
    any_value(wave_row.seconds) as seconds,
    any_value(wave_row.mode) as mode,
    any_value(wave_row.device_hash) as device_hash
from core.participation as participation
inner join staging.wave_rows as wave_row using (survey, wave, panel_member_id)
left join differing using (panel_member_id)
where participation.survey = $survey and participation.wave = $wave
    and participation.disposition in ('complete', 'removed_quality')
group by participation.panel_member_id
"""
_ANSWERS = """
select
    answer.panel_member_id,
    answer.item,
    if(item.kind = 'category', answer.code, null) as code,
    answer.missing_kind,
    if(item.kind = 'text', answer.label, null) as text,
    if(item.kind = 'text' and length(answer.label) >= $shortest,
        md5(regexp_replace(lower(answer.label), '\\s+', ' ', 'g')), null) as text_hash
from ({answers}) as answer
inner join definitions.items as item using (survey, item)
where item.kind <> 'text' or answer.missing_kind is null
"""


def judge_responses(survey: str) -> None:
    """Flag the respondents of every wave whose delivery, member list or definitions changed."""
    night = current()
    in_use, done = deliveries_in_use(night, survey), warehouse.steps_done(night.connection, survey)
    for wave in night.surveys[survey].waves:
        if wave.wave not in in_use or ROSTER not in in_use or (survey, wave.wave) in night.frozen:
            continue
        known = [in_use.get(source) for source in sorted({wave.wave, *night.surveys[survey].known_from})]
        languages = night.surveys[survey].languages  # whose scripts an open answer may be in
        inputs = text_hash(known, night.declared(survey).behind({wave.wave}, languages), night.code_version)
        step = f"response-quality-{wave.wave}"
        if night.is_full or done.get(step) != inputs:
            judge_wave(survey, wave.wave)
            warehouse.remember_step(night.connection, survey, step, inputs)


@task(task_run_name="judge-{survey}-{wave}", cache_policy=NO_CACHE)
def judge_wave(survey: str, wave: str) -> None:
    """Replace the flags of one wave, and whom they remove."""
    night = current()
    key: dict[str, Any] = {"survey": survey, "wave": wave}
    answers = warehouse.answers_of(night.connection, survey, wave)
    identity = list(night.surveys[survey].response_quality.identity)
    found = judged(
        night.surveys[survey],
        wave,
        warehouse.read(night.connection, _INTERVIEWS, key | {"identity": identity}),
        warehouse.read(night.connection, _ANSWERS.format(answers=answers), {"shortest": SHORTEST_TEXT}),
    )
    removed = removed_respondents(night.surveys[survey], found.flags)
    tables = {
        "analysis.response_quality": found.flags,
        "analysis.response_measures": found.measures,
        "raw.removed_respondents": removed,
    }
    with warehouse.transaction(night.connection):
        for table, rows in tables.items():
            warehouse.replace_rows(night.connection, table, rows.with_columns(survey=pl.lit(survey)), **key)
    if removed.height:
        remove_at = night.surveys[survey].response_quality.remove_at
        night.say(f"{survey}, {wave}: {_told(removed.height, remove_at)}")


def _told(n: int, remove_at: int | None) -> str:
    who = f"{n:,} respondents count" if n > 1 else "1 respondent counts"
    return f"{who} as not having answered, for {remove_at} or more kinds of strong flags; see quality_effect"
