-- Every combination of key variables that the file for researchers shows is that of k members or more.

with combinations as (
    select
        member.survey,
        member.panel_member_id,
        list(coalesce(shown.domain_value, '') order by key_variable.key_order) as combination,
        bool_or(shown.domain_value is distinct from 'not shown') as shows_anything
    from core.members as member
    inner join definitions.key_variables as key_variable
        on member.survey = key_variable.survey
    left join analysis.shown_profile as shown
        on member.survey = shown.survey
        and member.panel_member_id = shown.panel_member_id
        and key_variable.domain = shown.domain
    group by member.survey, member.panel_member_id
)

select
    combinations.survey,
    combinations.combination,
    count(*) as n_members
from combinations
inner join definitions.surveys as declared
    on combinations.survey = declared.survey
where combinations.shows_anything
group by combinations.survey, combinations.combination, declared.smallest_combination
having count(*) < declared.smallest_combination
