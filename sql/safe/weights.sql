-- One row per panel member, wave and weight: the final weight, and every factor where these tell nothing of strata.
-- Key: survey, panel_member_id, weight_id, wave
-- Left out where no survey shows them: stratum, psu.
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- weight_id: name of the weight, as declared in the survey's definition
-- wave: each wave the weight is for
-- kind: cross_sectional (one wave's population) or longitudinal (members who answered every wave of the set)
-- wave_set: waves the weight is for, joined by +
-- base_weight: weight before any adjustment: inverse of the selection probability, or the starting wave's weight; it and
--   the factors are empty where profiles are coarsened, since they name stratum and cell: the secure file has them
-- nonresponse_adjustment: factor that lets respondents stand for similar nonrespondents; empty when none was made
-- calibration_ratio: factor that makes the weighted margins meet their totals; empty when none was made
-- trimming_factor: factor by which an extreme weight was capped; empty when none was made
-- weight: final weight, the product of base weight and factors
-- stratum: number of the stratum the member was drawn in; only of public-use files, else there is no such column
-- psu: number of the member's primary sampling unit, as stratum
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
    if(declared.smallest_combination is null, held.base_weight, null) as base_weight,
    if(declared.smallest_combination is null, held.nonresponse_adjustment, null) as nonresponse_adjustment,
    if(declared.smallest_combination is null, held.calibration_ratio, null) as calibration_ratio,
    if(declared.smallest_combination is null, held.trimming_factor, null) as trimming_factor,
    held.weight,
    if(declared.smallest_combination is null, held.stratum, null) as stratum,
    if(declared.smallest_combination is null, held.psu, null) as psu,
    drawn.replicate_set,
    if(drawn.replicate_set is null, null, held.replicate_group) as replicate_group,
    if(drawn.replicate_set is null, null, held.replicate_cell) as replicate_cell
from analysis.weights as held
inner join definitions.surveys as declared
    on held.survey = declared.survey
left join analysis.replicate_sets as drawn
    on held.replicate_set = drawn.replicate_set
    and drawn.psus_together >= coalesce(declared.smallest_combination, 1)
order by held.survey, held.weight_id, held.wave, held.panel_member_id
