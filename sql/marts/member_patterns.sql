-- One row per panel member who could answer at least one wave: what the member did, and the pattern that makes.
-- Key: survey, panel_member_id
-- survey: survey the row belongs to; its name under surveys/
-- panel_member_id: pseudonym of the panel member
-- pattern: stayer answered every wave; leaver withdrew, or missed so many of the last waves as the survey's
--   missed_waves says, or more; returner once missed as many in a row and came back; lurker missed some, never so many
-- first_wave: first wave that the member could answer
-- last_answered_wave: last wave answered; empty when none
-- n_at_risk: waves that the member was invited to, in the panel by then and in the population
-- n_answered: waves answered
-- n_missed_latest: waves missed since the last one answered; 0 for those who left the population
-- exit_cause: left, or how the member left the population; empty for those who stay or cannot be known to have left
-- exit_wave: first wave missed for good, or that found the member out of the population
-- is_active: true when the member is in the panel and the population and has not missed too many waves to have left
-- is_provisional: true for a member who missed the latest wave or waves and cannot be known to have left yet

select
    survey,
    panel_member_id,
    pattern,
    first_wave,
    last_answered_wave,
    n_at_risk,
    n_answered,
    n_missed_latest,
    exit_cause,
    exit_wave,
    is_active,
    is_provisional
from analysis.member_patterns
order by survey, panel_member_id
