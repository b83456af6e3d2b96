-- One row per survey: how far what rows of members show is coarsened, so that none is one of few.
-- Key: survey
-- survey: survey the row belongs to; its name under surveys/
-- key_variables: domains that others may know of a person, most important first; empty where all is shown, as of a
--   public-use file
-- k: members that every combination of them must be that of; empty where none is asked
-- smallest_combination: members of the smallest combination that the file for researchers shows
-- n_combinations: combinations that it shows
-- n_members: members
-- n_categories_merged: declared categories that it shows only together with others; domains.shown_as tells which
-- n_members_not_shown: members of whom a value is not shown, since it would make them one of fewer than k
-- n_values_not_shown: values not shown

select
    survey,
    key_variables,
    k,
    smallest_combination,
    n_combinations,
    n_members,
    n_categories_merged,
    n_members_not_shown,
    n_values_not_shown
from analysis.k_anonymity
order by survey
