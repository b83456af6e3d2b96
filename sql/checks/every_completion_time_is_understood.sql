-- Every time of completion that was delivered is a time.

select
    cell.survey,
    cell.source,
    cell.row_number
from staging.cells as cell
inner join definitions.source_columns as source_column
    on cell.survey = source_column.survey
    and cell.source = source_column.source
    and cell.column_name = source_column.column_name
    and source_column.name = 'completed_at'
inner join staging.wave_rows as wave_row
    on cell.survey = wave_row.survey
    and cell.source = wave_row.wave
    and cell.row_number = wave_row.row_number
where cell.value is not null
    and wave_row.completed_at is null
