-- One row per weight, wave, contrast, item, statistic and category: do members answer otherwise for having been in the panel?
-- Key: survey, weight_id, wave, contrast, item, statistic, category
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: which weight; each group is weighted to the population by its recipe alone
-- wave: wave of the comparison; of tenure the last wave pooled
-- contrast: newcomers: members in their first wave less experienced ones; tenure: per doubling of 1 + waves since joining, wave and profile held fixed, pooled over waves
-- item: item id; table items has its wording; empty for carefulness
-- statistic: share (of a category), mean (of a number), headline, dont_know (share of don't know among those asked who said it or answered), or carefulness (mean of a measure of how people answered)
-- category: answer label for a share, headline name for a headline, empty for a mean; of carefulness: time (of the interview over the median of its mode and questions, log to base 2, held within a quarter and four times), speeding (1 where that is under the declared ratio), straightlining (share of grids), nondifferentiation (0 to 1), item_nonresponse (share of the items asked)
-- estimate_experienced: weighted estimate of experienced members; empty for tenure
-- estimate_newcomers: weighted estimate of newcomers; empty for tenure
-- difference: estimate_newcomers minus estimate_experienced; of tenure the difference per doubling
-- standard_error: design-based standard error of the difference
-- ci_low: lower end of the confidence interval
-- ci_high: upper end of the confidence interval
-- degrees_of_freedom: PSUs minus strata with data
-- p_value: p of the test that there is no difference, uncorrected
-- p_value_corrected: p corrected (Benjamini-Hochberg) over all headlines, means and don't knows of the wave and contrast, over the measures of carefulness by themselves; judge by this one
-- verdict: newcomers higher or lower, rises or falls with time, no clear difference; not tested for single answers; not adjusted for attrition: the weight has no nonresponse step, so that the difference may be that of those who left
-- n_experienced: experienced respondents; of tenure the answers pooled
-- n_newcomers: newcomers among the respondents; empty for tenure
-- is_suppressed: true when disclosure control withheld the figures

select
    survey,
    weight_id,
    wave,
    contrast,
    nullif(item, '') as item,
    statistic,
    category,
    estimate_experienced,
    estimate_newcomers,
    difference,
    standard_error,
    ci_low,
    ci_high,
    degrees_of_freedom,
    p_value,
    p_value_corrected,
    verdict,
    n_experienced,
    n_newcomers,
    is_suppressed
from analysis.conditioning
order by survey, weight_id, wave, contrast, item, statistic, category
