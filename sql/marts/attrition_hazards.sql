-- One row per wave and domain value: the hazard of leaving the panel and the share still in it (Kaplan-Meier).
-- Key: survey, domain, domain_value, wave
-- survey: survey the row belongs to; its name under surveys/
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- wave: wave at which the members below left: the first they missed for good
-- n_at_risk: members still in the panel before this wave
-- n_exits: members who left at this wave
-- hazard: weighted share of those at risk who left
-- hazard_unweighted: n_exits / n_at_risk
-- survival: weighted share still in the panel after this wave
-- standard_error: standard error of survival
-- ci_low: lower end of the confidence interval of survival
-- ci_high: upper end of the confidence interval of survival
-- survival_unweighted: share still in the panel, without weights
-- cumulative_incidence: share gone by this wave for any reason, death and moving away included
-- is_provisional: true when a later return can still change the figure

select
    survey,
    domain,
    domain_value,
    wave,
    n_at_risk,
    n_exits,
    hazard,
    hazard_unweighted,
    survival,
    standard_error,
    ci_low,
    ci_high,
    survival_unweighted,
    cumulative_incidence,
    is_provisional
from analysis.attrition_hazards
order by survey, domain, domain_value, wave
