-- One row per weight, wave and margin category: the total aimed at, and the weighted sum before and after.
-- Key: survey, weight_id, wave, margin, category
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: weight made
-- wave: wave the weight was made for; the last one of its set
-- margin: variable calibrated to
-- category: its category
-- target: total aimed at: of the population, or of the starting sample
-- before: weighted sum before calibration
-- after: weighted sum after calibration
-- unweighted_n: members in the category

select
    survey,
    weight_id,
    wave,
    margin,
    category,
    target,
    before,
    after,
    unweighted_n
from analysis.weighting_margins
order by survey, weight_id, wave, margin, category
