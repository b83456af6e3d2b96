-- Every weight is of a member who answered each wave it is for.

select
    weight.survey,
    weight.panel_member_id,
    weight.weight_id,
    weight.wave
from analysis.weights as weight
left join core.participation as participation
    on weight.survey = participation.survey
    and weight.wave = participation.wave
    and weight.panel_member_id = participation.panel_member_id
where not coalesce(participation.is_respondent, false)
