-- One row per number of waves ahead and age group: how many active members it will have then, if nobody is recruited.
-- Key: survey, waves_ahead, domain_value
-- survey: survey the row belongs to; its name under surveys/
-- waves_ahead: waves from the newest one that is not in the field
-- domain: domain of age, between whose values members move as they grow older; else the survey's first domain
-- domain_value: the group
-- group_order: place of the group
-- wave: newest wave that the outlook knows of
-- expected_on: day of that wave, at the mean distance of the waves so far
-- is_next_refresh: true at the wave a year ahead
-- n_active: members active now, by their age now
-- n_absent: those of them who missed the newest wave
-- n_gone: of the absent, how many have left already, as absences so far turned out
-- n_leaving: members expected to leave the panel by then
-- n_out_of_population: members expected to die or move away by then
-- n_aged_out: members still active then who have grown out of the group; birthdays are taken as spread over the year
-- n_aged_in: members still active then who have grown into it
-- n_expected: active members then: n_active - n_gone - n_leaving - n_out_of_population - n_aged_out + n_aged_in
-- new_member_stays: chance that somebody recruited now is active then
-- population_share: share of the group in the population
-- population_source: population, by the survey's margin, or recruits, as they are weighted where there is no margin

select
    survey,
    waves_ahead,
    domain,
    domain_value,
    group_order,
    wave,
    expected_on,
    is_next_refresh,
    n_active,
    n_absent,
    n_gone,
    n_leaving,
    n_out_of_population,
    n_aged_out,
    n_aged_in,
    n_expected,
    new_member_stays,
    population_share,
    population_source
from analysis.refresh_outlook
order by survey, waves_ahead, group_order
