-- Chance that Student's t lies above a value.
-- t: the value
-- freedom: degrees of freedom, a whole number
-- coefficients: of the series for that number, from t_distribution
create macro t_upper_tail(t, freedom, coefficients) as
    case when t > 0 then t_p_value(t, freedom, coefficients) / 2 else 1 - t_p_value(t, freedom, coefficients) / 2 end
