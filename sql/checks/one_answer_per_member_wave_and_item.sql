-- A member has at most one answer to an item in a wave.

-- Made by wave of core.wave_versions.

select
    survey,
    wave,
    panel_member_id,
    item
from core.answers
group by survey, wave, panel_member_id, item
having count(*) > 1
