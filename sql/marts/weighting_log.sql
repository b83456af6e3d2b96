-- One row per weight, wave and step from base weight to final weight: what the step did.
-- Key: survey, weight_id, wave, step_order
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: weight made
-- wave: wave the weight was made for; the last one of its set
-- step_order: place of the step
-- step: what was done
-- n: members who hold a weight after the step
-- sum_before: sum of the weights before the step
-- sum_after: sum of the weights after it
-- min_ratio: smallest factor a weight was changed by
-- max_ratio: largest factor a weight was changed by
-- design_effect: Kish's design effect of the weights after the step
-- effective_n: n / design_effect
-- note: to what, and how exactly
-- n_before: members who held a weight before the step
-- design_effect_before: Kish's design effect of the weights before the step
-- share_capped: share of the weights, or of the factors of nonresponse, that a cap held back; empty where none is set

select
    survey,
    weight_id,
    wave,
    step_order,
    step,
    n,
    sum_before,
    sum_after,
    min_ratio,
    max_ratio,
    design_effect,
    effective_n,
    note,
    n_before,
    design_effect_before,
    share_capped
from analysis.weighting_log
order by survey, weight_id, wave, step_order
