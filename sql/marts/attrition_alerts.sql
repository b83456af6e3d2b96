-- One row per domain value and measure: whether a group leaves or answers otherwise than the rest, or has become small.
-- Key: survey, domain, domain_value, measure
-- survey: survey the row belongs to; its name under surveys/
-- wave: newest wave that the alert knows of; waves in the field are left out
-- domain: how the population is divided, such as age_group, fixed at recruitment
-- domain_value: the group
-- measure: survival is the share still in the panel at the last time that can be known, response the share of those in
--   the panel who answered the newest wave, active the number of active members
-- estimate: the measure in the group, weighted by the recruitment weight; active is a number of members
-- rest: the measure among everybody else whose value of the domain is known
-- difference: estimate minus rest
-- standard_error: standard error of difference
-- ci_low: lower end of the confidence interval of difference
-- ci_high: upper end of the confidence interval of difference
-- p_value: p of the single test that the difference is 0
-- p_value_corrected: the same, corrected by Holm for all tests of the survey
-- n_tests: number of tests corrected together
-- n_members: members of the group
-- n_active: active members of the group: in the panel and the population, not taken to have left
-- is_alert: true when the corrected p is below 0.05, or the group has fewer than 50 active members
-- message: the alert in words; empty when there is none

select
    survey,
    wave,
    domain,
    domain_value,
    measure,
    estimate,
    rest,
    difference,
    standard_error,
    ci_low,
    ci_high,
    p_value,
    p_value_corrected,
    n_tests,
    n_members,
    n_active,
    is_alert,
    message
from analysis.attrition_alerts
order by survey, domain, domain_value, measure
