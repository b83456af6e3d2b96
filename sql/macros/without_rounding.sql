-- A variance, 0 where it is rounding noise beside that of a simple random sample, or beside the estimate.
-- variance: as computed
-- reference: variance of a simple random sample
-- estimate: the estimate
create macro without_rounding(variance, reference, estimate) as
    case
        when variance <= greatest(1e-14 * reference, pow(64 * 2.220446049250313e-16, 2) * pow(estimate, 2))
            then 0.0
        else variance
    end
