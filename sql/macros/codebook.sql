-- The items whose id, label, wording, topic or answers contain a text, in any language, with answers, headlines and waves.
-- search_text: any part of a word, in any case; an empty text finds every item
-- language: code of the language to tell them in, such as cy; what is not translated stays in the main language
create macro codebook(search_text := '', language := null) as table
with described as (
    select
        answer_options.survey,
        answer_options.item,
        list(
            answer_options.code || ' ' || coalesce(answer_options.labels[language], answer_options.label)
            order by answer_options.option_order
        ) filter (where answer_options.missing_kind is null) as answers,
        list(
            answer_options.code || ' ' || coalesce(answer_options.labels[language], answer_options.label)
            order by answer_options.option_order
        ) filter (where answer_options.missing_kind is not null) as missing_answers,
        string_agg(array_to_string(map_values(answer_options.labels), ' '), ' ')
            filter (where answer_options.missing_kind is null) as words,
        string_agg(distinct answer_options.headlines, ', ') as headlines
    from answer_options
    group by answer_options.survey, answer_options.item
)

select
    items.survey as survey,
    items.item as item,
    coalesce(items.labels[language], items.label) as label,
    coalesce(items.wordings[language], items.wording) as wording,
    items.kind as kind,
    described.answers as answers,
    described.missing_answers as missing_answers,
    described.headlines as headlines,
    items.waves as waves,
    items.is_published as is_published
from items
left join described
    on items.survey = described.survey
    and items.item = described.item
where contains(
    lower(
        concat_ws(
            ' ', items.item, array_to_string(map_values(items.labels), ' '),
            array_to_string(map_values(items.wordings), ' '), items.topic, described.words,
            array_to_string(described.answers, ' ')
        )
    ),
    lower(search_text)
)
order by items.survey, items.item_order
