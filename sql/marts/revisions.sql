-- One row per published figure that a corrected release moved.
-- Key: survey, wave, release_id, weight_id, item, statistic, category, domain, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- release_id: release that moved it
-- revised_at: when, UTC
-- weight_id: which weight; table weights says of what kind and for which waves
-- item: item id; table items has its wording
-- statistic: share (of a category), mean (of a number) or headline (share of several categories added up)
-- category: answer label for a share, headline name for a headline, empty for a mean
-- domain: how the population is divided, such as age_group; all for everyone
-- domain_value: part of the population the figure is for; all for everyone
-- estimate_before: figure published before
-- estimate_after: figure published now
-- reason: why it moved

select
    survey,
    wave,
    release_id,
    revised_at,
    weight_id,
    item,
    statistic,
    category,
    domain,
    domain_value,
    estimate_before,
    estimate_after,
    reason
from log.revisions
order by survey, wave, revised_at, release_id, weight_id, item, statistic, domain, domain_value, category
