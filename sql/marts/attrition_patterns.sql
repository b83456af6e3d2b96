-- One row per weighting, domain value and pattern: the share of members who stay, come and go, return or leave.
-- Key: survey, weighting, domain, domain_value, pattern
-- survey: survey the row belongs to; its name under surveys/
-- weighting: weighted by the recruitment weight (who the panel was meant to stand for), or unweighted (operations)
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- pattern: stayer, lurker, returner or leaver, as table member_patterns defines them
-- n_members: members of the domain value with a pattern
-- n_of_pattern: those of them with this one
-- share: share of members with this pattern
-- standard_error: standard error of share
-- ci_low: lower end of the confidence interval of share
-- ci_high: upper end of the confidence interval of share
-- degrees_of_freedom: PSUs minus strata with members of the domain value

select
    survey,
    weighting,
    domain,
    domain_value,
    pattern,
    n_members,
    n_of_pattern,
    share,
    standard_error,
    ci_low,
    ci_high,
    degrees_of_freedom
from analysis.attrition_patterns
order by survey, weighting, domain, domain_value, pattern
