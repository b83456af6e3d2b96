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
-- response_rate: the same as rr1: n_respondents / n_eligible of the members drawn by chance; empty where none was
-- response_rate_ci_low: lower end of its confidence interval
-- response_rate_ci_high: upper end of its confidence interval
-- cumulative_response_rate: the same as cumrr2; empty when the recruitment rate is not known
-- n_partial: members drawn by chance, as in all counts below, with an interview that does not count as complete (P of AAPOR)
-- n_refused: members in the population who said that they are out of the panel (R)
-- n_not_contacted: members known to be in the population who did not answer (NC)
-- n_other: members whose interview was set aside for another reason (O)
-- n_unknown: members of whom nobody knows whether they are in the population: silent for so many waves before this one
--   that they count as having left (UH and UO)
-- n_not_eligible: members known to be out of the population
-- eligibility_rate: e: share of members of known eligibility who are eligible
-- rr1: AAPOR response rate 1: complete / (everybody eligible or unknown); rr1 to rr6 are empty for participation
-- rr2: the same with partial interviews counted as answers
-- rr3: complete / (everybody eligible, and eligibility_rate of the unknown)
-- rr4: the same with partial interviews counted as answers
-- rr5: complete / (everybody known to be eligible)
-- rr6: the same with partial interviews counted as answers
-- recruitment_rate: share of those invited to join who joined; cohorts combined by the number invited to the wave
-- profile_rate: share of those who joined who gave a profile
-- retention_rate: members still in the panel, of those in the population; neither has those whom the wave passed over
-- cumrr1: recruitment rate times profile rate times completion rate
-- cumrr2: cumrr1 times retention rate, cohort by cohort
-- rate_kind: response, or participation where members were not drawn by chance and no response rate exists

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
    cumulative_response_rate,
    n_partial,
    n_refused,
    n_not_contacted,
    n_other,
    n_unknown,
    n_not_eligible,
    eligibility_rate,
    rr1,
    rr2,
    rr3,
    rr4,
    rr5,
    rr6,
    recruitment_rate,
    profile_rate,
    retention_rate,
    cumrr1,
    cumrr2,
    rate_kind
from analysis.response_rates
order by survey, wave, domain, domain_value
