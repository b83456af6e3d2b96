-- One row per wave and domain value: who was invited, who answered, and the rates.
-- Key: survey, wave, domain, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- n_invited: members invited
-- n_eligible: members still in the population, whether or not they had left the panel
-- n_respondents: members with a complete interview
-- completion_rate: n_respondents / n_invited
-- completion_rate_ci_low: lower end of its confidence interval
-- completion_rate_ci_high: upper end of its confidence interval
-- response_rate: n_respondents / n_eligible
-- response_rate_ci_low: lower end of its confidence interval
-- response_rate_ci_high: upper end of its confidence interval
-- cumulative_response_rate: recruitment rate times retention times completion; empty when the recruitment rate is not known

select
    survey,
    wave,
    domain,
    domain_value,
    n_invited,
    n_eligible,
    n_respondents,
    completion_rate,
    completion_rate_ci_low,
    completion_rate_ci_high,
    response_rate,
    response_rate_ci_low,
    response_rate_ci_high,
    cumulative_response_rate
from analysis.response_rates
order by survey, wave, domain, domain_value
