-- One row per clock, weighting, domain value, time and cause: who left then, and how many have left by then.
-- Key: survey, clock, weighting, domain, domain_value, time, cause
-- survey: survey the row belongs to; its name under surveys/
-- clock: since_joining counts a member's waves since joining; wave is calendar time, into which members who join
--   later enter late (delayed entry)
-- weighting: weighted by the recruitment weight (who the panel was meant to stand for), or unweighted (operations)
-- domain: how the population is divided, such as age_group, fixed at recruitment; age_group_now follows members as
--   they grow older; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- time: waves since joining, or the place of the wave, from 1
-- cause: nonresponse is leaving the panel with death and moving away censored (1 - incidence is the Kaplan-Meier
--   curve); left, and each way of leaving the population, compete with each other, and all is their sum;
--   missed_latest is who has answered no wave since, where it is too early to say who left
-- wave: wave of the survey, where the clock is wave
-- n_at_risk: members who could have left at this time; those found out of the population then are among them, but not
--   for nonresponse
-- n_exits: members who left at this time of this cause, dated at the first wave missed for good
-- hazard: share of those at risk who left of this cause
-- hazard_standard_error: standard error of hazard
-- hazard_ci_low: lower end of the confidence interval of hazard
-- hazard_ci_high: upper end of the confidence interval of hazard
-- incidence: share who have left of this cause by this time (Aalen-Johansen); empty for missed_latest
-- incidence_standard_error: standard error of incidence
-- incidence_ci_low: lower end of the confidence interval of incidence
-- incidence_ci_high: upper end of the confidence interval of incidence
-- degrees_of_freedom: PSUs minus strata with members at risk
-- is_provisional: true where a later answer can still change it

select
    survey,
    clock,
    weighting,
    domain,
    domain_value,
    time,
    cause,
    wave,
    n_at_risk,
    n_exits,
    hazard,
    hazard_standard_error,
    hazard_ci_low,
    hazard_ci_high,
    incidence,
    incidence_standard_error,
    incidence_ci_low,
    incidence_ci_high,
    degrees_of_freedom,
    is_provisional
from analysis.attrition_curves
order by survey, clock, weighting, domain, domain_value, time, cause
