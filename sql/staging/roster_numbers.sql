-- One row per member and column of the member list that holds a number.
-- Key: survey, panel_member_id, column_name

with typed as (
    select
        survey,
        panel_member_id,
        delivery_id,
        row_number,
        column_name,
        try_cast(value as double) as value
    from staging.cells
    where source = 'roster'
)

select
    survey,
    panel_member_id,
    column_name,
    any_value(value order by row_number, delivery_id) as value
from typed
where value is not null
group by survey, panel_member_id, column_name
