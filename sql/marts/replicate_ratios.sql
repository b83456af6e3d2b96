-- One row per weight and cell: what the weighting, made again in each replicate, does to weights there.
-- Key: survey, weight_id, wave_set, replicate_cell
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: name of the weight, as declared in the survey's definition
-- wave_set: waves the weight is for, joined by +
-- replicate_cell: members whom the weighting treats alike or, in a file for many readers, whose profile is shown alike
-- ratios: by what each replicate multiplies weight x factor; null in a replicate that could not be weighted
-- replicate_set: draws, in replicate_sets

select
    ratio.survey,
    ratio.weight_id,
    ratio.wave_set,
    ratio.replicate_cell,
    ratio.ratios,
    ratio.replicate_set
from analysis.replicate_ratios as ratio
semi join marts.weights as weights
    on ratio.survey = weights.survey
    and ratio.weight_id = weights.weight_id
    and ratio.wave_set = weights.wave_set
    and coalesce(ratio.replicate_set, weights.replicate_set) = weights.replicate_set
order by ratio.survey, ratio.weight_id, ratio.wave_set, ratio.replicate_cell
