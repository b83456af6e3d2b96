-- One row per cell of an accepted delivery, with the member of its row; refused rows and rows of no member left out.
-- Key: survey, source, row_number, column_name

with accepted_cells as (
    select
        cell.survey,
        cell.source,
        cell.row_number,
        cell.column_name,
        cell.value
    from raw.cells as cell
    inner join raw.deliveries as delivery
        on cell.survey = delivery.survey
        and cell.source = delivery.source
        and cell.delivery_id = delivery.delivery_id
        and delivery.status = 'accepted'
    left join raw.refused_rows as refused
        on cell.survey = refused.survey
        and cell.source = refused.source
        and cell.delivery_id = refused.delivery_id
        and cell.row_number = refused.row_number
    where refused.row_number is null
),

member_rows as (
    select
        cell.survey,
        cell.source,
        cell.row_number,
        coalesce(link.panel_member_id, cell.value) as panel_member_id
    from accepted_cells as cell
    inner join definitions.source_columns as id_column
        on cell.survey = id_column.survey
        and cell.source = id_column.source
        and cell.column_name = id_column.column_name
        and id_column.name = 'panel_member_id'
    left join raw.member_links as link
        on cell.survey = link.survey
        and cell.value = link.alias
    where cell.value is not null
)

select
    cell.survey,
    cell.source,
    cell.row_number,
    member_row.panel_member_id,
    cell.column_name,
    cell.value
from accepted_cells as cell
inner join member_rows as member_row
    on cell.survey = member_row.survey
    and cell.source = member_row.source
    and cell.row_number = member_row.row_number
