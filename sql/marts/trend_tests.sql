-- One row per weight, question, statistic, category, domain value, segment and test: what the waves together say of change.
-- Key: survey, weight_id, item, statistic, category, domain, domain_value, segment, test
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: newest item of the question; table items has its wording
-- statistic: headline, mean, share, or scale (all answers in their order)
-- category: answer label for a share, headline name for a headline, empty otherwise
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- segment: stretch of waves without a break in the wording, as in trends
-- test: no_change: all waves alike; linear: the slope of a line, by generalised least squares with the waves' full covariance; linear_fit: the line fits but for sampling error; contrast: one declared in advance; ordinal: proportional odds; parallel_lines: what ordinal supposes; gee: logit, working independence
-- first_wave: first wave looked at
-- last_wave: last wave looked at, final ones only
-- n_waves: waves looked at
-- estimate: slope, difference or log odds; empty for a test of several things at once
-- unit: of the estimate: per year or per wave, difference, or log odds per year or wave
-- standard_error: design-based standard error of the estimate, members shared by waves taken into account
-- ci_low: lower end of the confidence interval
-- ci_high: upper end of the confidence interval
-- f: Wald F of a test of several things at once
-- numerator_df: degrees of freedom of F, above
-- denominator_df: degrees of freedom of F, below, or of t
-- p_value: p of the test, uncorrected
-- p_value_corrected: p corrected within the family and kind of test; judge by this one
-- family: family of tests the correction was made in; empty for checks of a model
-- verdict: rose, fell, moved or no clear change; not tested; of a check whether the model will do
-- note: what the author of a contrast says of it
-- unweighted_n: fewest respondents at any of the waves
-- is_suppressed: true when disclosure control withheld the figures
-- mode_shift: largest share of respondents, between any two of the waves compared, who would have to be interviewed in
--   another mode (web, telephone, …) for both to have the same mix
-- may_be_mode_effect: true where that shift alone could make what the test finds, by the survey's mode_guard: every
--   model of single answers and mean under such a shift, and a difference or slope of a share of up to what it can do

select
    survey,
    weight_id,
    item,
    statistic,
    category,
    domain,
    domain_value,
    segment,
    test,
    first_wave,
    last_wave,
    n_waves,
    estimate,
    unit,
    standard_error,
    ci_low,
    ci_high,
    f,
    numerator_df,
    denominator_df,
    p_value,
    p_value_corrected,
    family,
    verdict,
    note,
    unweighted_n,
    is_suppressed,
    mode_shift,
    may_be_mode_effect
from analysis.trend_tests
order by survey, weight_id, item, statistic, domain, domain_value, category, segment, test
