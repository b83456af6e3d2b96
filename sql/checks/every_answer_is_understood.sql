-- Every answer is a code or label of its item, a number where one is asked for, or a kind of missing.

-- Made by wave of core.wave_versions.

select
    answer.survey,
    answer.wave,
    answer.panel_member_id,
    answer.item
from core.answers as answer
inner join definitions.items as item
    on answer.survey = item.survey
    and answer.item = item.item
where answer.missing_kind is null
    and (
        answer.label is null
        or (item.kind = 'number' and not coalesce(isfinite(answer.number), false))
    )
