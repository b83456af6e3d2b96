-- One row per panel member and wave the member was invited to by the sending system.
-- Key: survey, panel_member_id, wave
--   Undeliverable are those of whom every invitation came back; opened, those who opened any.

select
    survey,
    wave,
    panel_member_id,
    min(invited_at) as invited_at,
    count(*) as n_sent,
    string_agg(distinct channel, '+' order by channel) as channels,
    bool_and(is_undeliverable) as is_undeliverable,
    bool_or(is_opened) as is_opened
from staging.invitations
group by survey, wave, panel_member_id
order by survey, wave, panel_member_id
