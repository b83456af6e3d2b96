-- One row per survey and recruitment cohort whose counts are declared.
-- Key: survey, cohort
-- survey: survey the row belongs to; its name under surveys/
-- cohort: the recruitment
-- n_invited: persons invited to join the panel
-- n_joined: those of them who joined
-- n_profiled: those of them who gave a profile

select
    survey,
    cohort,
    n_invited,
    n_joined,
    n_profiled
from definitions.recruitment
order by survey, cohort
