-- One row per member and wave for which the member list says how it ended.
-- Key: survey, panel_member_id, wave

select
    cell.survey,
    cell.panel_member_id,
    eligibility.wave,
    any_value(cell.value order by cell.row_number, cell.delivery_id) as disposition
from staging.cells as cell
inner join definitions.eligibility_columns as eligibility
    on cell.survey = eligibility.survey
    and cell.column_name = eligibility.column_name
where cell.source = 'roster'
    and cell.value is not null
group by cell.survey, cell.panel_member_id, eligibility.wave
