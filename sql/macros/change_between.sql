-- Change of each answer and headline (or of the mean of a number) between two waves, the covariance of the members in
--   both included, from the replicate weights; columns of changes. Net change under a cross-sectional weight, change
--   within those who answered both under a longitudinal one. p_value_corrected and family are null: what one asks here is
--   in no declared family of tests; table changes has the corrected ones.
-- item: item id
-- wave_from: earlier wave
-- wave_to: later wave
-- by: domain to divide the population by; all for everyone
-- weight_id: weight; null for the first cross-sectional weight, where both waves have it
-- survey: survey; null for every survey that has the item
create macro change_between(item, wave_from, wave_to, "by" := 'all', weight_id := null, survey := null) as table
with figures as (
    select
        shares.*,
        0 as is_number
    from item_figures(item, "by", [wave_from, wave_to], weight_id, survey, false, null, true) as shares
    where exists (select 1 from items as asked where asked.item = item and asked.kind = 'category')
    union all
    select
        means.*,
        1 as is_number
    from item_figures(item, "by", [wave_from, wave_to], weight_id, survey, true, null, true) as means
    where exists (select 1 from items as asked where asked.item = item and asked.kind = 'number')
),

repeated as (
    select
        earlier.survey,
        earlier.weight_id,
        earlier.panel_member_id
    from weights as earlier
    inner join weights as later
        on earlier.survey = later.survey
        and earlier.weight_id = later.weight_id
        and earlier.panel_member_id = later.panel_member_id
        and later.wave = wave_to
        and later.weight > 0
    semi join answers as first_answer
        on earlier.survey = first_answer.survey
        and earlier.panel_member_id = first_answer.panel_member_id
        and first_answer.wave = wave_from
        and first_answer.item = item
        and first_answer.missing_kind is null
    semi join answers as second_answer
        on earlier.survey = second_answer.survey
        and earlier.panel_member_id = second_answer.panel_member_id
        and second_answer.wave = wave_to
        and second_answer.item = item
        and second_answer.missing_kind is null
    where earlier.wave = wave_from and earlier.weight > 0
),

overlap_counts as (
    select
        repeated.survey,
        repeated.weight_id,
        'all' as domain_value,
        count(*) as overlap_n
    from repeated
    where "by" = 'all'
    group by repeated.survey, repeated.weight_id
    union all
    select
        repeated.survey,
        repeated.weight_id,
        member_profile.domain_value,
        count(*) as overlap_n
    from repeated
    inner join member_profile
        on repeated.survey = member_profile.survey
        and repeated.panel_member_id = member_profile.panel_member_id
    where member_profile.domain = "by"
    group by repeated.survey, repeated.weight_id, member_profile.domain_value
),

compared as (
    select
        earlier.survey,
        earlier.weight_id,
        earlier.weight_kind,
        earlier.replicate_kind,
        earlier.statistic,
        earlier.category,
        earlier.statistic_order,
        earlier.domain_value,
        earlier.estimate as estimate_from,
        later.estimate as estimate_to,
        earlier.unweighted_n as n_from,
        later.unweighted_n as n_to,
        least(earlier.freedom, later.freedom) as freedom,
        without_rounding(
            list_inner_product(earlier.deviations, earlier.deviations), earlier.srs_variance, earlier.estimate
        ) as variance_from,
        without_rounding(
            list_inner_product(later.deviations, later.deviations), later.srs_variance, later.estimate
        ) as variance_to,
        case
            when earlier.replicate_set = later.replicate_set
                then list_inner_product(earlier.deviations, later.deviations)
            else null
        end as covariance,
        without_rounding(
            case
                when earlier.replicate_set = later.replicate_set
                    then list_sum(
                        list_transform(
                            earlier.deviations, lambda deviation, place: pow(later.deviations[place] - deviation, 2)
                        )
                    )
                else null
            end,
            earlier.srs_variance + later.srs_variance,
            greatest(abs(earlier.estimate), abs(later.estimate))
        ) as variance
    from figures as earlier
    inner join figures as later
        on earlier.survey = later.survey
        and earlier.weight_id = later.weight_id
        and earlier.statistic = later.statistic
        and earlier.category is not distinct from later.category
        and earlier.domain_value = later.domain_value
    where earlier.wave = wave_from and later.wave = wave_to
)

select
    compared.survey as survey,
    wave_from as wave_from,
    wave_to as wave_to,
    case when compared.weight_kind = 'longitudinal' then 'within_person' else 'net' end as kind,
    compared.weight_id as weight_id,
    item as item,
    compared.statistic as statistic,
    compared.category as category,
    "by" as domain,
    compared.domain_value as domain_value,
    compared.replicate_kind as variance_method,
    compared.estimate_from as estimate_from,
    compared.estimate_to as estimate_to,
    compared.estimate_to - compared.estimate_from as change,
    sqrt(compared.variance) as standard_error,
    compared.estimate_to - compared.estimate_from - t_distribution.quantile * sqrt(compared.variance) as ci_low,
    compared.estimate_to - compared.estimate_from + t_distribution.quantile * sqrt(compared.variance) as ci_high,
    t_p_value(
        (compared.estimate_to - compared.estimate_from) / nullif(sqrt(compared.variance), 0),
        t_distribution.degrees_of_freedom,
        t_distribution.coefficients
    ) as p_value,
    cast(null as double) as p_value_corrected,
    cast(coalesce(overlap_counts.overlap_n, 0) as integer) as overlap_n,
    compared.covariance / nullif(sqrt(compared.variance_from * compared.variance_to), 0) as correlation,
    'not tested' as verdict,
    least(compared.n_from, compared.n_to) < surveys.smallest_base as is_suppressed,
    cast(null as varchar) as family,
    coalesce(
        (select bool_or(coalesce(waves.release_status, 'provisional') = 'provisional')
         from waves
         where waves.survey = compared.survey and waves.wave in (wave_from, wave_to)),
        true
    ) as is_provisional,
    compared.n_from as unweighted_n_from,
    compared.n_to as unweighted_n_to,
    item as item_from,
    'identical' as comparability
from compared
inner join surveys
    on compared.survey = surveys.survey
left join t_distribution
    on compared.freedom = t_distribution.degrees_of_freedom
left join overlap_counts
    on compared.survey = overlap_counts.survey
    and compared.weight_id = overlap_counts.weight_id
    and compared.domain_value = overlap_counts.domain_value
union all by name
select request.known as item
from (
    select
        concat(
            known_survey(survey),
            known_item(item, survey),
            known_domain("by", survey),
            known_wave(coalesce(wave_from, 'null'), survey),
            known_wave(coalesce(wave_to, 'null'), survey),
            known_weight(weight_id, survey)
        ) as known
) as request
where request.known is null
