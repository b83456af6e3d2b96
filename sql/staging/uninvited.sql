-- One row per member and wave that the member list says the member was not invited to.
-- Key: survey, wave, panel_member_id

with lists as (
    select distinct
        survey,
        wave,
        column_name
    from definitions.invitation_columns
),

invited as (
    select distinct
        cell.survey,
        invitation.wave,
        cell.panel_member_id
    from staging.cells as cell
    inner join definitions.invitation_columns as invitation
        on cell.survey = invitation.survey
        and cell.column_name = invitation.column_name
        and cell.value = invitation.value
    where cell.source = 'roster'
)

select distinct
    member.survey,
    lists.wave,
    member.panel_member_id
from staging.members as member
inner join lists
    on member.survey = lists.survey
left join invited
    on member.survey = invited.survey
    and lists.wave = invited.wave
    and member.panel_member_id = invited.panel_member_id
where invited.panel_member_id is null
