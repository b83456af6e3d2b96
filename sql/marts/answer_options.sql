-- One row per survey, item and code: what a code means and which headlines it counts in.
-- Key: survey, item, code
-- survey: survey the row belongs to; its name under surveys/
-- item: item id, as in items
-- option_order: place in the scale
-- code: code of the answer
-- label: label of the answer, as in the columns category of estimates and label of answers
-- missing_kind: dont_know, refused, not_asked, skipped or not_distinguished; empty for a substantive answer
-- headlines: headlines the code is added up in, separated by commas
-- labels: the label by language, labels['cy'] for one; a language without it is not in the map
-- side: low, middle or high, of a scale with two sides, as charts draw them; empty for any other

with counted as (
    select
        survey,
        item,
        code,
        string_agg(headline, ',' order by headline) as headlines
    from definitions.headlines
    group by survey, item, code
),

told as (
    select
        option.survey,
        option.item,
        option.code,
        coalesce(string_split(survey.languages, ',')[1], 'en') as language,
        option.label
    from definitions.answer_options as option
    left join definitions.surveys as survey
        on option.survey = survey.survey
    union all
    select
        survey,
        name as item,
        code,
        language,
        text as label
    from definitions.translations
    where kind = 'answer'
),

by_language as (
    select
        survey,
        item,
        code,
        map_from_entries(list((language, label) order by language) filter (where label is not null)) as labels
    from told
    group by survey, item, code
)

select
    option.survey,
    option.item,
    option.option_order,
    option.code,
    option.label,
    option.missing_kind,
    counted.headlines,
    by_language.labels,
    option.side
from definitions.answer_options as option
inner join definitions.items as asked
    on option.survey = asked.survey
    and option.item = asked.item
left join counted
    on option.survey = counted.survey
    and option.item = counted.item
    and option.code = counted.code
left join by_language
    on option.survey = by_language.survey
    and option.item = by_language.item
    and option.code = by_language.code
order by option.survey, asked.item_order, option.option_order
