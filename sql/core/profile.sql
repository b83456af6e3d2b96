-- One row per member and profile variable known of the member, in our values; a value declared null is not known.
-- Key: survey, panel_member_id, variable

select
    delivered.survey,
    delivered.panel_member_id,
    delivered.variable,
    coalesce(renamed.value, delivered.value) as value
from staging.profile as delivered
inner join core.members as member
    on delivered.survey = member.survey
    and delivered.panel_member_id = member.panel_member_id
left join definitions.profile_values as renamed
    on delivered.survey = renamed.survey
    and delivered.variable = renamed.variable
    and delivered.value = renamed.delivered_value
where coalesce(renamed.value, delivered.value) <> ''
order by delivered.survey, delivered.panel_member_id, delivered.variable
