-- One row per text of a survey and further language: what its definitions say in a language beside the main one.
-- Key: survey, language, kind, name, code
-- survey: survey the row belongs to; its name under surveys/
-- language: code of the language, such as cy for Welsh
-- kind: title, population, universe, unit, methods_note; statement; topic; label, wording, answer; headline; link_note; domain, group; use_when; intro, thanks, next_survey, you_said, we_did
-- name: item, topic, headline, domain, weight_id, wave or element it is about; two items of a link joined by >; empty for the survey as a whole
-- code: code of the answer; value of the domain; place of you_said and we_did; empty for the others
-- text: the text
-- is_reviewed: false while nobody has reviewed what a machine drafted

select
    survey,
    language,
    kind,
    name,
    code,
    text,
    is_reviewed
from definitions.translations
order by survey, language, kind, name, code
