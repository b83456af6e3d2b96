-- What was done, checked, released and revised, and what each step of the night last worked on.

create table if not exists log.steps (
    survey varchar not null,
    step varchar not null,
    inputs varchar not null
);

create table if not exists log.runs (
    run_id varchar not null,
    started_at timestamp,
    finished_at timestamp,
    outcome varchar,
    exit_code integer,
    code_version varchar,
    fingerprint varchar,
    n_waves_done integer,
    n_waves_held integer,
    n_rows_delivered integer,
    n_rows_accepted integer,
    n_rows_refused integer,
    n_rows_superseded integer,
    message varchar
);

create table if not exists log.checks (
    run_id varchar not null,
    survey varchar,
    wave varchar,
    file_name varchar,
    rule varchar not null,
    severity varchar,
    item varchar,
    column_name varchar,
    success boolean,
    n_checked integer,
    n_failed integer,
    message varchar,
    checked_at timestamp,
    part varchar not null default ''
);

create table if not exists log.releases (
    release_id varchar not null,
    survey varchar not null,
    wave varchar not null,
    release_status varchar not null,
    released_at timestamp,
    figures_hash varchar,
    definitions_hash varchar,
    margins_hash varchar,
    code_version varchar,
    approved_at timestamp,
    notice varchar,
    snapshot varchar,
    embargo_until timestamp,
    is_public boolean
);

create table if not exists log.revisions (
    survey varchar not null,
    wave varchar not null,
    release_id varchar not null,
    revised_at timestamp,
    weight_id varchar,
    item varchar,
    statistic varchar,
    category varchar,
    domain varchar,
    domain_value varchar,
    estimate_before double,
    estimate_after double,
    reason varchar
);

create table if not exists log.wave_parts (
    place varchar not null,
    name varchar not null,
    survey varchar not null,
    wave varchar not null,
    model varchar not null,
    version varchar not null,
    n_rows bigint
);
