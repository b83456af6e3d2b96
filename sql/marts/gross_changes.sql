-- One row per pair of waves, longitudinal weight, item, statistic, category, domain value and movement: how many of the same people moved which way.
-- Key: survey, wave_from, wave_to, weight_id, item, statistic, category, domain, domain_value, movement
-- survey: survey the row belongs to; its name under surveys/
-- wave_from: earlier wave
-- wave_to: later wave
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: item id; table items has its wording
-- item_from: item asked at the earlier wave, another one than item where the wording was replaced by an identical one
-- statistic: scale (place in the list of answers), number, or headline (gave one of its answers or not)
-- category: headline name for a headline, empty otherwise
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- movement: down, same or up (a later answer of the list, a larger number); of a headline never, lost, gained or kept
-- variance_method: how the standard error was computed
-- estimate: weighted share of those who answered both waves; gained minus lost is the within_person change of a headline
-- standard_error: standard error of the estimate, for the sampling design
-- ci_low: lower end of the confidence interval
-- ci_high: upper end of the confidence interval
-- degrees_of_freedom: PSUs minus strata with data in the domain; below 1 there is no interval
-- unweighted_n: members who answered both waves
-- is_suppressed: true when disclosure control withheld the figures
-- is_provisional: true while a wave is in the field

select
    survey,
    wave_from,
    wave_to,
    weight_id,
    item,
    item_from,
    statistic,
    category,
    domain,
    domain_value,
    movement,
    variance_method,
    estimate,
    standard_error,
    ci_low,
    ci_high,
    degrees_of_freedom,
    unweighted_n,
    is_suppressed,
    is_provisional
from analysis.gross_changes
order by survey, weight_id, wave_from, wave_to, item, statistic, category, domain, domain_value, movement
