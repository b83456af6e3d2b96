-- One row per set of draws: how the replicate weights of a survey were made.
-- Key: replicate_set
-- survey: survey the row belongs to; its name under surveys/
-- replicate_set: name of the draws; all waves share them, so the covariance of waves is in the replicates
-- kind: bootstrap (Rao, Wu and Yue), jkgroups, jkn, jk1, brr or fay
-- n_replicates: number of replicates drawn
-- seed: seed of the draws, as declared; empty where it would tell who lives together
-- n_strata: strata of the panel
-- n_psus: primary sampling units of the panel
-- coefficients: what each squared deviation counts: variance = sum of coefficient x (replicate estimate - estimate)^2
-- degrees_of_freedom: groups drawn less strata they were drawn in; intervals have no more, and fewer than replicates
-- psus_together: primary sampling units that every draw takes together, at least; 1 when each is drawn on its own

select
    survey,
    replicate_set,
    kind,
    n_replicates,
    seed,
    n_strata,
    n_psus,
    coefficients,
    degrees_of_freedom,
    psus_together
from analysis.replicate_sets
where replicate_set in (select replicate_set from marts.weights)
order by replicate_set
