-- One row per weight, question, statistic, category, domain value and wave: the estimate, and the trend line with its band.
-- Key: survey, weight_id, item, statistic, category, domain, domain_value, wave
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: newest item of the question; table items has its wording
-- statistic: headline, mean of a number, or share where the item has no headline
-- category: answer label for a share, headline name for a headline, empty for a mean
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- wave: wave of the survey
-- segment: stretch of waves without a break in the wording, from 1; a line never crosses from one to the next
-- item_asked: item asked at this wave
-- is_break: true at the first wave after a break: the wording changed, so what moved there is no change of opinion
-- estimate: weighted estimate of the wave; shares run from 0 to 1
-- standard_error: standard error of the estimate, for the sampling design, PSUs of all waves counted: in thin strata a little off that in estimates
-- smoothed: level at this wave given all final waves of the segment
-- smoothed_standard_error: standard error of the smoothed level
-- band_low: lower end of the band of the trend line
-- band_high: upper end of the band of the trend line
-- method: local_level: a level that drifts, seen with the waves' known sampling covariance; or too few final waves, no line
-- unweighted_n: respondents behind the estimate
-- is_suppressed: true when disclosure control withheld the figures
-- is_provisional: true while the wave is in the field; it is in no line then

select
    survey,
    weight_id,
    item,
    statistic,
    category,
    domain,
    domain_value,
    wave,
    segment,
    item_asked,
    is_break,
    estimate,
    standard_error,
    smoothed,
    smoothed_standard_error,
    band_low,
    band_high,
    method,
    unweighted_n,
    is_suppressed,
    is_provisional
from analysis.trends
order by survey, weight_id, item, statistic, domain, domain_value, category, segment, wave
