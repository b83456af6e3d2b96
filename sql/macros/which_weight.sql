-- Which weight to use for some waves, the best first, with the sentence that says when it is right.
-- waves: the waves of the analysis joined by +, such as w01+w03; null for every weight
-- same_people: true to follow the people who answered all of them; false for one wave, or net change between waves
-- survey: survey; null for all
create macro which_weight(waves := null, same_people := false, survey := null) as table
with offered as (
    select
        weight_waves.survey,
        weight_waves.weight_id,
        weight_waves.kind,
        list(distinct weight_waves.wave order by weight_waves.wave) as covered,
        max(weight_waves.n_holders) as n_holders,
        min(weight_ids.weight_order) as weight_order,
        any_value(weight_ids.use_when) as use_when,
        max(len(string_split(weight_waves.wave_set, '+'))) as n_waves
    from weight_waves
    left join weight_ids
        on weight_waves.survey = weight_ids.survey
        and weight_waves.weight_id = weight_ids.weight_id
    where survey is null or weight_waves.survey = survey
    group by weight_waves.survey, weight_waves.weight_id, weight_waves.kind
),

judged as (
    select
        offered.*,
        case
            when waves is not null and not list_has_all(offered.covered, string_split(waves, '+'))
                then 'no: it is for ' || array_to_string(offered.covered, ', ')
            when same_people and offered.kind = 'cross_sectional'
                then 'no: a cross-sectional weight does not describe the people who answered all these waves'
            when not same_people and offered.kind = 'longitudinal' and contains(coalesce(waves, ''), '+')
                then 'no: net change takes the weight of each wave''s own population'
            else 'yes'
        end as fits
    from offered
)

select
    judged.survey as survey,
    judged.weight_id as weight_id,
    judged.kind as kind,
    judged.fits as fits,
    judged.use_when as use_when,
    judged.covered as covered_waves,
    judged.n_holders as n_holders
from judged
where known_survey(survey) is null or judged.survey = survey
order by
    judged.survey,
    judged.fits <> 'yes',
    judged.kind = 'longitudinal' and not same_people,
    judged.n_waves,
    judged.weight_order
