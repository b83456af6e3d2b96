-- One row per measure of how carefully a respondent of a wave answered, flagged or not.
-- Key: survey, wave, panel_member_id, measure
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- panel_member_id: pseudonym of the panel member
-- measure: speeding, straightlining, nondifferentiation or item_nonresponse
-- value: time over the median of the same route and mode; share of grids answered in a straight line; 1 minus the mean
--   root of the differences on grids; share of the items asked that have no answer. From which value on one is flagged,
--   and who is, stands in response_quality

select
    survey,
    wave,
    panel_member_id,
    measure,
    value
from analysis.response_measures
order by survey, wave, panel_member_id, measure
