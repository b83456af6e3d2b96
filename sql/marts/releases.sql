-- One row per release of a wave: figures frozen, with the hashes of what they were made of.
-- Key: release_id
-- release_id: the release
-- survey: survey the row belongs to; its name under surveys/
-- wave: wave of the survey
-- release_status: final, or corrected when it replaces an earlier release
-- released_at: when it was frozen, UTC
-- figures_hash: hash of the figures
-- definitions_hash: hash of the definitions
-- margins_hash: hash of the population totals used
-- code_version: hash of the code and SQL
-- approved_at: when somebody, or the workspace's settings, approved it; empty before
-- notice: what was corrected, in words
-- snapshot: file in snapshots/ that holds these figures, to be read again; it is never thrown away
-- embargo_until: time, UTC, before which its newsletter and public pages stay in; this file has its figures already, for
--   researchers, who are not to pass them on before then
-- is_public: approved, and its embargo over when this file was made: newsletter and public pages are out

select
    release_id,
    survey,
    wave,
    release_status,
    released_at,
    figures_hash,
    definitions_hash,
    margins_hash,
    code_version,
    approved_at,
    notice,
    snapshot,
    embargo_until,
    coalesce(is_public, false) as is_public
from log.releases
order by survey, wave, released_at, release_id
