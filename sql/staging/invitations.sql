-- One row per invitation that the sending system's exports tell of.
-- Key: survey, delivery_id, row_number

select
    sent.survey,
    sent.delivery_id,
    sent.row_number,
    known.wave,
    sent.panel_member_id,
    coalesce(sent.on_clock, try_cast(sent.invited_at as timestamp)) as invited_at,
    nullif(trim(sent.channel), '') as channel,
    returned.value is not null as is_undeliverable,
    coalesce(trim(sent.opened_at), '') <> '' as is_opened
from staging.delivered_rows as sent
inner join definitions.mailing_waves as known
    on sent.survey = known.survey
    and trim(sent.invited_to) = known.value
left join definitions.undeliverable_outcomes as returned
    on sent.survey = returned.survey
    and trim(sent.outcome) = returned.value
where sent.source = 'mailings'
