-- One row per family of tests and item: the hypotheses corrected together, declared before fieldwork.
-- Key: survey, family, item
-- survey: survey the row belongs to; its name under surveys/
-- family: family of tests, as in changes
-- item: item id; table items has its wording
-- item_order: place of the item in the family
-- domains: domains tested, separated by commas
-- correction: how p-values are corrected within the family: holm or benjamini_hochberg
-- level: level a corrected p is judged at
-- is_headline: true for the family that the newsletter reports

select
    survey,
    family,
    item,
    item_order,
    domains,
    correction,
    level,
    is_headline
from definitions.families
order by survey, family, item_order
