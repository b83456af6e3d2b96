-- One row per model and term: a discrete-time hazard model of leaving the panel, with design-based errors.
-- Key: survey, model, term
-- survey: survey the row belongs to; its name under surveys/
-- model: logit of leaving at a wave since joining; profile has every published domain and the wave, the others one
--   domain by wave: each group with a course of its own
-- term: constant, a category, a wave since joining, a category at a wave, or the test of several terms together
-- kind: coefficient; test, an F test that the coefficients of the term are all 0; or not fitted, with the reason as reference
-- domain: domain of the term
-- domain_value: category of the term
-- time: wave since joining of the term
-- reference: what the coefficient compares with
-- estimate: log odds ratio of leaving; empty for a test
-- standard_error: its standard error, from the sampling design, members counted once however many waves they give
-- ci_low: lower end of the confidence interval of estimate
-- ci_high: upper end of the confidence interval of estimate
-- statistic: t of a coefficient, F of a test
-- numerator_df: coefficients that a test tests together; empty for a coefficient
-- degrees_of_freedom: those of t, or of the denominator of F
-- p_value: two-sided p of the coefficient, or p of the test; not corrected for the number of terms
-- n_person_waves: members times waves at risk in the model; waves and categories that nobody, or everybody, left at
--   say nothing and are left out
-- n_exits: exits among them
-- variance_method: how the errors were made

select
    survey,
    model,
    term,
    kind,
    domain,
    domain_value,
    time,
    reference,
    estimate,
    standard_error,
    ci_low,
    ci_high,
    statistic,
    numerator_df,
    degrees_of_freedom,
    p_value,
    n_person_waves,
    n_exits,
    variance_method
from analysis.attrition_model
order by survey, model, kind, domain, time, domain_value, term
