-- One row per respondent and item asked: the answer's code and label, or which kind of missing it is.
-- Key: survey, wave, panel_member_id, item

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
)

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
    and participation.is_respondent
inner join understood_values as understood
    on answer.survey = understood.survey
    and answer.wave = understood.wave
    and answer.item = understood.item
    and answer.value is not distinct from understood.value
order by answer.survey, participation.wave_number, answer.panel_member_id, answer.item
