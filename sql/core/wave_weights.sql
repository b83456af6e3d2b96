-- One row per member, wave and weight that the wave's delivery supplies.
-- Key: survey, wave, panel_member_id, name

select
    cell.survey,
    cell.source as wave,
    cell.panel_member_id,
    source_column.name,
    any_value(try_cast(cell.value as double) order by cell.row_number) as value
from staging.cells as cell
inner join definitions.source_columns as source_column
    on cell.survey = source_column.survey
    and cell.source = source_column.source
    and cell.column_name = source_column.column_name
inner join definitions.weight_ids as weight
    on cell.survey = weight.survey
    and source_column.name = weight.supplied
where cell.source <> 'roster'
    and try_cast(cell.value as double) is not null
group by cell.survey, cell.source, cell.panel_member_id, source_column.name
order by cell.survey, cell.source, source_column.name, cell.panel_member_id
