-- One row per panel member and delivered wave: what the member list and the mailings say of the member by then.
-- Key: survey, wave, panel_member_id
-- A view: participation adds the interviews.

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
)

select
    wave.survey,
    wave.wave,
    wave.wave_number,
    member.panel_member_id,
    coalesce(member.joined_on <= wave.fieldwork_start, true) and coalesce(declared.has_member_list, true) as is_listed,
    coalesce(member.left_on <= wave.fieldwork_start, false) as has_left,
    coalesce(wave.wave_number >= exits.first_wave_number_out, false)
        or (coalesce(member.left_on <= wave.fieldwork_start, false) and reason.reason is not null)
        as is_out_of_population,
    uninvited.panel_member_id is not null as is_uninvited,
    coalesce(invitation.is_undeliverable, false) as is_undeliverable,
    invitation.invited_at,
    invitation.channels as invited_by,
    invitation.is_opened as has_opened
from core.waves as wave
inner join core.members as member
    on wave.survey = member.survey
left join exits
    on member.survey = exits.survey
    and member.panel_member_id = exits.panel_member_id
left join definitions.exit_reasons as reason
    on member.survey = reason.survey
    and member.exit_reason = reason.reason
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
