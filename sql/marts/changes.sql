-- One row per pair of waves, kind of change, weight, item, statistic, category and domain value: the change with its standard error and test.
-- Key: survey, wave_from, wave_to, kind, weight_id, item, statistic, category, domain, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- wave_from: earlier wave
-- wave_to: later wave
-- kind: net (difference of two waves' estimates) or within_person (mean change of the same people, among those who answered both)
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: item id; table items has its wording
-- statistic: share (of a category), mean (of a number) or headline (share of several categories added up)
-- category: answer label for a share, headline name for a headline, empty for a mean
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- variance_method: how the standard error was computed
-- estimate_from: estimate at the earlier wave
-- estimate_to: estimate at the later wave
-- change: estimate_to minus estimate_from
-- standard_error: standard error of the change, covariance of the overlapping members included
-- ci_low: lower end of the confidence interval
-- ci_high: upper end of the confidence interval
-- p_value: p of the test that nothing changed, uncorrected
-- p_value_corrected: p corrected within the family of tests; judge by this one
-- overlap_n: members who answered at both waves
-- correlation: correlation of the two estimates
-- verdict: the corrected test in words: rose, fell, steady (a change of the family's margin is ruled out) or no clear
--   change; not tested, break in the series, or too few to say
-- is_suppressed: true when disclosure control withheld the figures
-- family: family of tests the correction was made in
-- is_provisional: true while the wave is in the field; no significance is claimed then
-- unweighted_n_from: respondents behind estimate_from
-- unweighted_n_to: respondents behind estimate_to
-- item_from: item asked at the earlier wave, another one than item where the wording was replaced
-- comparability: identical, or comparable_with_break: the wording changed, so the difference is no test of change
-- mode_shift: share of respondents who would have to be interviewed in another mode (web, telephone, …) for both waves
--   to have the same mix
-- may_be_mode_effect: true where that shift alone could explain the change, by the survey's mode_guard
-- equivalence_margin: change from which on it is no longer steady, as its family declares; empty where not tested for it
-- p_equivalence: p of the two one-sided tests that the change is at least that large, uncorrected
-- p_equivalence_corrected: p corrected within the family; steady needs it below the family's level

-- Made by wave_to of analysis.changes.

select
    survey,
    wave_from,
    wave_to,
    kind,
    weight_id,
    item,
    statistic,
    category,
    domain,
    domain_value,
    variance_method,
    estimate_from,
    estimate_to,
    change,
    standard_error,
    ci_low,
    ci_high,
    p_value,
    p_value_corrected,
    overlap_n,
    correlation,
    verdict,
    is_suppressed,
    family,
    is_provisional,
    unweighted_n_from,
    unweighted_n_to,
    item_from,
    comparability,
    mode_shift,
    may_be_mode_effect,
    equivalence_margin,
    p_equivalence,
    p_equivalence_corrected
from analysis.changes
order by survey, kind, weight_id, wave_from, wave_to, item, statistic, domain, domain_value, category
