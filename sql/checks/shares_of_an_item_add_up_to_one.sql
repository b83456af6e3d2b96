-- The shares of an item's answers add up to one in every domain.

select
    survey,
    wave,
    weight_id,
    item,
    domain,
    domain_value
from analysis.estimates
where statistic = 'share'
group by survey, wave, weight_id, item, domain, domain_value
having not coalesce(bool_or(is_suppressed), false)
    and not coalesce(abs(sum(estimate) - 1) <= 1e-9, false)
