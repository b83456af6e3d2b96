-- The domain, if the file divides the population by it; otherwise an error that names close matches.
-- the_domain: domain, or all for everyone
-- the_survey: survey it must belong to; null for any
create macro known_domain(the_domain, the_survey) as
    coalesce(
        (
            select any_value(known.domain)
            from (
                select domains.survey, domains.domain
                from domains
                union all
                select null as survey, 'all' as domain
            ) as known
            where known.domain = the_domain
                and (the_survey is null or known.survey is null or known.survey = the_survey)
        ),
        error(
            'No estimates are made by ''' || coalesce(the_domain, 'null') || '''. Close matches: '
            || close_matches(
                coalesce(the_domain, ''),
                (
                    select list_append(list(distinct domains.domain), 'all')
                    from domains
                    where the_survey is null or domains.survey = the_survey
                )
            )
            || '. An item goes into crosstab(item, by_item, wave).'
        )
    )
