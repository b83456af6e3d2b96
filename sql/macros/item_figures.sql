-- Estimates of an item, and by how much each replicate deviates: what share, mean_score, crosstab and change_between are made of.
-- the_item: item id
-- the_domain: domain, or all
-- the_waves: list of waves; [null] for every wave
-- the_weight: weight_id; null for the default of each wave
-- the_survey: survey; null for every survey that has the item
-- is_mean: true for the mean of numbers or codes, false for shares and headlines
-- other_item: item whose answers divide the population; null for none
-- is_change: true keeps, under a longitudinal weight, those who answered at all of the waves
create macro item_figures(
    the_item, the_domain, the_waves, the_weight, the_survey, is_mean, other_item, is_change
) as table
with weights_used as materialized (
    select
        weight_waves.survey,
        weight_waves.wave,
        weight_waves.weight_id,
        weight_waves.kind,
        weight_waves.replicate_kind,
        weight_waves.n_replicates,
        weight_waves.replicate_set
    from weight_waves
    where (the_survey is null or weight_waves.survey = the_survey)
        and (the_waves[1] is null or list_contains(the_waves, weight_waves.wave))
        and case when the_weight is null then weight_waves.is_default else weight_waves.weight_id = the_weight end
),

answered as materialized (
    select
        weights.survey,
        weights.wave,
        weights.weight_id,
        weights.wave_set,
        weights.panel_member_id,
        weights.weight,
        weights.replicate_set,
        weights.replicate_group,
        weights.replicate_cell,
        coalesce(answers.code, cast(answers.number as varchar)) as answer,
        coalesce(answers.number, try_cast(answers.code as double)) as score
    from answers
    inner join weights_used
        on answers.survey = weights_used.survey
        and answers.wave = weights_used.wave
    inner join weights
        on answers.survey = weights.survey
        and answers.wave = weights.wave
        and answers.panel_member_id = weights.panel_member_id
        and weights_used.weight_id = weights.weight_id
    where answers.item = the_item
        and answers.missing_kind is null
        and weights.weight > 0
),

answered_throughout as (
    select
        answered.survey,
        answered.weight_id,
        answered.panel_member_id
    from answered
    inner join weights_used
        on answered.survey = weights_used.survey
        and answered.wave = weights_used.wave
        and answered.weight_id = weights_used.weight_id
    where is_change
    group by answered.survey, answered.weight_id, answered.panel_member_id
    having any_value(weights_used.kind) = 'cross_sectional' or count(*) = len(the_waves)
),

counted as (
    select answered.*
    from answered
    where not is_change
    union all
    select answered.*
    from answered
    semi join answered_throughout
        on answered.survey = answered_throughout.survey
        and answered.weight_id = answered_throughout.weight_id
        and answered.panel_member_id = answered_throughout.panel_member_id
    where is_change
),

placed as materialized (
    select
        counted.*,
        'all' as domain_value
    from counted
    where the_domain = 'all' and other_item is null
    union all
    select
        counted.*,
        member_profile.domain_value
    from counted
    inner join member_profile
        on counted.survey = member_profile.survey
        and counted.panel_member_id = member_profile.panel_member_id
    where member_profile.domain = the_domain and other_item is null
    union all
    select
        counted.*,
        other.label as domain_value
    from counted
    inner join answers as other
        on counted.survey = other.survey
        and counted.wave = other.wave
        and counted.panel_member_id = other.panel_member_id
    where other.item = other_item and other.missing_kind is null
),

summed as materialized (
    select
        placed.survey,
        placed.wave,
        placed.weight_id,
        placed.domain_value,
        placed.answer,
        placed.score,
        count(*) as n,
        sum(placed.weight) as total,
        sum(placed.weight * placed.weight) as squares,
        replicate_sums(placed.weight, drawn.factors, calibrated.ratios) as replicates
    from placed
    left join replicate_factors as drawn
        on placed.replicate_set = drawn.replicate_set
        and placed.replicate_group = drawn.replicate_group
    left join replicate_ratios as calibrated
        on placed.survey = calibrated.survey
        and placed.weight_id = calibrated.weight_id
        and placed.wave_set = calibrated.wave_set
        and placed.replicate_cell = calibrated.replicate_cell
        and placed.replicate_set = calibrated.replicate_set
    group by placed.survey, placed.wave, placed.weight_id, placed.domain_value, placed.answer, placed.score
),

