-- One row per row of the member list.
-- Key: survey, row_number

with named_cells as (
    select
        cell.survey,
        cell.row_number,
        cell.panel_member_id,
        source_column.name,
        cell.value
    from staging.cells as cell
    inner join definitions.source_columns as source_column
        on cell.survey = source_column.survey
        and cell.source = source_column.source
        and cell.column_name = source_column.column_name
    where cell.source = 'roster'
)

select
    survey,
    row_number,
    panel_member_id,
    try_cast(max(value) filter (where name = 'joined_on') as date) as joined_on,
    try_cast(max(value) filter (where name = 'left_on') as date) as left_on,
    max(value) filter (where name = 'exit_reason') as exit_reason,
    max(value) filter (where name = 'cohort') as cohort,
    max(value) filter (where name = 'route') as route,
    max(value) filter (where name = 'status') as status
from named_cells
group by survey, row_number, panel_member_id
