-- One row per interview delivered for a wave, complete or not.
-- Key: survey, wave, row_number

with named_cells as (
    select
        cell.survey,
        cell.source as wave,
        cell.row_number,
        cell.panel_member_id,
        source_column.name,
        cell.value,
        parsed.parsed_at
    from staging.cells as cell
    inner join definitions.source_columns as source_column
        on cell.survey = source_column.survey
        and cell.source = source_column.source
        and cell.column_name = source_column.column_name
    left join staging.parsed_times as parsed
        on source_column.name = 'completed_at'
        and source_column.format = parsed.format
        and cell.value = parsed.value
    where cell.source <> 'roster'
),

interviews as (
    select
        survey,
        wave,
        row_number,
        panel_member_id,
        max(coalesce(parsed_at, try_cast(value as timestamp))) filter (where name = 'completed_at') as completed_at,
        max(value) filter (where name = 'completed_year') as completed_year,
        max(value) filter (where name = 'completed_month_day') as completed_month_day,
        max(value) filter (where name = 'complete_when') as complete_value,
        coalesce(
            try_cast(max(value) filter (where name = 'duration_seconds') as double),
            60 * try_cast(max(value) filter (where name = 'duration_minutes') as double)
        ) as seconds,
        max(value) filter (where name = 'mode') as mode,
        md5(max(value) filter (where name = 'device')) as device_hash
    from named_cells
    group by survey, wave, row_number, panel_member_id
)

select
    survey,
    wave,
    row_number,
    panel_member_id,
    coalesce(
        completed_at, try_strptime(completed_year || lpad(completed_month_day, 4, '0'), '%Y%m%d')
    ) as completed_at,
    complete_value,
    seconds,
    mode,
    device_hash
from interviews
