-- One row per population total that weights are calibrated to, with where it comes from.
-- Key: survey, margin, category
-- survey: survey the row belongs to; its name under surveys/
-- margin: variable the totals are of
-- category: its category
-- persons: total used, in persons of the survey's population
-- published_persons: total as in the source
-- unit: what the source counts
-- universe: whom the source covers
-- source: where the total comes from
-- reference_date: day the total is for
-- approximation: shares when only the source's shares are used, scaled to the survey's population; empty otherwise

select
    survey,
    margin,
    category,
    persons,
    published_persons,
    unit,
    universe,
    source,
    reference_date,
    approximation
from definitions.margins
order by survey, margin, category
