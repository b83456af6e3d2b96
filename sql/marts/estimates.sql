-- One row per survey, wave, weight, item, statistic, category and domain value: the estimate with its standard error.
-- Key: survey, wave, weight_id, item, statistic, category, domain, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: item id; table items has its wording
-- statistic: share (of a category), mean (of a number) or headline (share of several categories added up)
-- category: answer label for a share, headline name for a headline, empty for a mean
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- variance_method: how the standard error was computed
-- inference: what the estimate rests on: probability, calibrated_legacy, pseudo_weighted, model or not_representative
-- estimate: weighted estimate; shares run from 0 to 1
-- standard_error: standard error of the estimate, for the sampling design
-- ci_low: lower end of the confidence interval
-- ci_high: upper end of the confidence interval
-- degrees_of_freedom: PSUs minus strata with data in the domain; below 1 there is no interval
-- unweighted_n: respondents behind the estimate
-- sum_of_weights: sum of their weights
-- design_effect: variance over that of a simple random sample of the same size
-- effective_n: unweighted_n / design_effect
-- unweighted_estimate: the same figure without weights
-- is_suppressed: true when disclosure control withheld the figures
-- is_provisional: true while the wave is in the field; no significance is claimed then

-- Made by wave of analysis.estimates.

select
    survey,
    wave,
    weight_id,
    item,
    statistic,
    category,
    domain,
    domain_value,
    variance_method,
    inference,
    estimate,
    standard_error,
    ci_low,
    ci_high,
    degrees_of_freedom,
    unweighted_n,
    sum_of_weights,
    design_effect,
    effective_n,
    unweighted_estimate,
    is_suppressed,
    is_provisional
from analysis.estimates
order by survey, weight_id, wave, item, statistic, domain, domain_value, category
