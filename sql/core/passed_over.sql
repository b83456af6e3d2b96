-- One row per respondent and item that the routing or the split sample passes over.
-- Key: survey, wave, panel_member_id, item

with items_by_route as (
    select distinct
        survey,
        wave,
        item,
        asking_item
    from definitions.item_routes
),

passed_over_by_route as (
    select
        route.survey,
        route.wave,
        route.item,
        asking.panel_member_id
    from items_by_route as route
    inner join core.understood_answers as asking
        on route.survey = asking.survey
        and route.wave = asking.wave
        and route.asking_item = asking.item
    left join definitions.item_routes as met
        on route.survey = met.survey
        and route.wave = met.wave
        and route.item = met.item
        and route.asking_item = met.asking_item
        and asking.code = met.code
    where met.code is null
),

passed_over_by_ballot as (
    select
        ballot.survey,
        ballot.wave,
        ballot.item,
        cell.panel_member_id
    from (select distinct survey, wave, item, column_name from definitions.item_ballots) as ballot
    inner join staging.cells as cell
        on ballot.survey = cell.survey
        and ballot.wave = cell.source
        and ballot.column_name = cell.column_name
    left join definitions.item_ballots as met
        on ballot.survey = met.survey
        and ballot.wave = met.wave
        and ballot.item = met.item
        and ballot.column_name = met.column_name
        and cell.value = met.value
    where met.value is null
        and cell.value is not null
)

select survey, wave, item, panel_member_id from passed_over_by_route
union
select survey, wave, item, panel_member_id from passed_over_by_ballot
