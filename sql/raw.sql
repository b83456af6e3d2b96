-- Deliveries as received, every row of them: the rows of each in a wide table of its own (pipeline/warehouse/
-- wide_tables.py), whose columns are listed here. Only the id column differs: it holds the pseudonym.

create table if not exists raw.deliveries (
    delivery_id varchar not null,
    survey varchar not null,
    source varchar not null,
    file_name varchar,
    received_at timestamp,
    status varchar not null check (status in ('accepted', 'held', 'superseded')),
    n_delivered integer not null,
    n_accepted integer not null,
    n_refused integer not null,
    n_superseded integer not null,
    part varchar not null default ''
);

create table if not exists raw.columns (
    delivery_id varchar not null,
    position integer not null,
    column_name varchar not null,
    stored_as varchar not null,
    survey varchar not null,
    source varchar not null
);

create table if not exists raw.member_links (
    survey varchar not null,
    alias varchar not null,
    panel_member_id varchar not null
);

create table if not exists raw.refused_rows (
    delivery_id varchar not null,
    row_number integer,
    rule varchar not null,
    reason varchar,
    survey varchar not null,
    source varchar not null
);

create table if not exists raw.superseded_rows (
    survey varchar not null,
    source varchar not null,
    delivery_id varchar not null,
    row_number integer not null,
    kept_part varchar not null
);

create table if not exists raw.profile_drifts (
    survey varchar not null,
    source varchar not null,
    delivery_id varchar not null,
    panel_member_id varchar not null,
    variable varchar not null
);

create table if not exists raw.answer_counts (
    survey varchar not null,
    source varchar not null,
    delivery_id varchar not null,
    item varchar not null,
    code varchar not null,
    n bigint not null
);

create table if not exists raw.removed_respondents (
    survey varchar not null,
    wave varchar not null,
    panel_member_id varchar not null,
    kinds varchar not null
);
