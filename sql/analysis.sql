-- What Python computes. Rows of a survey and wave are replaced together; columns are the published ones.

create table if not exists analysis.weights (
    survey varchar not null,
    panel_member_id varchar not null,
    weight_id varchar not null,
    wave varchar not null,
    kind varchar not null,
    wave_set varchar not null,
    base_weight double,
    nonresponse_adjustment double,
    calibration_ratio double,
    trimming_factor double,
    weight double not null,
    stratum integer,
    psu integer,
    replicate_set varchar,
    replicate_group integer,
    replicate_cell integer
);

create table if not exists analysis.replicate_sets (
    survey varchar not null,
    replicate_set varchar not null,
    kind varchar not null,
    n_replicates integer not null,
    seed integer,
    n_strata integer,
    n_psus integer,
    coefficients double[] not null,
    degrees_of_freedom integer,
    psus_together integer
);

create table if not exists analysis.replicate_factors (
    survey varchar not null,
    replicate_set varchar not null,
    replicate_group integer not null,
    factors double[] not null
);

create table if not exists analysis.replicate_ratios (
    survey varchar not null,
    weight_id varchar not null,
    wave_set varchar not null,
    replicate_cell integer not null,
    ratios double[] not null,
    replicate_set varchar
);

-- Where holders stand in replicates that combine no PSUs: only where the file in full detail is asked for.
create table if not exists analysis.detailed_places (
    survey varchar not null,
    weight_id varchar not null,
    wave_set varchar not null,
    wave varchar not null,
    panel_member_id varchar not null,
    replicate_set varchar not null,
    replicate_group integer not null,
    replicate_cell integer not null
);

-- What members' rows show to researchers: the profile in which no combination of key variables is rare.
create table if not exists analysis.shown_profile (
    survey varchar not null,
    panel_member_id varchar not null,
    domain varchar not null,
    domain_value varchar not null
);

create table if not exists analysis.shown_categories (
    survey varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    shown_as varchar not null
);

create table if not exists analysis.k_anonymity (
    survey varchar not null,
    key_variables varchar,
    k integer,
    smallest_combination integer,
    n_combinations integer,
    n_members integer,
    n_categories_merged integer,
    n_members_not_shown integer,
    n_values_not_shown integer
);

create table if not exists analysis.t_distribution (
    degrees_of_freedom integer not null,
    confidence double not null,
    quantile double not null,
    power_quantile double not null,
    coefficients double[]
);

create table if not exists analysis.weighting_log (
    survey varchar not null,
    weight_id varchar not null,
    wave varchar not null,
    step_order integer not null,
    step varchar not null,
    n integer,
    sum_before double,
    sum_after double,
    min_ratio double,
    max_ratio double,
    design_effect double,
    effective_n double,
    note varchar,
    n_before integer,
    design_effect_before double,
    share_capped double
);

create table if not exists analysis.weighting_margins (
    survey varchar not null,
    weight_id varchar not null,
    wave varchar not null,
    margin varchar not null,
    category varchar not null,
    target double,
    before double,
    after double,
    unweighted_n integer
);

create table if not exists analysis.estimates (
    survey varchar not null,
    wave varchar not null,
    weight_id varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    domain varchar not null,
    domain_value varchar not null,
    variance_method varchar,
    inference varchar,
    estimate double,
    standard_error double,
    ci_low double,
    ci_high double,
    degrees_of_freedom double,
    unweighted_n integer,
    sum_of_weights double,
    design_effect double,
    effective_n double,
    unweighted_estimate double,
    is_suppressed boolean,
    is_provisional boolean
);

create table if not exists analysis.changes (
    survey varchar not null,
    wave_from varchar not null,
    wave_to varchar not null,
    kind varchar not null,
    weight_id varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    domain varchar not null,
    domain_value varchar not null,
    variance_method varchar,
    estimate_from double,
    estimate_to double,
    change double,
    standard_error double,
    ci_low double,
    ci_high double,
    p_value double,
    p_value_corrected double,
    overlap_n integer,
    correlation double,
    verdict varchar,
    is_suppressed boolean,
    family varchar,
    is_provisional boolean,
    unweighted_n_from integer,
    unweighted_n_to integer,
    item_from varchar,
    comparability varchar,
    mode_shift double,
    may_be_mode_effect boolean,
    equivalence_margin double,
    p_equivalence double,
    p_equivalence_corrected double
);

create table if not exists analysis.group_tests (
    survey varchar not null,
    wave varchar not null,
    weight_id varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    domain varchar not null,
    variance_method varchar,
    inference varchar,
    n_groups integer,
    lowest_group varchar,
    lowest_estimate double,
    highest_group varchar,
    highest_estimate double,
    f double,
    numerator_df double,
    denominator_df double,
    p_value double,
    p_value_corrected double,
    family varchar,
    verdict varchar,
    smallest_n integer,
    is_suppressed boolean,
    is_provisional boolean
);

