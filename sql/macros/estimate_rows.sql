-- The columns of estimates, made of item_figures: standard error, interval, design effect and the rest.
-- the_item: item id
-- the_domain: domain, or all
-- the_waves: list of waves; [null] for every wave
-- the_weight: weight_id; null for the default of each wave
-- the_survey: survey; null for every survey that has the item
-- is_mean: true for the mean of numbers or codes, false for shares and headlines
-- other_item: item whose answers divide the population; null for none
create macro estimate_rows(the_item, the_domain, the_waves, the_weight, the_survey, is_mean, other_item) as table
with figures as (
    select
        figure.*,
        without_rounding(
            list_inner_product(figure.deviations, figure.deviations), figure.srs_variance, figure.estimate
        ) as variance
    from item_figures(the_item, the_domain, the_waves, the_weight, the_survey, is_mean, other_item, false) as figure
),

measured as (
    select
        figures.*,
        t_distribution.quantile,
        t_distribution.confidence,
        figures.kish_n * pow(of_sample.quantile / t_distribution.quantile, 2) as korn_graubard_n,
        sqrt(figures.variance) as standard_error,
        figures.variance / nullif(figures.srs_variance, 0) as design_effect
    from figures
    left join t_distribution
        on figures.freedom = t_distribution.degrees_of_freedom
    left join t_distribution as of_sample
        on figures.unweighted_n - 1 = of_sample.degrees_of_freedom
),

limits as (
    select
        measured.*,
        case
            when measured.statistic = 'mean'
                then null
            else ln(nullif(measured.estimate, 0) / nullif(1 - measured.estimate, 0))
        end as logit,
        measured.quantile * measured.standard_error
            / nullif(measured.estimate * (1 - measured.estimate), 0) as logit_half_width,
        measured.quantile * measured.standard_error as half_width,
        pow((1 - measured.confidence) / 2, 1 / least(measured.korn_graubard_n, measured.unweighted_n)) as tail
    from measured
)

select
    limits.survey as survey,
    limits.wave as wave,
    limits.weight_id as weight_id,
    the_item as item,
    limits.statistic as statistic,
    limits.category as category,
    coalesce(other_item, the_domain) as domain,
    limits.domain_value as domain_value,
    limits.replicate_kind as variance_method,
    weight_ids.inference as inference,
    limits.estimate as estimate,
    limits.standard_error as standard_error,
    case
        when limits.statistic = 'mean' then limits.estimate - limits.half_width
        when limits.quantile is null then null
        when limits.estimate >= 1 then limits.tail
        when limits.estimate <= 0 then 0.0
        else 1 / (1 + exp(limits.logit_half_width - limits.logit))
    end as ci_low,
    case
        when limits.statistic = 'mean' then limits.estimate + limits.half_width
        when limits.quantile is null then null
        when limits.estimate >= 1 then 1.0
        when limits.estimate <= 0 then 1 - limits.tail
        else 1 / (1 + exp(-limits.logit_half_width - limits.logit))
    end as ci_high,
    cast(limits.freedom as double) as degrees_of_freedom,
    limits.unweighted_n as unweighted_n,
    limits.sum_of_weights as sum_of_weights,
    limits.design_effect as design_effect,
    limits.unweighted_n / nullif(limits.design_effect, 0) as effective_n,
    limits.unweighted_estimate as unweighted_estimate,
    limits.unweighted_n < surveys.smallest_base as is_suppressed,
    coalesce(waves.release_status = 'provisional', true) as is_provisional
from limits
inner join surveys
    on limits.survey = surveys.survey
left join weight_ids
    on limits.survey = weight_ids.survey
    and limits.weight_id = weight_ids.weight_id
left join waves
    on limits.survey = waves.survey
    and limits.wave = waves.wave
left join (
    select domains.survey, domains.domain, domains.shown_as, min(domains.value_order) as value_order
    from domains
    group by domains.survey, domains.domain, domains.shown_as
) as places
    on limits.survey = places.survey
    and the_domain = places.domain
    and limits.domain_value = places.shown_as
order by
    limits.survey,
    limits.weight_id,
    waves.wave_number,
    limits.statistic desc,
    places.value_order,
    limits.domain_value,
    limits.statistic_order,
    limits.category
