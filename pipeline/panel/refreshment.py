"""What the panel's make-up will be at each of the next waves, as published rows that a refreshment is planned from."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import Domain
from pipeline.panel.ages import DAYS_IN_YEAR, band_codes
from pipeline.panel.lives import PanelTime
from pipeline.retention.histories import NONE, person_times
from pipeline.retention.refreshment import Chances, Members, chance_gone, chances, outlook

FARTHEST = 12  # waves ahead
USUAL_WAVES_A_YEAR = 4  # where no wave has a date
OF_POPULATION, OF_RECRUITS = "population", "recruits"


def refresh_outlook(time: PanelTime) -> pl.DataFrame:
    """Return the rows of `refresh_outlook`: the groups of age, or of the first domain, at each of the next waves."""
    domain = outlook_domain(time)
    if domain is None:
        return pl.DataFrame()
    gap = days_between_waves(time)
    days = [time.starts[-1] + np.timedelta64(round(gap * ahead), "D") for ahead in range(1, FARTHEST + 1)]
    n_groups = len(domain.values)
    rows = person_times(time.histories)
    group = _groups_at_waves(time, domain)[rows.row, rows.wave]
    later = rows.time > 0
    of_later = rows.where(later) if later.any() else rows
    settled = chances(of_later, group[later] if later.any() else group, n_groups)
    first = [chances(rows.where(rows.time == at), group[rows.time == at], n_groups) for at in range(FARTHEST)]
    observed = int(rows.time.max(initial=-1)) + 1
    new = [first[at] if at < observed else settled for at in range(FARTHEST)]
    found = outlook(_members(time, domain, days), domain.values, settled, _stacked(new))
    share, source = _population(time, domain)
    return found.with_columns(
        survey=pl.lit(time.data.survey.survey),
        wave=pl.lit(time.waves[-1]),
        domain=pl.lit(domain.domain),
        expected_on=pl.col("waves_ahead").replace_strict(
            {ahead: None if np.isnat(day) else day.item() for ahead, day in enumerate(days, 1)}, return_dtype=pl.Date
        ),
        is_next_refresh=pl.col("waves_ahead") == min(_waves_a_year(gap), FARTHEST),
        population_share=pl.col("domain_value").replace_strict(share, return_dtype=pl.Float64),
        population_source=pl.lit(source),
        group_order=pl.col("domain_value").replace_strict(
            {value: place for place, value in enumerate(domain.values)}, return_dtype=pl.Int64
        ),
    )


def outlook_domain(time: PanelTime) -> Domain | None:
    """Return the domain that a refreshment is planned by: of age, else the first published one."""
    return next(iter([*time.ageing_domains(), *time.first_domains()]), None)


def days_between_waves(time: PanelTime) -> float:
    """Return the mean number of days from one wave's start to the next, those of a quarter where no two have dates."""
    dated = time.starts[~np.isnat(time.starts)]
    if dated.size < 2:
        return DAYS_IN_YEAR / USUAL_WAVES_A_YEAR
    return float((dated[-1] - dated[0]).astype("timedelta64[D]").astype(np.float64)) / (dated.size - 1)


def _waves_a_year(gap: float) -> int:
    """Return how many waves there are in a year: a panel is refreshed every year unless somebody says otherwise."""
    return max(1, round(DAYS_IN_YEAR / gap)) if gap > 0 else USUAL_WAVES_A_YEAR


def _members(time: PanelTime, domain: Domain, days: list[np.datetime64]) -> Members:
    """Return the active members with their groups now and at each wave to come."""
    histories = time.histories
    active = np.flatnonzero(histories.is_active)
    gone = chance_gone(histories)
    missed = histories.missed_at_end[active]
    now = _groups_at_waves(time, domain)[active, -1]
    then = np.column_stack([_groups_on(time, domain, day)[active] for day in days])
    return Members(now, np.where(then == NONE, now[:, None], then), missed > 0, gone[missed])


def _groups_at_waves(time: PanelTime, domain: Domain) -> NDArray[np.int64]:
    """Return everybody's group at each wave, (n, n_waves)."""
    return np.column_stack([_groups_on(time, domain, start) for start in time.starts])


def _groups_on(time: PanelTime, domain: Domain, day: np.datetime64) -> NDArray[np.int64]:
    """Return everybody's group on a day, (n,); that of recruitment where nobody grows older or the age is not known."""
    fixed = time.data.arrays.domains[domain.domain].codes[time.rows]
    if domain not in time.ageing_domains():
        return fixed
    codes = band_codes(domain, time.ages.on(day))
    return np.where(codes == NONE, fixed, codes)


def _stacked(parts: list[Chances]) -> Chances:
    return Chances(
        np.stack([part.leaving for part in parts]),
        np.stack([part.dying_or_moving for part in parts]),
    )


def _population(time: PanelTime, domain: Domain) -> tuple[dict[str, float], str]:
    """Return each group's share of the population: by the survey's margin, else as the recruits were weighted."""
    margin = time.data.survey.margins.get(domain.domain)
    if margin is not None:
        persons = {value: margin.totals.get(value, 0.0) for value in domain.values}
        source = OF_POPULATION
    else:
        codes = time.data.arrays.domains[domain.domain].codes[time.rows]
        persons = {value: float(time.weight[codes == code].sum()) for code, value in enumerate(domain.values)}
        source = OF_RECRUITS
    total = sum(persons.values())
    return {value: n / total if total else 0.0 for value, n in persons.items()}, source
