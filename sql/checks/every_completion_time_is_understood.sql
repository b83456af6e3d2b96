-- Every time of completion that was delivered is a time.

-- Made by wave of core.wave_versions.

select
    delivered.survey,
    delivered.source as wave,
    delivered.delivery_id,
    delivered.row_number
from staging.delivered_rows as delivered
inner join staging.wave_rows as wave_row
    on delivered.survey = wave_row.survey
    and delivered.source = wave_row.wave
    and delivered.delivery_id = wave_row.delivery_id
    and delivered.row_number = wave_row.row_number
where delivered.completed_at is not null
    and wave_row.completed_at is null
