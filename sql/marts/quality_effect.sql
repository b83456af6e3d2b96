-- One row per estimate of a wave from which respondents were removed: the estimate with them and without them.
-- Key: survey, wave, weight_id, item, statistic, category
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- weight_id: weight that the estimates were made with
-- item: item id; table items has its wording
-- statistic: share, mean or headline
-- category: answer or headline; empty for a mean
-- estimate_with: estimate as if nobody had been removed, the weight made with everyone
-- estimate_same_weights: estimate of those kept under that same weight
-- estimate_without: estimate of those kept, the weight made again without the removed: as in estimates
-- difference_same_weights: estimate_same_weights minus estimate_with
-- difference_same_weights_standard_error: its standard error, both on the same sample
-- difference: estimate_without minus estimate_with
-- difference_standard_error: its standard error, both on the same sample; each with the calibration of its own weight
-- n_removed: respondents removed from the wave, or from any of the waves that the weight is for
-- unweighted_n_with: answers to the item with the removed
-- unweighted_n_without: answers to the item without them
-- is_suppressed: true when the base is too small to show the figures; pages then hide them

select
    effect.survey,
    effect.wave,
    effect.weight_id,
    effect.item,
    effect.statistic,
    effect.category,
    effect.estimate_with,
    effect.estimate_same_weights,
    effect.estimate_without,
    effect.difference_same_weights,
    effect.difference_same_weights_standard_error,
    effect.difference,
    effect.difference_standard_error,
    effect.n_removed,
    effect.unweighted_n_with,
    effect.unweighted_n_without,
    effect.is_suppressed
from analysis.quality_effect as effect
inner join definitions.waves as wave
    on effect.survey = wave.survey
    and effect.wave = wave.wave
order by effect.survey, wave.wave_number, effect.weight_id, effect.item, effect.statistic, effect.category
