-- One row per panel member and delivered wave that the member joined in time for, or answered; only of those who
--   answered where there is no member list to say who else could have. Whom the survey's rule removes for how they
--   answered are nonrespondents; their answers stay in core.answers.
-- Key: survey, wave, panel_member_id

with exits as (
    select
        disposition.survey,
        disposition.panel_member_id,
        min(wave.wave_number) as first_wave_number_out
    from staging.dispositions as disposition
    inner join definitions.eligibility_columns as eligibility
        on disposition.survey = eligibility.survey
        and disposition.wave = eligibility.wave
        and contains(disposition.disposition, eligibility.contains)
    inner join definitions.waves as wave
        on disposition.survey = wave.survey
        and disposition.wave = wave.wave
    group by disposition.survey, disposition.panel_member_id
),

parts_with_completion_rule as (
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
        wave.survey,
        wave.wave,
        wave.wave_number,
        member.panel_member_id,
        coalesce(member.left_on <= wave.fieldwork_start, false) as has_left,
        coalesce(wave.wave_number >= exits.first_wave_number_out, false)
            or (coalesce(member.left_on <= wave.fieldwork_start, false) and reason.reason is not null)
            as is_out_of_population,
        interview.panel_member_id is not null as has_interview,
        coalesce(interview.is_complete, false) as is_complete,
        removed.panel_member_id is not null as is_removed,
        uninvited.panel_member_id is not null as is_uninvited,
        coalesce(invitation.is_undeliverable, false) as is_undeliverable,
        invitation.invited_at,
        invitation.channels as invited_by,
        invitation.is_opened as has_opened,
        interview.completed_at,
        interview.interview_mode
    from core.waves as wave
    inner join core.members as member
        on wave.survey = member.survey
    left join exits
        on member.survey = exits.survey
        and member.panel_member_id = exits.panel_member_id
    left join definitions.exit_reasons as reason
        on member.survey = reason.survey
        and member.exit_reason = reason.reason
    left join interviews as interview
        on wave.survey = interview.survey
        and wave.wave = interview.wave
        and member.panel_member_id = interview.panel_member_id
    left join raw.removed_respondents as removed
        on wave.survey = removed.survey
        and wave.wave = removed.wave
        and member.panel_member_id = removed.panel_member_id
    left join staging.uninvited as uninvited
        on wave.survey = uninvited.survey
        and wave.wave = uninvited.wave
        and member.panel_member_id = uninvited.panel_member_id
    left join core.invitations as invitation
        on wave.survey = invitation.survey
        and wave.wave = invitation.wave
        and member.panel_member_id = invitation.panel_member_id
    left join definitions.surveys as declared
        on wave.survey = declared.survey
    where wave.is_delivered
        and (
            interview.panel_member_id is not null
            or (coalesce(member.joined_on <= wave.fieldwork_start, true) and coalesce(declared.has_member_list, true))
        )
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
