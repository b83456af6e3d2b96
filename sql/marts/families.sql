-- One row per family of tests and item: the hypotheses corrected together, declared before fieldwork.
-- Key: survey, family, item
-- survey: survey the row belongs to; its name under surveys/
-- family: family of tests, as in changes
-- item: item id; table items has its wording
-- item_order: place of the item in the family
-- domains: domains tested, separated by commas
-- correction: how p-values are corrected within the family: holm or benjamini_hochberg
-- level: level a corrected p is judged at
-- is_headline: true for a family of headlines alone
-- equivalence: change of a share below which it is called steady where a test shows it; empty where not declared
-- family_order: place of the family in the definitions; the newsletter reports the first that is a headline family
-- groups: domains whose groups are tested to differ in each wave, separated by commas

select
    survey,
    family,
    item,
    item_order,
    domains,
    correction,
    level,
    is_headline,
    equivalence,
    family_order,
    groups
from definitions.families
order by survey, family, item_order
