-- One row per panel member and wave that the member could have been in.
-- Key: survey, wave, panel_member_id
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- panel_member_id: pseudonym of the panel member
-- is_invited: true when the member was in the panel and the population as fieldwork began and, where the member list
--   or the sending system says who was invited, is said to be; or answered
-- is_eligible: true when the member was still in the population; leaving the panel alone does not end it
-- is_respondent: true when the interview counts as complete
-- disposition: complete, removed_quality (complete, and removed by the survey's rule for how carefully it was
--   answered), partial, no_answer, undeliverable (every invitation came back: whether the member is still in the
--   population is not known), not_invited, left_panel or not_eligible
-- completed_at: when the interview ended, as delivered; where profiles are coarsened, midnight before it
-- interview_mode: how the person was interviewed (web, paper, telephone, face to face): as delivered for the person,
--   else as declared for the part of the wave or, failing that, for the whole wave; empty without an interview
-- invited_at: when the first invitation was sent, where profiles are coarsened midnight before it; empty where no
--   export of the sending system tells
-- invited_by: channels of the invitations, joined by +
-- has_opened: whether any invitation was opened; empty where no export of the sending system tells

select
    part.survey,
    part.wave,
    part.panel_member_id,
    part.is_invited,
    part.is_eligible,
    part.is_respondent,
    part.disposition,
    if(
        declared.smallest_combination is null,
        part.completed_at,
        cast(date_trunc('day', part.completed_at) as timestamp)
    ) as completed_at,
    part.interview_mode,
    if(
        declared.smallest_combination is null,
        part.invited_at,
        cast(date_trunc('day', part.invited_at) as timestamp)
    ) as invited_at,
    part.invited_by,
    part.has_opened
from core.participation as part
inner join definitions.surveys as declared
    on part.survey = declared.survey
order by part.survey, part.wave_number, part.panel_member_id
