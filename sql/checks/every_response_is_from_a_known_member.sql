-- Every interview is from a member on the member list.

select
    wave_row.survey,
    wave_row.wave,
    wave_row.delivery_id,
    wave_row.row_number
from staging.wave_rows as wave_row
left join core.members as member
    on wave_row.survey = member.survey
    and wave_row.panel_member_id = member.panel_member_id
where member.panel_member_id is null
