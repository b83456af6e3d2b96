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
    held.survey,
    held.panel_member_id,
    held.weight_id,
    held.wave,
    held.kind,
    held.wave_set,
    held.base_weight,
    held.nonresponse_adjustment,
    held.calibration_ratio,
    held.trimming_factor,
    held.weight,
    held.stratum,
    held.psu,
    coalesce(detailed.replicate_set, held.replicate_set) as replicate_set,
    coalesce(detailed.replicate_group, held.replicate_group) as replicate_group,
    coalesce(detailed.replicate_cell, held.replicate_cell) as replicate_cell
from analysis.weights as held
left join analysis.detailed_places as detailed
    on held.survey = detailed.survey
    and held.weight_id = detailed.weight_id
    and held.wave = detailed.wave
    and held.panel_member_id = detailed.panel_member_id
order by held.survey, held.weight_id, held.wave, held.panel_member_id
