-- One row per survey, wave and piece of text: what an editor writes around the findings of a newsletter.
-- Key: survey, wave, place
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the newsletter
-- part: intro, thanks, next_survey or you_said
-- place: place of the text
-- text: the text; of you_said, what members said
-- answer: what was done because of it; empty but for you_said

select
    survey,
    wave,
    part,
    place,
    text,
    answer
from definitions.newsletter_words
order by survey, wave, place
