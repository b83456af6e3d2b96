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
-- is_published: true when its answers are in this file

with asked as (
    select
        item_column.survey,
        item_column.item,
        string_agg(item_column.wave, '+' order by wave.wave_number) as waves
    from (select distinct survey, wave, item from definitions.item_columns) as item_column
    inner join definitions.waves as wave
        on item_column.survey = wave.survey
        and item_column.wave = wave.wave
    group by item_column.survey, item_column.item
)

select
    item.survey,
    item.item,
    item.item_order,
    item.kind,
    item.label,
    item.wording,
    item.scale,
    item.topic,
    item.research_questions,
    item.feature,
    asked.waves,
    item.is_published and item.kind <> 'text' as is_published
from definitions.items as item
left join asked
    on item.survey = asked.survey
    and item.item = asked.item
order by item.survey, item.item_order