create table if not exists analysis.gross_changes (
    survey varchar not null,
    wave_from varchar not null,
    wave_to varchar not null,
    weight_id varchar not null,
    item varchar not null,
    item_from varchar,
    statistic varchar not null,
    category varchar,
    domain varchar not null,
    domain_value varchar not null,
    movement varchar not null,
    variance_method varchar,
    estimate double,
    standard_error double,
    ci_low double,
    ci_high double,
    degrees_of_freedom double,
    unweighted_n integer,
    is_suppressed boolean,
    is_provisional boolean
);

create table if not exists analysis.transitions (
    survey varchar not null,
    wave_from varchar not null,
    wave_to varchar not null,
    weight_id varchar not null,
    item varchar not null,
    category_from varchar not null,
    category_to varchar not null,
    unweighted_n integer,
    weighted_count double,
    joint_share double,
    row_share double,
    standard_error double,
    joint_share_standard_error double
);

create table if not exists analysis.transition_margins (
    survey varchar not null,
    wave_from varchar not null,
    wave_to varchar not null,
    weight_id varchar not null,
    item varchar not null,
    wave varchar not null,
    category varchar not null,
    margin_share double,
    topline_weight_id varchar,
    topline_share double,
    discrepancy double,
    standard_error double,
    ci_low double,
    ci_high double,
    p_value double,
    overlap_n integer,
    unweighted_n integer,
    topline_n integer,
    is_suppressed boolean
);

create table if not exists analysis.trends (
    survey varchar not null,
    weight_id varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    domain varchar not null,
    domain_value varchar not null,
    wave varchar not null,
    segment integer not null,
    item_asked varchar,
    is_break boolean,
    estimate double,
    standard_error double,
    smoothed double,
    smoothed_standard_error double,
    band_low double,
    band_high double,
    method varchar,
    unweighted_n integer,
    is_suppressed boolean,
    is_provisional boolean
);

create table if not exists analysis.trend_tests (
    survey varchar not null,
    weight_id varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    domain varchar not null,
    domain_value varchar not null,
    segment integer not null,
    test varchar not null,
    first_wave varchar,
    last_wave varchar,
    n_waves integer,
    estimate double,
    unit varchar,
    standard_error double,
    ci_low double,
    ci_high double,
    f double,
    numerator_df double,
    denominator_df double,
    p_value double,
    p_value_corrected double,
    family varchar,
    verdict varchar,
    note varchar,
    unweighted_n integer,
    is_suppressed boolean,
    mode_shift double,
    may_be_mode_effect boolean
);

create table if not exists analysis.conditioning (
    survey varchar not null,
    weight_id varchar not null,
    wave varchar not null,
    contrast varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    estimate_experienced double,
    estimate_newcomers double,
    difference double,
    standard_error double,
    ci_low double,
    ci_high double,
    degrees_of_freedom double,
    p_value double,
    p_value_corrected double,
    verdict varchar,
    n_experienced integer,
    n_newcomers integer,
    is_suppressed boolean
);

create table if not exists analysis.retention (
    survey varchar not null,
    wave varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    n_first_wave integer,
    n_eligible integer,
    n_respondents integer,
    retention_raw double,
    retention_raw_ci_low double,
    retention_raw_ci_high double,
    retention_eligible double,
    retention_eligible_ci_low double,
    retention_eligible_ci_high double,
    retention_weighted double,
    retention_weighted_ci_low double,
    retention_weighted_ci_high double,
    retention_raw_standard_error double,
    retention_eligible_standard_error double,
    retention_weighted_standard_error double,
    degrees_of_freedom double
);

create table if not exists analysis.attrition_hazards (
    survey varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    time integer not null,
    n_at_risk integer,
    n_exits integer,
    hazard double,
    hazard_standard_error double,
    hazard_ci_low double,
    hazard_ci_high double,
    survival double,
    survival_standard_error double,
    survival_ci_low double,
    survival_ci_high double,
    degrees_of_freedom double,
    unweighted_hazard double,
    unweighted_survival double,
    unweighted_hazard_standard_error double,
    unweighted_hazard_ci_low double,
    unweighted_hazard_ci_high double,
    unweighted_survival_standard_error double,
    unweighted_survival_ci_low double,
    unweighted_survival_ci_high double
);

create table if not exists analysis.response_rates (
    survey varchar not null,
    wave varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    n_invited integer,
    n_eligible integer,
    n_respondents integer,
    completion_rate double,
    completion_rate_ci_low double,
    completion_rate_ci_high double,
    response_rate double,
    response_rate_ci_low double,
    response_rate_ci_high double,
    cumulative_response_rate double,
    n_partial integer,
    n_refused integer,
    n_not_contacted integer,
    n_other integer,
    n_unknown integer,
    n_not_eligible integer,
    eligibility_rate double,
    rr1 double,
    rr2 double,
    rr3 double,
    rr4 double,
    rr5 double,
    rr6 double,
    recruitment_rate double,
    profile_rate double,
    retention_rate double,
    cumrr1 double,
    cumrr2 double,
    rate_kind varchar
);

