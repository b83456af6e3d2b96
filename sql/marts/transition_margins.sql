-- One row per table of transitions, wave of its pair and answer: the table's margin beside the published topline.
-- Key: survey, wave_from, wave_to, weight_id, item, wave, category
-- survey: survey the row belongs to; its name under surveys/
-- wave_from: earlier wave of the table of transitions
-- wave_to: later wave of the table of transitions
-- weight_id: longitudinal weight of the table
-- item: item id; table items has its wording
-- wave: the wave whose margin this is, wave_from or wave_to
-- category: answer
-- margin_share: share of the answer at that wave among those in the table of transitions
-- topline_weight_id: weight of the published topline
-- topline_share: share of the answer in the published topline, of everyone at that wave
-- discrepancy: margin_share minus topline_share; a table speaks of those who were there, and answered, at both waves
-- standard_error: standard error of the discrepancy, covariance of the shared members included
-- ci_low: lower end of the confidence interval
-- ci_high: upper end of the confidence interval
-- p_value: p of the test that there is no discrepancy, uncorrected
-- overlap_n: members behind both figures
-- unweighted_n: members in the table of transitions
-- topline_n: respondents behind the topline
-- is_suppressed: true when disclosure control withheld the figures

select
    survey,
    wave_from,
    wave_to,
    weight_id,
    item,
    wave,
    category,
    margin_share,
    topline_weight_id,
    topline_share,
    discrepancy,
    standard_error,
    ci_low,
    ci_high,
    p_value,
    overlap_n,
    unweighted_n,
    topline_n,
    is_suppressed
from analysis.transition_margins
order by survey, weight_id, wave_from, wave_to, item, wave, category
