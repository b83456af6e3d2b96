-- One row per set of draws and group of members: by what each replicate multiplies their weights before calibration.
-- Key: replicate_set, replicate_group
-- survey: survey the row belongs to; its name under surveys/
-- replicate_set: draws, in replicate_sets
-- replicate_group: group of members that a draw treats alike: of a bootstrap the primary sampling unit or, in a file for
--   many readers, k or more of them combined at random within strata
-- factors: factor of the group in each replicate

select
    survey,
    replicate_set,
    replicate_group,
    factors
from analysis.replicate_factors
where replicate_set in (select replicate_set from marts.weights)
order by replicate_set, replicate_group
