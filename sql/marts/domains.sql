-- One row per survey, published domain and value: how the population is divided in estimates.
-- Key: survey, domain, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- domain: how the population is divided, such as age_group
-- domain_order: place among the domains
-- label: what it is called in reports
-- variable: profile variable it is made from
-- domain_value: part of the population
-- value_order: place among the values
-- low: lowest number in it, of a band; empty for none
-- high: highest number in it, of a band; empty for none
-- shown_as: what rows of members show in its place: itself, or the categories it is merged with; k_anonymity says why

select
    domain.survey,
    domain.domain,
    domain.domain_order,
    domain.label,
    domain.variable,
    domain_value.domain_value,
    domain_value.value_order,
    domain_value.low,
    domain_value.high,
    domain_value.domain_value as shown_as
from definitions.domains as domain
inner join definitions.domain_values as domain_value
    on domain.survey = domain_value.survey
    and domain.domain = domain_value.domain
where domain.is_published
order by domain.survey, domain.domain_order, domain_value.value_order
