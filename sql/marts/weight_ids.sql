-- One row per declared weight: which to use when.
-- Key: survey, weight_id
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: name of the weight
-- kind: cross_sectional (one wave's population) or longitudinal (members who answered every wave of the set)
-- wave_set: waves the weight is for, joined by +; empty when there is one for each wave
-- starting_wave: wave whose respondents the weight starts from; empty for none
-- use_when: when this is the right weight, in the words of the survey's author
-- supplied: column of the member list that a producer's weight comes from; empty for our own
-- inference: what estimates with it rest on: probability, calibrated_legacy, pseudo_weighted, model or
--   not_representative
-- weight_order: place among the weights as declared; of several that fit, macros take the first

select
    survey,
    weight_id,
    kind,
    wave_set,
    starting_wave,
    use_when,
    supplied,
    inference,
    weight_order
from definitions.weight_ids
order by survey, weight_id
