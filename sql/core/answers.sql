-- One row per respondent and item asked: the answer's code and label, or which kind of missing it is.
-- Key: survey, wave, panel_member_id, item
-- What the routing or the split sample passes over is not asked; its blank elsewhere was skipped.
-- A view: the answers stay in the deliveries' wide tables.

with items_with_a_route as (
    select survey, wave, item from definitions.item_routes
    union
    select survey, wave, item from definitions.item_ballots
)

select
    answer.survey,
    answer.wave,
    answer.panel_member_id,
    answer.item,
    if(passed_over.item is null, answer.code, null) as code,
    if(passed_over.item is null, answer.label, null) as label,
    case
        when passed_over.item is not null then 'not_asked'
        when routed.item is not null and answer.code is null and answer.missing_kind = 'not_asked' then 'skipped'
        else answer.missing_kind
    end as missing_kind,
    if(passed_over.item is null, answer.number, null) as number
from core.understood_answers as answer
left join items_with_a_route as routed
    on answer.survey = routed.survey
    and answer.wave = routed.wave
    and answer.item = routed.item
left join core.passed_over as passed_over
    on answer.survey = passed_over.survey
    and answer.wave = passed_over.wave
    and answer.item = passed_over.item
    and answer.panel_member_id = passed_over.panel_member_id
