-- The weights of the members in a margin's category add up to its population total, within the recipe's tolerance.

select
    survey,
    weight_id,
    wave,
    margin,
    category
from analysis.weighting_log
where target is not null
    and not coalesce(abs(weighted_after - target) <= tolerance * target, false)
