-- Every estimate has a standard error and an interval, unless it is suppressed or its design has no degree of freedom.

select
    survey,
    wave,
    weight_id,
    item,
    statistic,
    category,
    domain,
    domain_value
from analysis.estimates
where not coalesce(is_suppressed, false)
    and coalesce(degrees_of_freedom, 0) >= 1
    and not coalesce(
        isfinite(standard_error) and standard_error >= 0 and ci_low <= estimate and estimate <= ci_high,
        false
    )
