-- One row per run and rule checked: whether it was kept and, if not, how many rows broke it.
-- Key: run_id, survey, wave, file_name, rule, item, column_name
-- run_id: run that checked
-- survey: survey checked; empty for a rule of the whole working store
-- wave: wave checked, or roster for the member list; empty for a rule of the whole working store
-- file_name: delivered file checked; empty for a rule of the whole working store
-- rule: short code of the rule
-- severity: critical (the wave is held), warning or info
-- item: item the rule is about
-- column_name: delivered column the rule is about
-- success: true when the rule was kept
-- n_checked: rows checked
-- n_failed: rows that broke it
-- message: the finding in words and counts, without anybody's answer or identity
-- checked_at: when, UTC
-- part: part of the wave that the file is of; empty when the wave is delivered in one piece

select
    run_id,
    survey,
    wave,
    file_name,
    rule,
    severity,
    item,
    column_name,
    success,
    n_checked,
    n_failed,
    message,
    checked_at,
    split_part(part, '/', 1) as part
from log.checks
order by run_id, survey, wave, file_name, rule
