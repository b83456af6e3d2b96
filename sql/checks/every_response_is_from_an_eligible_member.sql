-- No interview is from a member who was out of the population.

select
    wave_row.survey,
    wave_row.wave,
    wave_row.delivery_id,
    wave_row.row_number
from staging.wave_rows as wave_row
inner join core.participation as participation
    on wave_row.survey = participation.survey
    and wave_row.wave = participation.wave
    and wave_row.panel_member_id = participation.panel_member_id
where not participation.is_eligible
