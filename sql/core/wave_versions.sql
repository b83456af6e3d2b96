-- One row per declared wave: another version whenever the wave's rows of core are made again.
-- Key: survey, wave

select
    survey,
    wave,
    uuid() as version
from definitions.waves
