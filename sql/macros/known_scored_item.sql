-- The item id, if its answers are numbers or have numbers for codes; otherwise an error that says what to do.
-- the_item: item id
-- the_survey: survey it must belong to; null for any
create macro known_scored_item(the_item, the_survey) as
    case
        when (
                select count(*)
                from answer_options
                where answer_options.item = known_item(the_item, the_survey)
                    and answer_options.missing_kind is null
                    and try_cast(answer_options.code as double) is null
            ) = 0
            then the_item
        else error(
            'Item ''' || the_item || ''' has codes that are no numbers, so no mean. Use share(''' || the_item || ''').'
        )
    end