create table if not exists analysis.response_quality (
    survey varchar not null,
    wave varchar not null,
    panel_member_id varchar not null,
    flag varchar not null,
    value double,
    threshold double,
    is_strong boolean,
    kind varchar
);

create table if not exists analysis.response_measures (
    survey varchar not null,
    wave varchar not null,
    panel_member_id varchar not null,
    measure varchar not null,
    value double
);

create table if not exists analysis.quality_effect (
    survey varchar not null,
    wave varchar not null,
    weight_id varchar not null,
    item varchar not null,
    statistic varchar not null,
    category varchar,
    estimate_with double,
    estimate_same_weights double,
    estimate_without double,
    difference_same_weights double,
    difference_same_weights_standard_error double,
    difference double,
    difference_standard_error double,
    n_removed integer,
    unweighted_n_with integer,
    unweighted_n_without integer,
    is_suppressed boolean
);

create table if not exists analysis.attrition_curves (
    survey varchar not null,
    clock varchar not null,
    weighting varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    time integer not null,
    cause varchar not null,
    wave varchar,
    n_at_risk integer,
    n_exits integer,
    hazard double,
    hazard_standard_error double,
    hazard_ci_low double,
    hazard_ci_high double,
    incidence double,
    incidence_standard_error double,
    incidence_ci_low double,
    incidence_ci_high double,
    degrees_of_freedom double,
    is_provisional boolean
);

create table if not exists analysis.member_patterns (
    survey varchar not null,
    panel_member_id varchar not null,
    pattern varchar not null,
    first_wave varchar,
    last_answered_wave varchar,
    n_at_risk integer,
    n_answered integer,
    n_missed_latest integer,
    exit_cause varchar,
    exit_wave varchar,
    is_active boolean,
    is_provisional boolean
);

create table if not exists analysis.attrition_patterns (
    survey varchar not null,
    weighting varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    pattern varchar not null,
    n_members integer,
    n_of_pattern integer,
    share double,
    standard_error double,
    ci_low double,
    ci_high double,
    degrees_of_freedom double
);

create table if not exists analysis.response_patterns (
    survey varchar not null,
    waves varchar not null,
    pattern varchar not null,
    waves_answered varchar,
    n_waves_answered integer,
    n_members integer,
    is_monotone boolean
);

create table if not exists analysis.representativity (
    survey varchar not null,
    wave varchar not null,
    indicator varchar not null,
    variable varchar not null,
    category varchar not null,
    estimate double,
    standard_error double,
    ci_low double,
    ci_high double,
    unadjusted double,
    degrees_of_freedom double,
    n_asked integer,
    n_respondents integer,
    mean_propensity double,
    coefficient_of_variation double,
    covariates varchar
);

create table if not exists analysis.response_by_answer (
    survey varchar not null,
    wave varchar not null,
    item varchar not null,
    category varchar not null,
    estimate_respondents double,
    estimate_asked double,
    difference double,
    standard_error double,
    ci_low double,
    ci_high double,
    p_value double,
    p_value_corrected double,
    n_respondents integer,
    n_asked integer,
    is_suppressed boolean
);

create table if not exists analysis.attrition_model (
    survey varchar not null,
    model varchar not null,
    term varchar not null,
    kind varchar not null,
    domain varchar,
    domain_value varchar,
    time integer,
    reference varchar,
    estimate double,
    standard_error double,
    ci_low double,
    ci_high double,
    statistic double,
    numerator_df integer,
    degrees_of_freedom double,
    p_value double,
    n_person_waves integer,
    n_exits integer,
    variance_method varchar
);

create table if not exists analysis.attrition_alerts (
    survey varchar not null,
    wave varchar not null,
    domain varchar not null,
    domain_value varchar not null,
    measure varchar not null,
    estimate double,
    rest double,
    difference double,
    standard_error double,
    ci_low double,
    ci_high double,
    p_value double,
    p_value_corrected double,
    n_tests integer,
    n_members integer,
    n_active integer,
    is_alert boolean,
    message varchar
);

create table if not exists analysis.refresh_outlook (
    survey varchar not null,
    waves_ahead integer not null,
    domain varchar not null,
    domain_value varchar not null,
    group_order integer,
    wave varchar,
    expected_on date,
    is_next_refresh boolean,
    n_active integer,
    n_absent integer,
    n_gone double,
    n_leaving double,
    n_out_of_population double,
    n_aged_out double,
    n_aged_in double,
    n_expected double,
    new_member_stays double,
    population_share double,
    population_source varchar
);
