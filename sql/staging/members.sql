-- One row per row of the member list.
-- Key: survey, delivery_id, row_number

select
    survey,
    delivery_id,
    row_number,
    panel_member_id,
    try_cast(joined_on as date) as joined_on,
    try_cast(left_on as date) as left_on,
    exit_reason,
    cohort,
    route,
    status
from staging.delivered_rows
where source = 'roster'
