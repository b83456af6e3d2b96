-- What is declared under surveys/, as tables. Python rewrites all of them in every run that finds something new.

create table if not exists definitions.surveys (
    survey varchar not null,
    title varchar,
    member_ids varchar,
    disclosure_profile varchar,
    inference varchar,
    blank varchar,
    population_name varchar,
    population_unit varchar,
    population_universe varchar,
    population_persons double,
    population_source varchar,
    population_reference_date date,
    retention_first_wave varchar,
    retention_weight_id varchar,
    missed_waves integer,
    methods_note varchar,
    has_member_list boolean,
    smallest_base integer,
    languages varchar,
    smallest_combination integer
);

create table if not exists definitions.waves (
    survey varchar not null,
    wave varchar not null,
    wave_number integer not null,
    fieldwork_start date,
    fieldwork_end date,
    is_closed boolean,
    mode varchar
);

create table if not exists definitions.parts (
    survey varchar not null,
    wave varchar not null,
    part varchar not null,
    part_order integer not null,
    mode varchar,
    adds boolean not null
);

create table if not exists definitions.items (
    survey varchar not null,
    item varchar not null,
    item_order integer,
    kind varchar,
    label varchar,
    wording varchar,
    scale varchar,
    topic varchar,
    research_questions varchar,
    feature varchar,
    is_published boolean
);

create table if not exists definitions.answer_options (
    survey varchar not null,
    item varchar not null,
    option_order integer,
    code varchar not null,
    label varchar,
    missing_kind varchar,
    side varchar
);

create table if not exists definitions.headlines (
    survey varchar not null,
    item varchar not null,
    headline varchar not null,
    code varchar not null
);

create table if not exists definitions.item_links (
    survey varchar not null,
    item_from varchar not null,
    item_to varchar not null,
    comparability varchar,
    note varchar
);

create table if not exists definitions.item_columns (
    survey varchar not null,
    wave varchar not null,
    item varchar not null,
    column_name varchar not null,
    part varchar not null default '',
    place integer
);

create table if not exists definitions.item_recodes (
    survey varchar not null,
    wave varchar not null,
    item varchar not null,
    delivered_value varchar not null,
    code varchar not null,
    part varchar not null default ''
);

create table if not exists definitions.item_routes (
    survey varchar not null,
    wave varchar not null,
    item varchar not null,
    asking_item varchar not null,
    code varchar not null
);

create table if not exists definitions.item_ballots (
    survey varchar not null,
    wave varchar not null,
    item varchar not null,
    column_name varchar not null,
    value varchar not null,
    part varchar not null default ''
);

create table if not exists definitions.source_columns (
    survey varchar not null,
    source varchar not null,
    name varchar not null,
    column_name varchar not null,
    format varchar,
    part varchar not null default ''
);

create table if not exists definitions.complete_values (
    survey varchar not null,
    wave varchar not null,
    value varchar not null,
    part varchar not null default ''
);

create table if not exists definitions.profile (
    survey varchar not null,
    variable varchar not null,
    label varchar,
    source varchar not null,
    column_name varchar not null,
    is_number boolean
);

create table if not exists definitions.profile_values (
    survey varchar not null,
    variable varchar not null,
    delivered_value varchar not null,
    value varchar not null
);

create table if not exists definitions.domains (
    survey varchar not null,
    domain varchar not null,
    label varchar,
    variable varchar not null,
    is_published boolean,
    is_banded boolean,
    domain_order integer
);

create table if not exists definitions.domain_values (
    survey varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    value_order integer,
    low double,
    high double
);

create table if not exists definitions.key_variables (
    survey varchar not null,
    domain varchar not null,
    key_order integer not null
);

create table if not exists definitions.design_columns (
    survey varchar not null,
    role varchar not null,
    column_order integer,
    column_name varchar not null
);

create table if not exists definitions.eligibility_columns (
    survey varchar not null,
    wave varchar not null,
    column_name varchar not null,
    contains varchar not null
);

create table if not exists definitions.invitation_columns (
    survey varchar not null,
    wave varchar not null,
    column_name varchar not null,
    value varchar not null
);

create table if not exists definitions.mailing_waves (
    survey varchar not null,
    value varchar not null,
    wave varchar not null
);

create table if not exists definitions.undeliverable_outcomes (
    survey varchar not null,
    value varchar not null
);

create table if not exists definitions.number_columns (
    survey varchar not null,
    column_name varchar not null
);

create table if not exists definitions.exit_reasons (
    survey varchar not null,
    reason varchar not null
);

create table if not exists definitions.margins (
    survey varchar not null,
    margin varchar not null,
    category varchar not null,
    persons double,
    published_persons double,
    unit varchar,
    universe varchar,
    source varchar,
    reference_date date,
    approximation varchar
);

create table if not exists definitions.weight_ids (
    survey varchar not null,
    weight_id varchar not null,
    kind varchar,
    wave_set varchar,
    starting_wave varchar,
    use_when varchar,
    supplied varchar,
    tolerance double,
    inference varchar,
    weight_order integer
);

create table if not exists definitions.other_means (
    survey varchar not null,
    route varchar not null
);

create table if not exists definitions.families (
    survey varchar not null,
    family varchar not null,
    item varchar not null,
    item_order integer,
    domains varchar,
    correction varchar,
    level double,
    is_headline boolean,
    equivalence double,
    groups varchar,
    family_order integer
);

create table if not exists definitions.statements (
    survey varchar not null,
    element varchar not null,
    element_order integer,
    statement varchar
);

create table if not exists definitions.recruitment (
    survey varchar not null,
    cohort varchar not null,
    n_invited integer not null,
    n_joined integer not null,
    n_profiled integer not null
);

create table if not exists definitions.newsletter_words (
    survey varchar not null,
    wave varchar not null,
    part varchar not null,
    place integer,
    text varchar,
    answer varchar
);

create table if not exists definitions.translations (
    survey varchar not null,
    language varchar not null,
    kind varchar not null,
    name varchar not null,
    code varchar not null,
    text varchar not null,
    is_reviewed boolean not null
);
