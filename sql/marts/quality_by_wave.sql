-- One row per wave and measure of the quality of its delivery and its answers: how many of how many.
-- Key: survey, wave, measure
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- measure: rows_refused (of the rows of the files in use), item_nonresponse (answers missing, of those asked for),
--   flag_ and a flag of response_quality (people flagged, of all with a complete interview), or removed (people whose
--   interview does not count for their flags, of the same; only where somebody is)
-- n_found: rows, answers or respondents that the measure finds
-- n_of: rows, answers or respondents that it looks at

with delivered as (
    select
        survey,
        source as wave,
        'rows_refused' as measure,
        sum(n_refused) as n_found,
        sum(n_delivered) as n_of
    from marts.deliveries
    where status = 'accepted'
        and source not in ('roster', 'mailings')
    group by survey, source
),

answered as (
    select
        survey,
        wave,
        'item_nonresponse' as measure,
        count(*) filter (where missing_kind is not null) as n_found,
        count(*) as n_of
    from marts.answers
    where coalesce(missing_kind, '') not in ('not_asked', 'not_distinguished')
    group by survey, wave
),

interviewed as (
    select
        survey,
        wave,
        count(*) as n_complete,
        count(*) filter (where disposition = 'removed_quality') as n_removed
    from marts.participation
    where disposition in ('complete', 'removed_quality')
    group by survey, wave
),

flags as (
    select distinct
        survey,
        flag
    from marts.response_quality
),

flagged as (
    select
        interviewed.survey,
        interviewed.wave,
        'flag_' || flags.flag as measure,
        count(found.panel_member_id) as n_found,
        any_value(interviewed.n_complete) as n_of
    from interviewed
    inner join flags
        on interviewed.survey = flags.survey
    left join marts.response_quality as found
        on interviewed.survey = found.survey
        and interviewed.wave = found.wave
        and flags.flag = found.flag
    group by interviewed.survey, interviewed.wave, flags.flag
),

removed as (
    select
        survey,
        wave,
        'removed' as measure,
        n_removed as n_found,
        n_complete as n_of
    from interviewed
    where survey in (select survey from interviewed where n_removed > 0)
),

measured as (
    select survey, wave, measure, n_found, n_of from delivered
    union all
    select survey, wave, measure, n_found, n_of from answered
    union all
    select survey, wave, measure, n_found, n_of from flagged
    union all
    select survey, wave, measure, n_found, n_of from removed
)

select
    measured.survey,
    measured.wave,
    measured.measure,
    measured.n_found::bigint as n_found,
    measured.n_of::bigint as n_of
from measured
inner join definitions.waves as wave
    on measured.survey = wave.survey
    and measured.wave = wave.wave
order by measured.survey, wave.wave_number, measured.measure
