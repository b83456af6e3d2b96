-- One row per respondent, wave and item asked: the answer, or which kind of missing it is. Open text is not here.
-- Key: survey, wave, panel_member_id, item
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- panel_member_id: pseudonym of the panel member
-- item: item id; table items has its wording
-- code: code of the answer, as in answer_options; empty when the cell was blank
-- label: label of the answer
-- missing_kind: dont_know, refused, not_asked, skipped or not_distinguished; empty for a substantive answer
-- number: the answer to an item that asks for a number

select
    answer.survey,
    answer.wave,
    answer.panel_member_id,
    answer.item,
    answer.code,
    answer.label,
    answer.missing_kind,
    answer.number
from core.answers as answer
inner join core.waves as wave
    on answer.survey = wave.survey
    and answer.wave = wave.wave
inner join definitions.items as item
    on answer.survey = item.survey
    and answer.item = item.item
    and item.is_published
    and item.kind <> 'text'
order by answer.survey, wave.wave_number, answer.panel_member_id, item.item_order
