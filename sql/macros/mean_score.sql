-- Mean of an item's number, or of its answer codes, with standard errors from the replicate weights; columns of estimates.
-- item: item id
-- by: domain to divide the population by; all for everyone
-- wave: wave; null for every wave
-- weight_id: weight; null for the first cross-sectional weight of each wave, else the first longitudinal one
-- survey: survey; null for every survey that has the item
create macro mean_score(item, "by" := 'all', wave := null, weight_id := null, survey := null) as table
select figure.*
from estimate_rows(item, "by", [wave], weight_id, survey, true, null) as figure
union all by name
select request.known as item
from (
    select
        concat(
            known_survey(survey),
            known_scored_item(item, survey),
            known_domain("by", survey),
            known_wave(wave, survey),
            known_weight(weight_id, survey)
        ) as known
) as request
where request.known is null
