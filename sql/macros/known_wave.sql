-- The wave, or null for any; otherwise an error that names those that have weights.
-- the_wave: wave; null for any
-- the_survey: survey it must belong to; null for any
create macro known_wave(the_wave, the_survey) as
    case
        when the_wave is null then null
        else coalesce(
            (
                select any_value(weight_waves.wave)
                from weight_waves
                where weight_waves.wave = the_wave and (the_survey is null or weight_waves.survey = the_survey)
            ),
            error(
                'No wave ''' || the_wave || ''' has weights in this file. Waves with weights: '
                || coalesce(
                    (
                        select string_agg(distinct weight_waves.wave, ', ' order by weight_waves.wave)
                        from weight_waves
                        where the_survey is null or weight_waves.survey = the_survey
                    ),
                    'none'
                ) || '.'
            )
        )
    end
