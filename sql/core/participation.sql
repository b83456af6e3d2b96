-- One row per panel member and delivered wave that the member joined in time for, or answered; only of those who
--   answered where there is no member list to say who else could have. Whom the survey's rule removes for how they
--   answered are nonrespondents; their answers stay in core.answers.
-- Key: survey, wave, panel_member_id

with parts_with_completion_rule as (
    select distinct
        survey,
        wave,
        part
    from definitions.complete_values
),

interviews as (
    select
        wave_row.survey,
        wave_row.wave,
        wave_row.panel_member_id,
        bool_or(completion_rule.wave is null or complete.value is not null) as is_complete,
        max(wave_row.completed_at) as completed_at,
        any_value(coalesce(nullif(trim(wave_row.mode), ''), part.mode, nullif(declared.mode, ''))) as interview_mode
    from staging.wave_rows as wave_row
    left join parts_with_completion_rule as completion_rule
        on wave_row.survey = completion_rule.survey
        and wave_row.wave = completion_rule.wave
        and coalesce(wave_row.part, '') = completion_rule.part
    left join definitions.complete_values as complete
        on wave_row.survey = complete.survey
        and wave_row.wave = complete.wave
        and coalesce(wave_row.part, '') = complete.part
        and wave_row.complete_value = complete.value
    left join definitions.parts as part
        on wave_row.survey = part.survey
        and wave_row.wave = part.wave
        and wave_row.part = part.part
    left join definitions.waves as declared
        on wave_row.survey = declared.survey
        and wave_row.wave = declared.wave
    group by wave_row.survey, wave_row.wave, wave_row.panel_member_id
),

member_waves as (
    select
        member.*,
        interview.panel_member_id is not null as has_interview,
        coalesce(interview.is_complete, false) as is_complete,
        exists (
            select 1
            from raw.removed_respondents as removed
            where
                member.survey = removed.survey
                and member.wave = removed.wave
                and member.panel_member_id = removed.panel_member_id
        ) as is_removed,
        interview.completed_at,
        interview.interview_mode
    from core.member_waves as member
    left join interviews as interview
        on member.survey = interview.survey
        and member.wave = interview.wave
        and member.panel_member_id = interview.panel_member_id
    where member.is_listed or interview.panel_member_id is not null
)

select
    survey,
    wave,
    wave_number,
    panel_member_id,
    not is_out_of_population and (has_interview or not (has_left or is_uninvited)) as is_invited,
    not is_out_of_population as is_eligible,
    not is_out_of_population and is_complete and not is_removed as is_respondent,
    case
        when is_out_of_population then 'not_eligible'
        when is_complete and is_removed then 'removed_quality'
        when is_complete then 'complete'
        when has_interview then 'partial'
        when has_left then 'left_panel'
        when is_uninvited then 'not_invited'
        when is_undeliverable then 'undeliverable'
        else 'no_answer'
    end as disposition,
    completed_at,
    interview_mode,
    invited_at,
    invited_by,
    has_opened
from member_waves
order by survey, wave_number, panel_member_id
