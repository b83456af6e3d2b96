-- What change the next wave could detect: for each answer and headline at the latest wave, the smallest change found
--   with a chance of 80 %, and the chance of finding a given one. It supposes that the next wave is like the latest: as
--   many respondents, as precise, and as correlated with it as the last two waves that asked the item.
-- item: item id
-- by_variable: domain to divide the population by; all for everyone
-- difference: change, as a share: 0.05 is five points
create macro power(item, by_variable := 'all', difference := 0.05) as table
with asked as (
    select
        weight_waves.survey,
        weight_waves.wave,
        row_number() over (partition by weight_waves.survey order by weight_waves.wave_number desc) as place
    from weight_waves
    semi join items as known
        on weight_waves.survey = known.survey
        and known.item = item
        and list_contains(string_split(known.waves, '+'), weight_waves.wave)
    where weight_waves.is_default
),

figures as (
    select
        shares.*,
        without_rounding(
            list_inner_product(shares.deviations, shares.deviations), shares.srs_variance, shares.estimate
        ) as variance
    from item_figures(item, by_variable, [null], null, null, false, null, false) as shares
),

latest as (
    select figures.*
    from figures
    inner join asked
        on figures.survey = asked.survey
        and figures.wave = asked.wave
    where asked.place = 1
),

before as (
    select figures.*
    from figures
    inner join asked
        on figures.survey = asked.survey
        and figures.wave = asked.wave
    where asked.place = 2
),

foreseen as (
    select
        latest.*,
        case
            when latest.replicate_set = before.replicate_set
                then list_inner_product(latest.deviations, before.deviations)
                    / nullif(sqrt(latest.variance * before.variance), 0)
            else null
        end as correlation
    from latest
    left join before
        on latest.survey = before.survey
        and latest.weight_id = before.weight_id
        and latest.statistic = before.statistic
        and latest.category is not distinct from before.category
        and latest.domain_value = before.domain_value
),

measured as (
    select
        foreseen.*,
        sqrt(2 * foreseen.variance * (1 - coalesce(foreseen.correlation, 0))) as error_of_change,
        t_distribution.quantile,
        t_distribution.power_quantile,
        t_distribution.degrees_of_freedom,
        t_distribution.coefficients
    from foreseen
    left join t_distribution
        on foreseen.freedom = t_distribution.degrees_of_freedom
)

select
    measured.survey as survey,
    measured.wave as wave,
    measured.weight_id as weight_id,
    item as item,
    measured.statistic as statistic,
    measured.category as category,
    by_variable as domain,
    measured.domain_value as domain_value,
    measured.estimate as estimate,
    sqrt(measured.variance) as standard_error,
    measured.correlation as correlation,
    measured.error_of_change as standard_error_of_change,
    (measured.quantile + measured.power_quantile) * measured.error_of_change as detectable_change,
    cast(difference as double) as difference,
    t_upper_tail(
        measured.quantile - abs(difference) / nullif(measured.error_of_change, 0),
        measured.degrees_of_freedom,
        measured.coefficients
    ) as power,
    measured.unweighted_n as unweighted_n,
    measured.unweighted_n < surveys.smallest_base as is_suppressed
from measured
inner join surveys
    on measured.survey = surveys.survey
union all by name
select request.known as item
from (
    select
        concat(known_category_item(item, null), known_domain(by_variable, null)) as known
) as request
where request.known is null
