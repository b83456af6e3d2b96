-- One row per panel member: when and how the member came, and the banded profile.
-- Key: survey, panel_member_id
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- cohort: recruitment the member came with
-- route: how the member was recruited
-- joined_on: day the member joined; where profiles are coarsened, the first of that month
-- status: active, left, or as the member list says; empty when it says nothing of leaving
-- profile: published domains the member is in, such as {age_group: 30-39}; the same as rows in member_profile
-- is_probability_member: false for members recruited by other means than a random sample, whom estimates leave out
--   unless their weight says pseudo_weighted

with profiles as (
    select
        shown.survey,
        shown.panel_member_id,
        map_from_entries(list((shown.domain, shown.domain_value) order by domain.domain_order)) as profile
    from safe.member_profile as shown
    inner join definitions.domains as domain
        on shown.survey = domain.survey
        and shown.domain = domain.domain
    group by shown.survey, shown.panel_member_id
)

select
    member.survey,
    member.panel_member_id,
    member.cohort,
    member.route,
    if(declared.smallest_combination is null, member.joined_on, cast(date_trunc('month', member.joined_on) as date))
        as joined_on,
    member.status,
    profiles.profile,
    member.is_probability_member
from marts.panel_members as member
inner join definitions.surveys as declared
    on member.survey = declared.survey
left join profiles
    on member.survey = profiles.survey
    and member.panel_member_id = profiles.panel_member_id
order by member.survey, member.panel_member_id
