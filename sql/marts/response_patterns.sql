-- One row per survey and set of waves: how many members answered just these of all waves, where people come back.
-- Key: survey, pattern
-- survey: survey the row belongs to; its name under surveys/
-- waves: the waves that pattern tells of, in order
-- pattern: a mark for each wave, 1 answered, 0 not; where members are only those who answer, 0 is also not asked
-- waves_answered: the waves answered
-- n_waves_answered: their number
-- n_members: members who answered just these
-- is_monotone: true when no wave is missed between the first and the last one answered

select
    survey,
    waves,
    pattern,
    waves_answered,
    n_waves_answered,
    n_members,
    is_monotone
from analysis.response_patterns
order by survey, pattern
