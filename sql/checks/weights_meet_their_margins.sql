-- The weights of the members in a margin's category add up to its total, within the recipe's tolerance.

select
    weighted.survey,
    weighted.weight_id,
    weighted.wave,
    weighted.margin,
    weighted.category
from analysis.weighting_margins as weighted
left join definitions.weight_ids as recipe
    on weighted.survey = recipe.survey
    and weighted.weight_id = recipe.weight_id
where not coalesce(abs(weighted.after - weighted.target) <= recipe.tolerance * weighted.target, false)
