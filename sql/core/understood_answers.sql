-- One row per complete interview, removed or not, and item whose column was delivered: what the value means.
-- Key: survey, wave, panel_member_id, item
-- A view: the answers stay in the deliveries' wide tables.

select
    answer.survey,
    answer.wave,
    answer.panel_member_id,
    answer.item,
    understood.code,
    understood.label,
    understood.missing_kind,
    understood.number
from staging.answers as answer
inner join core.participation as participation
    on answer.survey = participation.survey
    and answer.wave = participation.wave
    and answer.panel_member_id = participation.panel_member_id
    and (participation.is_respondent or participation.disposition = 'removed_quality')
inner join core.understood_values as understood
    on answer.survey = understood.survey
    and answer.wave = understood.wave
    and answer.item = understood.item
    and answer.part is not distinct from understood.part
    and answer.value is not distinct from understood.value