bases as (
    select
        summed.survey,
        summed.wave,
        summed.weight_id,
        summed.domain_value,
        sum(summed.n) as n,
        sum(summed.total) as total,
        sum(summed.squares) as squares
    from summed
    group by summed.survey, summed.wave, summed.weight_id, summed.domain_value
),

freedoms as (
    select
        placed.survey,
        placed.wave,
        placed.weight_id,
        placed.domain_value,
        count(distinct placed.replicate_group) - 1 as freedom
    from placed
    group by placed.survey, placed.wave, placed.weight_id, placed.domain_value
),

statistics as materialized (
    select
        answer_options.survey,
        'share' as statistic,
        answer_options.label as category,
        answer_options.code as answer,
        answer_options.option_order as statistic_order
    from answer_options
    where not is_mean and answer_options.item = the_item and answer_options.missing_kind is null
    union all
    select
        answer_options.survey,
        'headline' as statistic,
        headline.name as category,
        answer_options.code as answer,
        1000000 as statistic_order
    from answer_options
    cross join unnest(string_split(answer_options.headlines, ',')) as headline(name)
    where not is_mean and answer_options.item = the_item
    union all
    select distinct
        summed.survey,
        'mean' as statistic,
        null as category,
        summed.answer,
        1 as statistic_order
    from summed
    where is_mean
),

estimated as materialized (
    select
        bases.survey,
        bases.wave,
        bases.weight_id,
        bases.domain_value,
        statistics.statistic,
        statistics.category,
        min(statistics.statistic_order) as statistic_order,
        any_value(bases.n) as n,
        any_value(bases.total) as total,
        any_value(bases.squares) as squares,
        case
            when is_mean then sum(summed.total * summed.score) / any_value(bases.total)
            when coalesce(sum(summed.n), 0) = 0 then 0.0
            when sum(summed.n) = any_value(bases.n) then 1.0
            else sum(summed.total) / any_value(bases.total)
        end as estimate,
        case
            when is_mean
                then sum(summed.n * summed.score)
            else coalesce(sum(summed.n), 0)
        end / any_value(bases.n) as unweighted_estimate
    from bases
    inner join statistics
        on bases.survey = statistics.survey
    left join summed
        on bases.survey = summed.survey
        and bases.wave = summed.wave
        and bases.weight_id = summed.weight_id
        and bases.domain_value = summed.domain_value
        and statistics.answer = summed.answer
    group by
        bases.survey,
        bases.wave,
        bases.weight_id,
        bases.domain_value,
        statistics.statistic,
        statistics.category
),

scatters as (
    select
        estimated.survey,
        estimated.wave,
        estimated.weight_id,
        estimated.domain_value,
        sum(summed.total * pow(summed.score - estimated.estimate, 2)) / any_value(estimated.total) as scatter
    from estimated
    inner join summed
        on estimated.survey = summed.survey
        and estimated.wave = summed.wave
        and estimated.weight_id = summed.weight_id
        and estimated.domain_value = summed.domain_value
    where is_mean
    group by estimated.survey, estimated.wave, estimated.weight_id, estimated.domain_value
),

elements as (
    select
        estimated.*,
        case when is_mean then scatters.scatter else estimated.estimate * (1 - estimated.estimate) end
            / nullif(estimated.n - 1, 0) as srs_variance
    from estimated
    left join scatters
        on estimated.survey = scatters.survey
        and estimated.wave = scatters.wave
        and estimated.weight_id = scatters.weight_id
        and estimated.domain_value = scatters.domain_value
),

replicated as materialized (
    select
        summed.survey,
        summed.wave,
        summed.weight_id,
        summed.domain_value,
        summed.answer,
        summed.score,
        unnest(range(1, len(summed.replicates) + 1)) as replicate,
        unnest(summed.replicates) as total
    from summed
),

replicate_bases as (
    select
        replicated.survey,
        replicated.wave,
        replicated.weight_id,
        replicated.domain_value,
        replicated.replicate,
        sum(replicated.total) as total
    from replicated
    group by
        replicated.survey,
        replicated.wave,
        replicated.weight_id,
        replicated.domain_value,
        replicated.replicate
),

