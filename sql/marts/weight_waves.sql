-- One row per survey, wave and weight that members hold there: how many, and which weight macros take of themselves.
-- Key: survey, wave, weight_id
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- wave_number: place of the wave in time
-- weight_id: name of the weight; weight_ids says when to use it
-- kind: cross_sectional (one wave's population) or longitudinal (members who answered every wave of the set)
-- wave_set: waves the weight is for, joined by +
-- n_holders: members who hold it
-- sum_of_weights: what their weights add up to
-- is_default: taken when no weight is named: a cross-sectional weight before a longitudinal one, of these the one of
--   fewest waves, then the one declared first
-- replicate_set: draws of its replicate weights; empty when there are none
-- replicate_kind: how those were drawn
-- n_replicates: replicates that count: drawn, and weighted

with held as (
    select
        survey,
        wave,
        weight_id,
        any_value(kind) as kind,
        any_value(wave_set) as wave_set,
        any_value(replicate_set) as replicate_set,
        cast(count(*) as integer) as n_holders,
        sum(weight) as sum_of_weights
    from marts.weights
    group by survey, wave, weight_id
),

replicated as (
    select
        survey,
        weight_id,
        wave_set,
        len(any_value(ratios)) - max(len(list_filter(ratios, lambda ratio: ratio is null))) as n_replicates
    from marts.replicate_ratios
    group by survey, weight_id, wave_set
)

select
    held.survey,
    held.wave,
    wave.wave_number,
    held.weight_id,
    held.kind,
    held.wave_set,
    held.n_holders,
    held.sum_of_weights,
    row_number() over (
        partition by held.survey, held.wave
        order by
            held.kind <> 'cross_sectional',
            len(string_split(held.wave_set, '+'))
            + if(list_contains(string_split(held.wave_set, '+'), coalesce(weight.starting_wave, held.wave)), 0, 1),
            weight.weight_order,
            held.weight_id
    ) = 1 as is_default,
    held.replicate_set,
    drawn.kind as replicate_kind,
    cast(replicated.n_replicates as integer) as n_replicates
from held
left join marts.waves as wave
    on held.survey = wave.survey
    and held.wave = wave.wave
left join marts.weight_ids as weight
    on held.survey = weight.survey
    and held.weight_id = weight.weight_id
left join marts.replicate_sets as drawn
    on held.survey = drawn.survey
    and held.replicate_set = drawn.replicate_set
left join replicated
    on held.survey = replicated.survey
    and held.weight_id = replicated.weight_id
    and held.wave_set = replicated.wave_set
order by held.survey, wave.wave_number, weight.weight_order, held.weight_id
