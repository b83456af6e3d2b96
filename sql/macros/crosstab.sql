-- Shares of an item's answers among those who gave each answer to another item in the same wave; columns of estimates,
--   the domain being the other item and the domain value its answer.
-- item: item id
-- by_item: item whose answers divide the respondents
-- wave: wave; null for every wave that asked both
-- weight_id: weight; null for the first cross-sectional weight of each wave, else the first longitudinal one
-- survey: survey; null for every survey that has both
create macro crosstab(item, by_item, wave := null, weight_id := null, survey := null) as table
select figure.*
from estimate_rows(item, 'all', [wave], weight_id, survey, false, by_item) as figure
union all by name
select request.known as item
from (
    select
        concat(
            known_survey(survey),
            known_category_item(item, survey),
            known_category_item(by_item, survey),
            known_wave(wave, survey),
            known_weight(weight_id, survey)
        ) as known
) as request
where request.known is null
