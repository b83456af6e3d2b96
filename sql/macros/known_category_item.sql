-- The item id, if it is an item with answer categories; otherwise an error that says what to do.
-- the_item: item id
-- the_survey: survey it must belong to; null for any
create macro known_category_item(the_item, the_survey) as
    coalesce(
        (
            select any_value(items.item)
            from items
            where items.item = known_item(the_item, the_survey)
                and items.kind = 'category'
                and (the_survey is null or items.survey = the_survey)
        ),
        error('Item ''' || the_item || ''' asks for a number and has no shares. Use mean_score(''' || the_item || ''').')
    )
