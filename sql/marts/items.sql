-- One row per survey and item: the codebook. An item id means the same wording and scale for ever.
-- Key: survey, item
-- survey: survey the row belongs to; its name under surveys/
-- item: item id, as in answers and estimates
-- item_order: place in the codebook
-- kind: category, number or text (open answers are stored and not published)
-- label: short label
-- wording: question as asked
-- scale: answer scale; items with the same scale have the same answer options
-- topic: what the item is about
-- research_questions: research questions the item serves, separated by commas
-- feature: feature of public benefit the item measures
-- waves: waves the item was asked in, joined by +
-- places: place of the question in each wave's questionnaire as its definition orders them, places['w03'] for one
-- is_published: true when its answers are in this file
-- labels: the short label by language, labels['cy'] for one; a language without it is not in the map
-- wordings: the wording by language, likewise

with asked as (
    select
        item_column.survey,
        item_column.item,
        string_agg(item_column.wave, '+' order by wave.wave_number) as waves,
        map_from_entries(
            list((item_column.wave, item_column.place) order by wave.wave_number)
        ) as places
    from (
        select
            survey,
            wave,
            item,
            min(place) as place
        from definitions.item_columns
        group by survey, wave, item
    ) as item_column
    inner join definitions.waves as wave
        on item_column.survey = wave.survey
        and item_column.wave = wave.wave
    group by item_column.survey, item_column.item
),

told as (
    select
        item.survey,
        item.item,
        coalesce(string_split(survey.languages, ',')[1], 'en') as language,
        item.label,
        item.wording
    from definitions.items as item
    left join definitions.surveys as survey
        on item.survey = survey.survey
    union all
    select
        survey,
        name as item,
        language,
        max(text) filter (where kind = 'label') as label,
        max(text) filter (where kind = 'wording') as wording
    from definitions.translations
    where kind in ('label', 'wording')
    group by survey, name, language
),

by_language as (
    select
        survey,
        item,
        map_from_entries(list((language, label) order by language) filter (where label is not null)) as labels,
        map_from_entries(list((language, wording) order by language) filter (where wording is not null)) as wordings
    from told
    group by survey, item
)

select
    question.survey,
    question.item,
    question.item_order,
    question.kind,
    question.label,
    question.wording,
    question.scale,
    question.topic,
    question.research_questions,
    question.feature,
    asked.waves,
    asked.places,
    question.is_published and question.kind <> 'text' as is_published,
    by_language.labels,
    by_language.wordings
from definitions.items as question
left join asked
    on question.survey = asked.survey
    and question.item = asked.item
left join by_language
    on question.survey = by_language.survey
    and question.item = by_language.item
order by question.survey, question.item_order
