-- One row per panel member: when and how the member came, and the banded profile.
-- Key: survey, panel_member_id
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- cohort: recruitment the member came with
-- route: how the member was recruited
-- joined_on: day the member joined
-- status: active, left, or as the member list says; empty when it says nothing of leaving
-- profile: published domains the member is in, such as {age_group: 30-39}; the same as rows in member_profile
-- is_probability_member: false for members recruited by other means than a random sample, whom estimates leave out
--   unless their weight says pseudo_weighted

with profiles as (
    select
        member_domain.survey,
        member_domain.panel_member_id,
        map_from_entries(
            list((member_domain.domain, member_domain.domain_value) order by domain.domain_order)
        ) as profile
    from core.member_domains as member_domain
    inner join definitions.domains as domain
        on member_domain.survey = domain.survey
        and member_domain.domain = domain.domain
        and domain.is_published
    group by member_domain.survey, member_domain.panel_member_id
)

select
    member.survey,
    member.panel_member_id,
    member.cohort,
    member.route,
    member.joined_on,
    member.status,
    profiles.profile,
    member.is_probability_member
from core.members as member
left join profiles
    on member.survey = profiles.survey
    and member.panel_member_id = profiles.panel_member_id
order by member.survey, member.panel_member_id
