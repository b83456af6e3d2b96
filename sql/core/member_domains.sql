-- One row per member and domain the member can be placed in; a member with a blank profile value is in none.
-- Key: survey, panel_member_id, domain

with placed as (
    select
        profile.survey,
        profile.panel_member_id,
        domain.domain,
        domain_value.domain_value,
        domain_value.value_order
    from core.profile as profile
    inner join definitions.domains as domain
        on profile.survey = domain.survey
        and profile.variable = domain.variable
    inner join definitions.domain_values as domain_value
        on domain.survey = domain_value.survey
        and domain.domain = domain_value.domain
        and case
            when domain.is_banded
                then try_cast(profile.value as double)
                    between coalesce(domain_value.low, '-infinity'::double)
                    and coalesce(domain_value.high, 'infinity'::double)
            else profile.value = domain_value.domain_value
        end
)

select
    survey,
    panel_member_id,
    domain,
    any_value(domain_value order by value_order) as domain_value
from placed
group by survey, panel_member_id, domain
order by survey, panel_member_id, domain
