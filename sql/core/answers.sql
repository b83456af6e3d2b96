-- One row per respondent and item asked: the answer's code and label, or which kind of missing it is.
-- Key: survey, wave, panel_member_id, item
-- What the routing or the split sample passes over is not asked; its blank elsewhere was skipped.

with delivered_values as (
    select distinct
        survey,
        wave,
        item,
        value
    from staging.answers
),

recoded_values as (
    select
        delivered.survey,
        delivered.wave,
        delivered.item,
        delivered.value,
        coalesce(recode.code, delivered.value) as code
    from delivered_values as delivered
    left join definitions.item_recodes as recode
        on delivered.survey = recode.survey
        and delivered.wave = recode.wave
        and delivered.item = recode.item
        and coalesce(delivered.value, '') = recode.delivered_value
),

first_option_with_label as (
    select
        survey,
        item,
        label,
        any_value(code order by option_order) as code
    from definitions.answer_options
    group by survey, item, label
),

understood_values as (
    select
        recoded.survey,
        recoded.wave,
        recoded.item,
        recoded.value,
        coalesce(option.code, recoded.code) as code,
        coalesce(option.label, if(declared_item.kind = 'category', null, recoded.code)) as label,
        if(recoded.code is null, declared_survey.blank, option.missing_kind) as missing_kind,
        if(declared_item.kind = 'number' and option.missing_kind is null, try_cast(recoded.code as double), null) as number
    from recoded_values as recoded
    inner join definitions.surveys as declared_survey
        on recoded.survey = declared_survey.survey
    inner join definitions.items as declared_item
        on recoded.survey = declared_item.survey
        and recoded.item = declared_item.item
    left join definitions.answer_options as same_code
        on recoded.survey = same_code.survey
        and recoded.item = same_code.item
        and recoded.code = same_code.code
    left join first_option_with_label as same_label
        on recoded.survey = same_label.survey
        and recoded.item = same_label.item
        and recoded.code = same_label.label
    left join definitions.answer_options as option
        on recoded.survey = option.survey
        and recoded.item = option.item
        and coalesce(same_code.code, same_label.code) = option.code
),

understood_answers as (
    select
        answer.survey,
        answer.wave,
        participation.wave_number,
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
        and participation.is_respondent
    inner join understood_values as understood
        on answer.survey = understood.survey
        and answer.wave = understood.wave
        and answer.item = understood.item
        and answer.value is not distinct from understood.value
),

items_by_route as (
    select distinct
        survey,
        wave,
        item,
        asking_item
    from definitions.item_routes
),

passed_over_by_route as (
    select
        route.survey,
        route.wave,
        route.item,
        asking.panel_member_id
    from items_by_route as route
    inner join understood_answers as asking
        on route.survey = asking.survey
        and route.wave = asking.wave
        and route.asking_item = asking.item
    left join definitions.item_routes as met
        on route.survey = met.survey
        and route.wave = met.wave
        and route.item = met.item
        and route.asking_item = met.asking_item
        and asking.code = met.code
    where met.code is null
),

passed_over_by_ballot as (
    select
        ballot.survey,
        ballot.wave,
        ballot.item,
        cell.panel_member_id
    from (select distinct survey, wave, item, column_name from definitions.item_ballots) as ballot
    inner join staging.cells as cell
        on ballot.survey = cell.survey
        and ballot.wave = cell.source
        and ballot.column_name = cell.column_name
    left join definitions.item_ballots as met
        on ballot.survey = met.survey
        and ballot.wave = met.wave
        and ballot.item = met.item
        and cell.value = met.value
    where met.value is null
        and cell.value is not null
),

passed_over as (
    select survey, wave, item, panel_member_id from passed_over_by_route
    union
    select survey, wave, item, panel_member_id from passed_over_by_ballot
),

items_with_a_route as (
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
from understood_answers as answer
left join items_with_a_route as routed
    on answer.survey = routed.survey
    and answer.wave = routed.wave
    and answer.item = routed.item
left join passed_over
    on answer.survey = passed_over.survey
    and answer.wave = passed_over.wave
    and answer.item = passed_over.item
    and answer.panel_member_id = passed_over.panel_member_id
order by answer.survey, answer.wave_number, answer.panel_member_id, answer.item
