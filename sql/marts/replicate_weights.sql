-- One row per panel member, wave and weight: the replicate weights, each made by the whole weighting on one draw.
-- Key: survey, panel_member_id, weight_id, wave
-- A view: weight x factor of the group x ratio of the cell.
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- weight_id: name of the weight, as declared in the survey's definition
-- wave: each wave the weight is for
-- replicate_set: draws, in replicate_sets, whose coefficients turn deviations into a variance
-- weight: final weight
-- replicate_weights: the weight in each replicate; the mean of squared deviations is the variance of a bootstrap

select
    weights.survey,
    weights.panel_member_id,
    weights.weight_id,
    weights.wave,
    weights.replicate_set,
    weights.weight,
    list_transform(
        drawn.factors, lambda factor, place: weights.weight * factor * calibrated.ratios[place]
    ) as replicate_weights
from marts.weights as weights
inner join marts.replicate_factors as drawn
    on weights.survey = drawn.survey
    and weights.replicate_set = drawn.replicate_set
    and weights.replicate_group = drawn.replicate_group
inner join marts.replicate_ratios as calibrated
    on weights.survey = calibrated.survey
    and weights.weight_id = calibrated.weight_id
    and weights.wave_set = calibrated.wave_set
    and weights.replicate_cell = calibrated.replicate_cell
    and weights.replicate_set = calibrated.replicate_set
