-- Every profile value that is known falls in a value of each domain made of it.

select
    profile.survey,
    profile.panel_member_id,
    domain.domain
from core.profile as profile
inner join definitions.domains as domain
    on profile.survey = domain.survey
    and profile.variable = domain.variable
left join core.member_domains as member_domain
    on profile.survey = member_domain.survey
    and profile.panel_member_id = member_domain.panel_member_id
    and domain.domain = member_domain.domain
where member_domain.domain_value is null
