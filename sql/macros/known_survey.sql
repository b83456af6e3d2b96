-- The survey, or null for any; otherwise an error that names those there are.
-- the_survey: survey; null for any
create macro known_survey(the_survey) as
    case
        when the_survey is null then null
        else coalesce(
            (select any_value(surveys.survey) from surveys where surveys.survey = the_survey),
            error(
                'No survey ''' || the_survey || ''' is in this file. It has '
                || (select string_agg(surveys.survey, ', ' order by surveys.survey) from surveys) || '.'
            )
        )
    end
