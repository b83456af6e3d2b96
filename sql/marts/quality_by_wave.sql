-- One row per wave and measure of the quality of its delivery and its answers: how many of how many.
-- Key: survey, wave, measure
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- measure: rows_refused (of the rows of the files in use), item_nonresponse (answers missing, of those asked for), or
--   flag_ and a flag of response_quality (respondents flagged, of all)
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
        and source <> 'roster'
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

respondents as (
    select
        survey,
        wave,
        count(*) as n_respondents
    from marts.participation
    where is_respondent
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
        respondents.survey,
        respondents.wave,
        'flag_' || flags.flag as measure,
        count(found.panel_member_id) as n_found,
        any_value(respondents.n_respondents) as n_of
    from respondents
    inner join flags
        on respondents.survey = flags.survey
    left join marts.response_quality as found
        on respondents.survey = found.survey
        and respondents.wave = found.wave
        and flags.flag = found.flag
    group by respondents.survey, respondents.wave, flags.flag
),

measured as (
    select survey, wave, measure, n_found, n_of from delivered
    union all
    select survey, wave, measure, n_found, n_of from answered
    union all
    select survey, wave, measure, n_found, n_of from flagged
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
