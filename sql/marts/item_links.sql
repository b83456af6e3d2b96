-- One row per item that follows an earlier one: whether their figures can be compared.
-- Key: survey, item_from, item_to
-- survey: survey the row belongs to; its name under surveys/
-- item_from: earlier item
-- item_to: item that follows it
-- comparability: identical, comparable_with_break or not_comparable
-- note: what differs
-- notes: the note by language, notes['cy'] for one; a language without it is not in the map

with told as (
    select
        link.survey,
        link.item_from || '>' || link.item_to as link,
        coalesce(string_split(survey.languages, ',')[1], 'en') as language,
        link.note
    from definitions.item_links as link
    left join definitions.surveys as survey
        on link.survey = survey.survey
    union all
    select
        survey,
        name as link,
        language,
        text as note
    from definitions.translations
    where kind = 'link_note'
),

by_language as (
    select
        survey,
        link,
        map_from_entries(list((language, note) order by language) filter (where note is not null)) as notes
    from told
    group by survey, link
)

select
    link.survey,
    link.item_from,
    link.item_to,
    link.comparability,
    link.note,
    by_language.notes
from definitions.item_links as link
left join by_language
    on link.survey = by_language.survey
    and by_language.link = link.item_from || '>' || link.item_to
order by link.survey, link.item_from, link.item_to
