-- The weight, or null for the one to take of itself; otherwise an error that names those there are.
-- the_weight: weight_id; null for the default of each wave
-- the_survey: survey it must belong to; null for any
create macro known_weight(the_weight, the_survey) as
    case
        when the_weight is null then null
        else coalesce(
            (
                select any_value(weight_waves.weight_id)
                from weight_waves
                where weight_waves.weight_id = the_weight
                    and (the_survey is null or weight_waves.survey = the_survey)
            ),
            error(
                'Nobody holds a weight ''' || the_weight || '''. Weights: '
                || coalesce(
                    (
                        select string_agg(distinct weight_waves.weight_id, ', ' order by weight_waves.weight_id)
                        from weight_waves
                        where the_survey is null or weight_waves.survey = the_survey
                    ),
                    'none'
                )
                || '. from which_weight() says when to use each.'
            )
        )
    end