replicate_parts as (
    select
        replicated.survey,
        replicated.wave,
        replicated.weight_id,
        replicated.domain_value,
        statistics.statistic,
        statistics.category,
        replicated.replicate,
        sum(replicated.total * case when is_mean then replicated.score else 1.0 end) as total
    from replicated
    inner join statistics
        on replicated.survey = statistics.survey
        and replicated.answer = statistics.answer
    group by
        replicated.survey,
        replicated.wave,
        replicated.weight_id,
        replicated.domain_value,
        statistics.statistic,
        statistics.category,
        replicated.replicate
),

counts as (
    select
        replicate_sets.replicate_set,
        unnest(range(1, len(replicate_sets.coefficients) + 1)) as replicate,
        unnest(replicate_sets.coefficients) as coefficient
    from replicate_sets
),

replicate_estimates as (
    select
        estimated.survey,
        estimated.wave,
        estimated.weight_id,
        estimated.domain_value,
        estimated.statistic,
        estimated.category,
        replicate_bases.replicate,
        counts.coefficient,
        case
            when replicate_bases.total <> 0
                then coalesce(replicate_parts.total, 0.0) / replicate_bases.total - estimated.estimate
            else null
        end as deviation
    from estimated
    inner join weights_used
        on estimated.survey = weights_used.survey
        and estimated.wave = weights_used.wave
        and estimated.weight_id = weights_used.weight_id
    inner join counts
        on weights_used.replicate_set = counts.replicate_set
    inner join replicate_bases
        on estimated.survey = replicate_bases.survey
        and estimated.wave = replicate_bases.wave
        and estimated.weight_id = replicate_bases.weight_id
        and estimated.domain_value = replicate_bases.domain_value
        and counts.replicate = replicate_bases.replicate
    left join replicate_parts
        on estimated.survey = replicate_parts.survey
        and estimated.wave = replicate_parts.wave
        and estimated.weight_id = replicate_parts.weight_id
        and estimated.domain_value = replicate_parts.domain_value
        and estimated.statistic = replicate_parts.statistic
        and estimated.category is not distinct from replicate_parts.category
        and counts.replicate = replicate_parts.replicate
),

spreads as (
    select
        replicate_estimates.survey,
        replicate_estimates.wave,
        replicate_estimates.weight_id,
        replicate_estimates.domain_value,
        replicate_estimates.statistic,
        replicate_estimates.category,
        list(
            coalesce(replicate_estimates.deviation, 0.0) * sqrt(replicate_estimates.coefficient)
            order by replicate_estimates.replicate
        ) as deviations,
        sqrt(
            sum(replicate_estimates.coefficient)
            / sum(replicate_estimates.coefficient) filter (where replicate_estimates.deviation is not null)
        ) as stands_for
    from replicate_estimates
    group by
        replicate_estimates.survey,
        replicate_estimates.wave,
        replicate_estimates.weight_id,
        replicate_estimates.domain_value,
        replicate_estimates.statistic,
        replicate_estimates.category
)

select
    elements.survey,
    elements.wave,
    elements.weight_id,
    elements.statistic,
    elements.category,
    elements.statistic_order,
    elements.domain_value,
    elements.estimate,
    elements.unweighted_estimate,
    cast(elements.n as integer) as unweighted_n,
    elements.total as sum_of_weights,
    pow(elements.total, 2) / elements.squares as kish_n,
    coalesce(elements.srs_variance, 0) as srs_variance,
    least(freedoms.freedom, weights_used.n_replicates - 1, drawn_from.degrees_of_freedom) as freedom,
    weights_used.kind as weight_kind,
    weights_used.replicate_kind,
    weights_used.replicate_set,
    list_transform(spreads.deviations, lambda deviation: deviation * spreads.stands_for) as deviations
from elements
inner join weights_used
    on elements.survey = weights_used.survey
    and elements.wave = weights_used.wave
    and elements.weight_id = weights_used.weight_id
inner join freedoms
    on elements.survey = freedoms.survey
    and elements.wave = freedoms.wave
    and elements.weight_id = freedoms.weight_id
    and elements.domain_value = freedoms.domain_value
left join replicate_sets as drawn_from
    on weights_used.replicate_set = drawn_from.replicate_set
left join spreads
    on elements.survey = spreads.survey
    and elements.wave = spreads.wave
    and elements.weight_id = spreads.weight_id
    and elements.domain_value = spreads.domain_value
    and elements.statistic = spreads.statistic
    and elements.category is not distinct from spreads.category
