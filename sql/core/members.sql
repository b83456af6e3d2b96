-- One row per panel member: everyone on the member list, whether or not they ever answer; without a list, everyone
--   who answered, from the day of their first interview.
-- Key: survey, panel_member_id

with listed as (
    select
        survey,
        panel_member_id,
        any_value(joined_on order by row_number, delivery_id) as joined_on,
        any_value(left_on order by row_number, delivery_id) as left_on,
        any_value(exit_reason order by row_number, delivery_id) as exit_reason,
        any_value(cohort order by row_number, delivery_id) as cohort,
        any_value(route order by row_number, delivery_id) as route,
        any_value(status order by row_number, delivery_id) as status
    from staging.members
    group by survey, panel_member_id
),

answering as (
    select
        wave_row.survey,
        wave_row.panel_member_id,
        cast(min(wave_row.completed_at) as date) as joined_on
    from staging.wave_rows as wave_row
    inner join definitions.surveys as declared
        on wave_row.survey = declared.survey
        and not declared.has_member_list
    group by wave_row.survey, wave_row.panel_member_id
)

select
    listed.survey,
    listed.panel_member_id,
    listed.joined_on,
    listed.left_on,
    listed.exit_reason,
    listed.cohort,
    listed.route,
    case
        when listed.status is not null then listed.status
        when listed.left_on is not null then 'left'
        when leaving.column_name is not null then 'active'
    end as status,
    other.route is null as is_probability_member
from listed
left join definitions.other_means as other
    on listed.survey = other.survey
    and listed.route = other.route
left join definitions.source_columns as leaving
    on listed.survey = leaving.survey
    and leaving.source = 'roster'
    and leaving.name = 'left_on'

union all by name

select
    answering.survey,
    answering.panel_member_id,
    answering.joined_on,
    true as is_probability_member
from answering
order by survey, panel_member_id
