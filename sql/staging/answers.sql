-- One row per interview and item whose column was delivered; the value as delivered, null when blank.
-- Key: survey, wave, row_number, item

select
    cell.survey,
    cell.source as wave,
    cell.row_number,
    cell.panel_member_id,
    item_column.item,
    cell.value
from staging.cells as cell
inner join definitions.item_columns as item_column
    on cell.survey = item_column.survey
    and cell.source = item_column.wave
    and cell.column_name = item_column.column_name
