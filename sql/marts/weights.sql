-- One row per panel member, wave and weight: every factor and the final weight.
-- Key: survey, panel_member_id, weight_id, wave
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- weight_id: name of the weight, as declared in the survey's definition
-- wave: each wave the weight is for
-- kind: cross_sectional (one wave's population) or longitudinal (members who answered every wave of the set)
-- wave_set: waves the weight is for, joined by +
-- base_weight: weight before any adjustment: inverse of the selection probability, or the starting wave's weight
-- nonresponse_adjustment: factor that lets respondents stand for similar nonrespondents; empty when none was made
-- calibration_ratio: factor that makes the weighted margins meet their totals; empty when none was made
-- trimming_factor: factor by which an extreme weight was capped; empty when none was made
-- weight: final weight, the product of base weight and factors
-- stratum: number of the stratum the member was drawn in
-- psu: number of the member's primary sampling unit; numbers are of the survey, and change when members join
-- replicate_set: draws that the replicate weights were made with, in replicate_sets; empty when there are none
-- replicate_group: row of replicate_factors
-- replicate_cell: row of replicate_ratios

select
    survey,
    panel_member_id,
    weight_id,
    wave,
    kind,
    wave_set,
    base_weight,
    nonresponse_adjustment,
    calibration_ratio,
    trimming_factor,
    weight,
    stratum,
    psu,
    replicate_set,
    replicate_group,
    replicate_cell
from analysis.weights
order by survey, weight_id, wave, panel_member_id
