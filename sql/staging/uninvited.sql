-- One row per member and wave that the member was not invited to, as the member list or the sending system's files say.
-- Key: survey, panel_member_id, wave

with listed as (
    select distinct
        survey,
        wave
    from definitions.invitation_columns
),

on_the_list as (
    select
        cell.survey,
        invitation.wave,
        cell.panel_member_id
    from staging.cells as cell
    inner join definitions.invitation_columns as invitation
        on cell.survey = invitation.survey
        and cell.column_name = invitation.column_name
        and cell.value = invitation.value
    where cell.source = 'roster'
),

invited as (
    select
        survey,
        wave,
        panel_member_id
    from on_the_list
    union
    select
        survey,
        wave,
        panel_member_id
    from staging.invitations
),

told as (
    select
        survey,
        wave
    from listed
    union
    select
        survey,
        wave
    from staging.invitations
)

select distinct
    member.survey,
    told.wave,
    member.panel_member_id
from staging.members as member
inner join told
    on member.survey = told.survey
left join invited
    on member.survey = invited.survey
    and told.wave = invited.wave
    and member.panel_member_id = invited.panel_member_id
where invited.panel_member_id is null
