-- One row per run and rule checked: how many rows broke it.
-- Key: run_id, survey, source, check_name
-- run_id: run that checked
-- survey: survey checked; empty for the whole warehouse
-- source: roster, or the wave checked; empty for the whole warehouse
-- check_name: short code of the rule
-- severity: critical (the wave is held) or warning
-- n_offending: rows that broke the rule; 0 is good
-- message: the finding in words, without any answer or identity

select
    run_id,
    survey,
    source,
    check_name,
    severity,
    n_offending,
    message
from log.checks
order by run_id, survey, source, check_name
