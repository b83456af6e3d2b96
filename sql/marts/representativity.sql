-- One row per wave, indicator, variable and category: how representative response is of those recruited and still in
--   the population, as far as the covariates tell.
-- Key: survey, wave, indicator, variable, category
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey; waves that everybody answered, and those in the field, are left out
-- indicator: r_indicator (1 is representative), partial_unconditional or partial_conditional (0 adds nothing); or
--   not_fitted, a row without figures whose covariates say why response could not be modelled
-- variable: covariate of a partial indicator; all for the R-indicator
-- category: category of the covariate; all for the whole variable
-- estimate: R adjusted for bias in small samples; an unconditional partial below 0 marks a category that answers too
--   little: chase it; a conditional one leaves out what the other covariates explain, and has no sign
-- standard_error: standard error of estimate, by the sampling design; empty for an R that is adjusted to 1
-- ci_low: lower end of the confidence interval of estimate, for R that of the squared spread of the chances
-- ci_high: upper end of the confidence interval of estimate
-- unadjusted: the same without adjustment for bias
-- degrees_of_freedom: PSUs minus strata with members asked
-- n_asked: members recruited and still in the population
-- n_respondents: those of them who answered
-- mean_propensity: mean of the modelled chances to answer, weighted by the recruitment weight
-- coefficient_of_variation: adjusted spread of those chances over their mean: the most that a mean of the respondents
--   can be biased, in standard deviations, by what the covariates tell
-- covariates: variables of the response model, the same at each wave

select
    survey,
    wave,
    indicator,
    variable,
    category,
    estimate,
    standard_error,
    ci_low,
    ci_high,
    unadjusted,
    degrees_of_freedom,
    n_asked,
    n_respondents,
    mean_propensity,
    coefficient_of_variation,
    covariates
from analysis.representativity
order by survey, wave, indicator, variable, category
