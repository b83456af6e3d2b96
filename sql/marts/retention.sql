-- One row per wave and domain value: how many of the first wave's respondents answered.
-- Key: survey, wave, domain, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- n_first_wave: respondents of the first wave, but those whom this wave did not invite though they were in the panel
-- n_eligible: those of them still in the population at this wave
-- n_respondents: those of them who answered this wave
-- retention_raw: n_respondents / n_first_wave
-- retention_raw_ci_low: lower end of its confidence interval
-- retention_raw_ci_high: upper end of its confidence interval
-- retention_eligible: n_respondents / n_eligible; death or leaving the population is no attrition
-- retention_eligible_ci_low: lower end of its confidence interval
-- retention_eligible_ci_high: upper end of its confidence interval
-- retention_weighted: retention_raw weighted by the first wave's weight
-- retention_weighted_ci_low: lower end of its confidence interval
-- retention_weighted_ci_high: upper end of its confidence interval
-- retention_raw_standard_error: standard error of retention_raw
-- retention_eligible_standard_error: standard error of retention_eligible
-- retention_weighted_standard_error: standard error of retention_weighted
-- degrees_of_freedom: PSUs minus strata with first-wave respondents in the domain

select
    survey,
    wave,
    domain,
    domain_value,
    n_first_wave,
    n_eligible,
    n_respondents,
    retention_raw,
    retention_raw_ci_low,
    retention_raw_ci_high,
    retention_eligible,
    retention_eligible_ci_low,
    retention_eligible_ci_high,
    retention_weighted,
    retention_weighted_ci_low,
    retention_weighted_ci_high,
    retention_raw_standard_error,
    retention_eligible_standard_error,
    retention_weighted_standard_error,
    degrees_of_freedom
from analysis.retention
order by survey, wave, domain, domain_value
