-- Every weight is a positive number.

select
    survey,
    panel_member_id,
    weight_id,
    wave
from analysis.weights
where not (isfinite(weight) and weight > 0)
