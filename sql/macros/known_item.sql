-- The item id, if the file has answers to that item; otherwise an error that names close matches.
-- the_item: item id
-- the_survey: survey it must belong to; null for any
create macro known_item(the_item, the_survey) as
    coalesce(
        (
            select any_value(items.item)
            from items
            where items.item = the_item
                and items.is_published
                and (the_survey is null or items.survey = the_survey)
        ),
        error(
            'No item ''' || coalesce(the_item, 'null') || ''' has answers in this file. Close matches: '
            || close_matches(
                coalesce(the_item, ''),
                (
                    select list(distinct items.item)
                    from items
                    where items.is_published and (the_survey is null or items.survey = the_survey)
                )
            )
            || '. from codebook(''word'') searches the wordings.'
        )
    )
