-- One row per degrees of freedom: Student's t, as intervals and tests in the macros need it.
-- Key: degrees_of_freedom
-- degrees_of_freedom: whole number from 1
-- confidence: confidence of the intervals of this file
-- quantile: half width of the interval in standard errors
-- power_quantile: standard errors below which t falls with a chance of 80 %, as in power
-- coefficients: of the finite series for its distribution; macro t_p_value adds it up. Empty where no p value needs them

select
    degrees_of_freedom,
    confidence,
    quantile,
    power_quantile,
    coefficients
from analysis.t_distribution
order by degrees_of_freedom
