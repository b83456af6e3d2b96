-- One row per weight and calibration cell: what the weighting, made again in each replicate, does to weights there.
-- Key: survey, weight_id, wave_set, replicate_cell
-- survey: survey the row belongs to; its name under surveys/
-- weight_id: name of the weight, as declared in the survey's definition
-- wave_set: waves the weight is for, joined by +
-- replicate_cell: members whom the weighting treats alike
-- ratios: by what each replicate multiplies weight x factor; null in a replicate that could not be weighted

select
    survey,
    weight_id,
    wave_set,
    replicate_cell,
    ratios
from analysis.replicate_ratios
order by survey, weight_id, wave_set, replicate_cell
