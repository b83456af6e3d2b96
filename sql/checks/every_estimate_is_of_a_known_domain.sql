-- Every estimate is for everyone or for a declared value of a published domain.

select
    estimate.survey,
    estimate.domain,
    estimate.domain_value
from analysis.estimates as estimate
left join definitions.domains as domain
    on estimate.survey = domain.survey
    and estimate.domain = domain.domain
    and domain.is_published
left join definitions.domain_values as domain_value
    on domain.survey = domain_value.survey
    and domain.domain = domain_value.domain
    and estimate.domain_value = domain_value.domain_value
where domain_value.domain_value is null
    and not (estimate.domain = 'all' and estimate.domain_value = 'all')
