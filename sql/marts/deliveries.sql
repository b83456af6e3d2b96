-- One row per delivered file: how many of its rows were accepted, refused or superseded.
-- Key: survey, source, delivery_id
-- survey: survey the row belongs to; its name under surveys/
-- source: roster (the member list) or the wave delivered
-- delivery_id: SHA-256 of the file as received
-- received_at: when it was taken in, UTC
-- status: accepted, held (validation failed; no row is used) or superseded by a later delivery
-- n_delivered: rows in the file; always n_accepted + n_refused + n_superseded
-- n_accepted: rows in use
-- n_refused: rows refused, each with its reason in the working store; all of them when the delivery is held
-- n_superseded: rows that a later delivery replaced, or another part of the wave in which the same person answered
-- part: part of the wave, such as web or paper; empty when the wave is delivered in one piece

select
    survey,
    source,
    delivery_id,
    received_at,
    status,
    n_delivered,
    n_accepted,
    n_refused,
    n_superseded,
    split_part(part, '/', 1) as part
from raw.deliveries
order by survey, source, received_at, delivery_id
