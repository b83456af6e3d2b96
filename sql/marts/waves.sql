-- One row per survey and wave: fieldwork, mode, who was asked and who answered, and whether the figures are final.
-- Key: survey, wave
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- wave_number: place of the wave in time
-- fieldwork_start: first day of fieldwork, declared or, failing that, of the first interview
-- fieldwork_end: last day of fieldwork, declared or, failing that, of the last interview so far
-- mode: how people were interviewed
-- n_invited: members invited; empty while no delivery of the wave is accepted
-- n_eligible: members still in the population, whether or not they had left the panel
-- n_respondents: members with a complete interview
-- completion_rate: n_respondents / n_invited
-- response_rate: n_respondents / n_eligible; empty where members were not drawn by chance
-- cumulative_response_rate: recruitment rate times retention times completion; empty when the recruitment rate
--   is not known
-- release_status: provisional, final or corrected; empty while no delivery of the wave is accepted
-- release_id: latest release of the wave, in table releases
-- n_partial: members with an interview that does not count as complete
-- n_removed: members whose complete interview the survey's rule removed for how carefully it was answered; they count
--   as nonrespondents
-- parts_in_use: parts of the wave of which a delivery is in use, such as web, paper; empty when it is delivered in one
--   piece
-- parts_missing: declared parts of which nothing is in use yet; parts that only add late returns are not waited for
-- is_public: its newsletter and public pages are out, or go out: the release is approved, and neither it nor that of an
--   earlier wave, whose figures they tell too, is under embargo

with counts as (
    select
        survey,
        wave,
        count(*) filter (where is_invited) as n_invited,
        count(*) filter (where is_eligible) as n_eligible,
        count(*) filter (where is_respondent) as n_respondents,
        count(*) filter (where disposition = 'partial') as n_partial,
        count(*) filter (where disposition = 'removed_quality') as n_removed
    from core.participation
    group by survey, wave
),

parts_in_use as (
    select distinct
        survey,
        source as wave,
        split_part(part, '/', 1) as part
    from raw.deliveries
    where status = 'accepted'
),

parts as (
    select
        declared.survey,
        declared.wave,
        string_agg(declared.part, ', ' order by declared.part_order) filter (where here.part is not null) as in_use,
        string_agg(declared.part, ', ' order by declared.part_order)
            filter (where here.part is null and not declared.adds) as missing
    from definitions.parts as declared
    left join parts_in_use as here
        on declared.survey = here.survey
        and declared.wave = here.wave
        and declared.part = here.part
    group by declared.survey, declared.wave
),

latest_releases as (
    select
        survey,
        wave,
        max_by(release_status, (released_at, release_id)) as release_status,
        max_by(release_id, (released_at, release_id)) as release_id,
        coalesce(max_by(is_public, (released_at, release_id)), false) as is_public,
        max_by(embargo_until, (released_at, release_id)) as embargo_until
    from log.releases
    group by survey, wave
)

select
    fielded.survey,
    fielded.wave,
    fielded.wave_number,
    fielded.fieldwork_start,
    fielded.fieldwork_end,
    fielded.mode,
    cast(counts.n_invited as integer) as n_invited,
    cast(counts.n_eligible as integer) as n_eligible,
    cast(counts.n_respondents as integer) as n_respondents,
    rate.completion_rate,
    rate.response_rate,
    rate.cumulative_response_rate,
    if(fielded.is_delivered, coalesce(release.release_status, 'provisional'), null) as release_status,
    release.release_id,
    cast(counts.n_partial as integer) as n_partial,
    cast(counts.n_removed as integer) as n_removed,
    parts.in_use as parts_in_use,
    parts.missing as parts_missing,
    coalesce(release.is_public, false)
        and not bool_or(coalesce(release.embargo_until is not null and not release.is_public, false)) over (
            partition by fielded.survey
            order by fielded.wave_number
        ) as is_public
from core.waves as fielded
left join counts
    on fielded.survey = counts.survey
    and fielded.wave = counts.wave
left join analysis.response_rates as rate
    on fielded.survey = rate.survey
    and fielded.wave = rate.wave
    and rate.domain = 'all'
left join latest_releases as release
    on fielded.survey = release.survey
    and fielded.wave = release.wave
left join parts
    on fielded.survey = parts.survey
    and fielded.wave = parts.wave
order by fielded.survey, fielded.wave_number
