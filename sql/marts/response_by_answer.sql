-- One row per wave, item and headline: the first answers of the wave's respondents, and of everyone who was asked.
-- Key: survey, wave, item, category
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey; waves that everybody answered, and those in the field, are left out
-- item: a declared headline item, or any item with a headline where none is declared; first answers are of waves before
-- category: headline name
-- estimate_respondents: share whose first answer it was, of those who answered this wave
-- estimate_asked: the same of everyone recruited, asked and still in the population; who never answered the item before
--   is left out of both
-- difference: estimate_respondents minus estimate_asked, both by the recruitment weight, before any adjustment
-- standard_error: standard error of the difference, by the sampling design
-- ci_low: lower end of the confidence interval of the difference
-- ci_high: upper end of the confidence interval of the difference
-- p_value: p of the test that response does not depend on that answer, uncorrected
-- p_value_corrected: p corrected by Holm for all rows of the wave; judge by this one
-- n_respondents: respondents with a first answer
-- n_asked: those asked with a first answer
-- is_suppressed: true when disclosure control withheld the figures

select
    survey,
    wave,
    item,
    category,
    estimate_respondents,
    estimate_asked,
    difference,
    standard_error,
    ci_low,
    ci_high,
    p_value,
    p_value_corrected,
    n_respondents,
    n_asked,
    is_suppressed
from analysis.response_by_answer
order by survey, wave, item, category
