-- One row per panel member and published domain the member is in.
-- Key: survey, panel_member_id, domain
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- domain: how the population is divided, such as age_group
-- domain_value: part of the population the member is in, fixed where the survey's definition says

select
    member_domain.survey,
    member_domain.panel_member_id,
    member_domain.domain,
    member_domain.domain_value
from core.member_domains as member_domain
inner join definitions.domains as domain
    on member_domain.survey = domain.survey
    and member_domain.domain = domain.domain
    and domain.is_published
order by member_domain.survey, member_domain.panel_member_id, domain.domain_order
