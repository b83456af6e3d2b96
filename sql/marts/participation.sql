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
-- completed_at: when the interview ended, as delivered
-- interview_mode: how the person was interviewed (web, paper, telephone, face to face): as delivered for the person,
--   else as declared for the part of the wave or, failing that, for the whole wave; empty without an interview
-- invited_at: when the first invitation was sent; empty where no export of the sending system tells
-- invited_by: channels of the invitations, joined by +
-- has_opened: whether any invitation was opened; empty where no export of the sending system tells

select
    survey,
    wave,
    panel_member_id,
    is_invited,
    is_eligible,
    is_respondent,
    disposition,
    completed_at,
    interview_mode,
    invited_at,
    invited_by,
    has_opened
from core.participation
order by survey, wave_number, panel_member_id
