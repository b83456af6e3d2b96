-- One row per flag of a respondent in a wave: what makes one doubt how carefully the interview was answered.
-- Key: survey, wave, panel_member_id, flag
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- panel_member_id: pseudonym of the panel member
-- flag: speeding, straightlining, nondifferentiation, item_nonresponse, duplicated_text, gibberish,
--   duplicated_device or inconsistent
-- value: what was found: time over the median of the same route and mode; share of grids answered in a straight line;
--   1 minus the mean root of the differences on grids; share of the items asked that have no answer; number of other
--   people with the same text or device; share of an open answer's letters in words of no language's shape; number of facts, such as sex, that differ from those known of the member
-- threshold: value from which the flag is set, as declared
-- is_strong: true for a flag that bad responding alone explains well: speeding, a straight line over items that point
--   both ways, a copied text, other facts than known. A flag alone removes nobody.
-- kind: what it is evidence of: speed, pattern, gaps, copy or identity. A survey may declare from how many kinds of
--   strong flags on a respondent is removed; the disposition in participation is then removed_quality

select
    survey,
    wave,
    panel_member_id,
    flag,
    value,
    threshold,
    is_strong,
    kind
from analysis.response_quality
order by survey, wave, panel_member_id, flag
