-- A member has at most one interview in a wave.

select
    survey,
    wave,
    panel_member_id
from staging.wave_rows
group by survey, wave, panel_member_id
having count(*) > 1
