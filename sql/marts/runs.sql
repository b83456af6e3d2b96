-- One row per nightly run that was recorded: what it found and did.
-- Key: run_id
-- run_id: the run
-- started_at: when it began, UTC
-- finished_at: when it ended, UTC
-- outcome: what came of it
-- exit_code: as in the command line's exit codes
-- code_version: hash of the code and SQL
-- fingerprint: hash of everything the figures depend on
-- n_waves_done: waves computed anew
-- n_waves_held: waves held back by validation
-- n_rows_delivered: rows in the deliveries taken in
-- n_rows_accepted: rows accepted
-- n_rows_refused: rows refused
-- n_rows_superseded: rows replaced by a later delivery
-- message: what the run said at its end

select
    run_id,
    started_at,
    finished_at,
    outcome,
    exit_code,
    code_version,
    fingerprint,
    n_waves_done,
    n_waves_held,
    n_rows_delivered,
    n_rows_accepted,
    n_rows_refused,
    n_rows_superseded,
    message
from log.runs
order by started_at, run_id
