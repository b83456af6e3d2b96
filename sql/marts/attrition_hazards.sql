-- One row per domain value and wave since joining: the hazard of leaving and the share still there (Kaplan-Meier).
-- Key: survey, domain, domain_value, time
-- survey: survey the row belongs to; its name under surveys/
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- time: waves since joining, 1 the first; the curve ends where a later return could still change it
-- n_at_risk: members still in the panel before this wave
-- n_exits: members who left at this wave: the first they missed for good
-- hazard: weighted share of those at risk who left
-- hazard_standard_error: standard error of hazard
-- hazard_ci_low: lower end of the confidence interval of hazard
-- hazard_ci_high: upper end of the confidence interval of hazard
-- survival: weighted share still in the panel after this wave
-- survival_standard_error: standard error of survival
-- survival_ci_low: lower end of the confidence interval of survival
-- survival_ci_high: upper end of the confidence interval of survival
-- degrees_of_freedom: PSUs minus strata with members at risk
-- unweighted_hazard: n_exits / n_at_risk
-- unweighted_survival: share still in the panel, without weights
-- unweighted_hazard_standard_error: standard error of unweighted_hazard
-- unweighted_hazard_ci_low: lower end of the confidence interval of unweighted_hazard
-- unweighted_hazard_ci_high: upper end of the confidence interval of unweighted_hazard
-- unweighted_survival_standard_error: standard error of unweighted_survival
-- unweighted_survival_ci_low: lower end of the confidence interval of unweighted_survival
-- unweighted_survival_ci_high: upper end of the confidence interval of unweighted_survival

select
    survey,
    domain,
    domain_value,
    time,
    n_at_risk,
    n_exits,
    hazard,
    hazard_standard_error,
    hazard_ci_low,
    hazard_ci_high,
    survival,
    survival_standard_error,
    survival_ci_low,
    survival_ci_high,
    degrees_of_freedom,
    unweighted_hazard,
    unweighted_survival,
    unweighted_hazard_standard_error,
    unweighted_hazard_ci_low,
    unweighted_hazard_ci_high,
    unweighted_survival_standard_error,
    unweighted_survival_ci_low,
    unweighted_survival_ci_high
from analysis.attrition_hazards
order by survey, domain, domain_value, time
