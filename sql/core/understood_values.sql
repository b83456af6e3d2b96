-- One row per value delivered for an item in a part of a wave: the code and label it means, or which kind of missing.
-- Key: survey, wave, part, item, value

with delivered_values as (
    select distinct
        survey,
        wave,
        part,
        item,
        value
    from staging.delivered_values
),

recoded_values as (
    select
        delivered.survey,
        delivered.wave,
        delivered.part,
        delivered.item,
        delivered.value,
        coalesce(recode.code, delivered.value) as code
    from delivered_values as delivered
    left join definitions.item_recodes as recode
        on delivered.survey = recode.survey
        and delivered.wave = recode.wave
        and coalesce(delivered.part, '') = recode.part
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
)

select
    recoded.survey,
    recoded.wave,
    recoded.part,
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
