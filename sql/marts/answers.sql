-- One row per respondent, wave and item asked: the answer, or which kind of missing it is. Open text is not here, nor
--   the answers of those removed for how carefully they answered; quality_effect tells what they would have changed.
-- Key: survey, wave, panel_member_id, item
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- panel_member_id: pseudonym of the panel member
-- item: item id; table items has its wording
-- code: code of the answer, as in answer_options; empty when the cell was blank or held a text in place of a number
-- label: label of the answer
-- missing_kind: dont_know, refused, not_asked, skipped or not_distinguished; empty for a substantive answer
-- number: the answer to an item that asks for a number

-- Made by wave of core.wave_versions.

with removed as (
    select
        survey,
        wave,
        panel_member_id
    from core.participation
    where disposition = 'removed_quality'
),

published as (
    select
        answer.survey,
        answer.wave,
        wave.wave_number,
        answer.panel_member_id,
        answer.item,
        item.item_order,
        answer.code,
        answer.label,
        answer.missing_kind,
        answer.number,
        item.kind = 'number'
            and answer.missing_kind is null
            and not coalesce(isfinite(answer.number), false) as is_unreadable
    from core.answers as answer
    inner join core.waves as wave
        on answer.survey = wave.survey
        and answer.wave = wave.wave
    inner join definitions.items as item
        on answer.survey = item.survey
        and answer.item = item.item
        and item.is_published
        and item.kind <> 'text'
    left join removed
        on answer.survey = removed.survey
        and answer.wave = removed.wave
        and answer.panel_member_id = removed.panel_member_id
    where removed.panel_member_id is null
)

select
    survey,
    wave,
    panel_member_id,
    item,
    if(is_unreadable, null, code) as code,
    if(is_unreadable, null, label) as label,
    if(is_unreadable, 'not_distinguished', missing_kind) as missing_kind,
    if(is_unreadable, null, number) as number
from published
order by survey, wave_number, panel_member_id, item_order
