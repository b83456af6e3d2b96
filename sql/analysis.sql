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
    weight double not null
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
    unweighted_n_to integer
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
    unweighted_survival double
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
    cumulative_response_rate double
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
