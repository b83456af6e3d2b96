-- One row per panel member: where the member was drawn. Every member is a PSU when no PSU is declared. Members recruited
--   by other means were not drawn: they are a stratum of their own, each a PSU.
-- Key: survey, panel_member_id

with declared as (
    select
        survey,
        count(*) filter (where role = 'stratum') as n_stratum_columns,
        count(*) filter (where role = 'psu') as n_psu_columns
    from definitions.design_columns
    group by survey
),

drawn as (
    select
        cell.survey,
        cell.panel_member_id,
        string_agg(cell.value, '*' order by design_column.column_order)
            filter (where design_column.role = 'stratum') as stratum,
        count(cell.value) filter (where design_column.role = 'stratum') as n_strata_known,
        any_value(cell.value) filter (where design_column.role = 'psu') as psu
    from staging.cells as cell
    inner join definitions.design_columns as design_column
        on cell.survey = design_column.survey
        and cell.column_name = design_column.column_name
    where cell.source = 'roster'
    group by cell.survey, cell.panel_member_id
)

select
    member.survey,
    member.panel_member_id,
    case
        when not member.is_probability_member then 'recruited by other means'
        when drawn.n_strata_known = declared.n_stratum_columns then drawn.stratum
    end as stratum,
    if(
        coalesce(declared.n_psu_columns, 0) = 0 or not member.is_probability_member,
        member.panel_member_id,
        drawn.psu
    ) as psu
from core.members as member
left join declared
    on member.survey = declared.survey
left join drawn
    on member.survey = drawn.survey
    and member.panel_member_id = drawn.panel_member_id
order by member.survey, member.panel_member_id
