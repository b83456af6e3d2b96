-- One row per survey, wave, weight, headline and declared domain: whether its groups differ, by one test of all of them.
-- Key: survey, wave, weight_id, item, statistic, category, domain
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the answers
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: item id; table items has its wording
-- statistic: headline (share of several categories added up)
-- category: headline name
-- domain: how the population is divided, such as age_group
-- variance_method: how the covariance of the groups' estimates was computed
-- inference: what the estimates rest on; see surveys
-- n_groups: groups compared: those in which somebody answered
-- lowest_group: group with the lowest estimate
-- lowest_estimate: its estimate, as in estimates
-- highest_group: group with the highest estimate
-- highest_estimate: its estimate, as in estimates
-- f: Wald's statistic over the groups' estimates with their covariance, as F
-- numerator_df: groups less one, or fewer where some do not vary on their own
-- denominator_df: degrees of freedom of the design, less those spent
-- p_value: p of the test that all groups are alike, uncorrected
-- p_value_corrected: p corrected within the family, over its headlines and domains in this wave; judge by this one
-- family: family of tests the correction was made in
-- verdict: differs between groups, no clear difference between groups; not tested, or too few to say
-- smallest_n: respondents of the smallest group
-- is_suppressed: true when disclosure control withholds a group, so that nothing is said of the others
-- is_provisional: true while the wave is in the field; no significance is claimed then

select
    survey,
    wave,
    weight_id,
    item,
    statistic,
    category,
    domain,
    variance_method,
    inference,
    n_groups,
    lowest_group,
    lowest_estimate,
    highest_group,
    highest_estimate,
    f,
    numerator_df,
    denominator_df,
    p_value,
    p_value_corrected,
    family,
    verdict,
    smallest_n,
    is_suppressed,
    is_provisional
from analysis.group_tests
order by survey, wave, weight_id, item, category, domain
