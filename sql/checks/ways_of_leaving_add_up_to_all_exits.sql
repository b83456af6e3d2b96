-- The ways of leaving the panel or the population add up to all exits.

select
    survey,
    clock,
    weighting,
    domain,
    domain_value,
    time
from analysis.attrition_curves
where cause not in ('nonresponse', 'missed_latest')
group by survey, clock, weighting, domain, domain_value, time
having bool_or(cause = 'all')
    and not coalesce(
        abs(sum(incidence) filter (where cause <> 'all') - any_value(incidence) filter (where cause = 'all')) <= 1e-9
        and sum(n_exits) filter (where cause <> 'all') = any_value(n_exits) filter (where cause = 'all'),
        false
    )
