-- One row per declared wave; fieldwork dates that nobody declared are those of the first and last interview.
-- Key: survey, wave

with interviewed as (
    select
        survey,
        wave,
        cast(min(completed_at) as date) as first_on,
        cast(max(completed_at) as date) as last_on
    from staging.wave_rows
    group by survey, wave
),

delivered as (
    select distinct
        survey,
        source as wave
    from raw.deliveries
    where status = 'accepted'
)

select
    declared.survey,
    declared.wave,
    declared.wave_number,
    coalesce(declared.fieldwork_start, interviewed.first_on) as fieldwork_start,
    coalesce(declared.fieldwork_end, interviewed.last_on) as fieldwork_end,
    declared.is_closed,
    declared.mode,
    delivered.wave is not null as is_delivered
from definitions.waves as declared
left join interviewed
    on declared.survey = interviewed.survey
    and declared.wave = interviewed.wave
left join delivered
    on declared.survey = delivered.survey
    and declared.wave = delivered.wave
order by declared.survey, declared.wave_number
