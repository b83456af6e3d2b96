-- One row per survey, item and code: what a code means and which headlines it counts in.
-- Key: survey, item, code
-- survey: survey the row belongs to; its name under surveys/
-- item: item id, as in items
-- option_order: place in the scale
-- code: code of the answer
-- label: label of the answer, as in the columns category of estimates and label of answers
-- missing_kind: dont_know, refused, not_asked, skipped or not_distinguished; empty for a substantive answer
-- headlines: headlines the code is added up in, separated by commas

with counted as (
    select
        survey,
        item,
        code,
        string_agg(headline, ',' order by headline) as headlines
    from definitions.headlines
    group by survey, item, code
)

select
    option.survey,
    option.item,
    option.option_order,
    option.code,
    option.label,
    option.missing_kind,
    counted.headlines
from definitions.answer_options as option
inner join definitions.items as item
    on option.survey = item.survey
    and option.item = item.item
left join counted
    on option.survey = counted.survey
    and option.item = counted.item
    and option.code = counted.code
order by option.survey, item.item_order, option.option_order
