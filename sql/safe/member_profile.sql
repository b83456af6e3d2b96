-- One row per panel member and published domain the member is in, coarsened so that no combination is that of few.
-- Key: survey, panel_member_id, domain
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- domain: how the population is divided, such as age_group
-- domain_value: part of the population the member is in, fixed where the survey's definition says; domains.shown_as tells
--   what is shown together, and not shown stands for a value that would make the member one of fewer than k

select
    shown.survey,
    shown.panel_member_id,
    shown.domain,
    shown.domain_value
from analysis.shown_profile as shown
inner join definitions.domains as domain
    on shown.survey = domain.survey
    and shown.domain = domain.domain
    and domain.is_published
order by shown.survey, shown.panel_member_id, domain.domain_order
