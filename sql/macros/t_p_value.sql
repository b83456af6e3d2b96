-- Two-sided p of Student's t by its finite series (Abramowitz and Stegun 26.7.3 and 26.7.4); exact to 1e-14, not below.
--   Null where there is no statistic: an estimate without error is not tested. (greatest() would say 0.)
-- t: the statistic; null where the error is 0
-- freedom: degrees of freedom, a whole number
-- coefficients: of the series for that number, from t_distribution
create macro t_p_value(t, freedom, coefficients) as
    case
        when t is null or freedom is null
            then null
        else greatest(
                0.0,
                1.0 - case
                    when freedom % 2 = 1
                        then 2 / pi() * (
                            atan(abs(t) / sqrt(freedom))
                            + abs(t) * sqrt(freedom) / (freedom + t * t) * coalesce(
                                list_sum(
                                    list_transform(
                                        coefficients,
                                        lambda coefficient, place: coefficient * pow(freedom / (freedom + t * t), place - 1)
                                    )
                                ),
                                0.0
                            )
                        )
                    else abs(t) / sqrt(freedom + t * t) * list_sum(
                            list_transform(
                                coefficients,
                                lambda coefficient, place: coefficient * pow(freedom / (freedom + t * t), place - 1)
                            )
                        )
                end
            )
    end
