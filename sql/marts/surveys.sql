-- One row per survey: its population and what its figures rest on.
-- Key: survey
-- survey: survey the row belongs to; its name under surveys/
-- title: title of the survey
-- inference: what estimates rest on: probability, calibrated_legacy, pseudo_weighted, model or not_representative
-- disclosure_profile: open (nothing withheld) or public (small bases withheld)
-- population_name: population that estimates speak for
-- population_unit: what the population is counted in
-- population_universe: who belongs to it
-- population_persons: its size; empty when not declared
-- population_source: where its size comes from
-- population_reference_date: day its size is for
-- retention_first_wave: wave that retention is counted from
-- methods_note: note of the survey's author on its methods
-- smallest_base: respondents below which a figure is flagged is_suppressed
-- languages: codes of the languages it is told in, separated by commas; its own texts stand in the first

select
    survey,
    title,
    inference,
    disclosure_profile,
    population_name,
    population_unit,
    population_universe,
    population_persons,
    population_source,
    population_reference_date,
    retention_first_wave,
    methods_note,
    smallest_base,
    languages
from definitions.surveys
order by survey
