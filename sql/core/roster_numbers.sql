-- One row per member and column of the member list that holds a number: supplied weights, selection probabilities.
-- Key: survey, panel_member_id, column_name

select
    number.survey,
    number.panel_member_id,
    number.column_name,
    number.value
from staging.roster_numbers as number
inner join core.members as member
    on number.survey = member.survey
    and number.panel_member_id = member.panel_member_id
order by number.survey, number.column_name, number.panel_member_id
