-- One row per interview delivered for a wave, complete or not.
-- Key: survey, wave, delivery_id, row_number

select
    survey,
    source as wave,
    delivery_id,
    row_number,
    panel_member_id,
    part,
    coalesce(
        on_clock,
        try_cast(completed_at as timestamp),
        try_strptime(completed_year || lpad(completed_month_day, 4, '0'), '%Y%m%d')
    ) as completed_at,
    complete_when as complete_value,
    coalesce(try_cast(duration_seconds as double), 60 * try_cast(duration_minutes as double)) as seconds,
    mode,
    md5(device) as device_hash
from staging.delivered_rows
where source not in ('roster', 'mailings')
