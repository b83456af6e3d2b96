-- One row per member and profile variable known at its source (the first wave, if it is every wave); as delivered.
-- Key: survey, panel_member_id, variable

select
    cell.survey,
    cell.panel_member_id,
    variable.variable,
    any_value(cell.value order by coalesce(wave.wave_number, 0), cell.row_number, cell.delivery_id) as value
from staging.cells as cell
inner join definitions.profile as variable
    on cell.survey = variable.survey
    and cell.source = variable.source
    and cell.column_name = variable.column_name
left join definitions.waves as wave
    on cell.survey = wave.survey
    and cell.source = wave.wave
where cell.value is not null
group by cell.survey, cell.panel_member_id, variable.variable
