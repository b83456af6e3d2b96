-- One row per pair of waves, weight, item and pair of answers: who moved from which answer to which.
-- Key: survey, wave_from, wave_to, weight_id, item, category_from, category_to
-- survey: survey the row belongs to; its name under surveys/
-- wave_from: earlier wave
-- wave_to: later wave
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: item id; table items has its wording
-- category_from: answer at the earlier wave
-- category_to: answer at the later wave
-- unweighted_n: members who gave the two answers
-- weighted_count: sum of their weights
-- joint_share: their share among all who answered both
-- row_share: their share among those with the earlier answer
-- standard_error: standard error of row_share
-- joint_share_standard_error: standard error of joint_share

select
    survey,
    wave_from,
    wave_to,
    weight_id,
    item,
    category_from,
    category_to,
    unweighted_n,
    weighted_count,
    joint_share,
    row_share,
    standard_error,
    joint_share_standard_error
from analysis.transitions
order by survey, weight_id, item, wave_from, wave_to, category_from, category_to
