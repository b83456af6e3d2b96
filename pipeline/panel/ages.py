"""How old members are on a day, of the whole years that a list gives, and which bands of age they are in then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import ANY_WAVE, BIRTH_YEAR, ROSTER, Domain, ProfileVariable, Survey
from pipeline.panel.arrays import UNKNOWN

DAYS_IN_YEAR = 365.2425
GOLDEN_RATIO = (1 + np.sqrt(5)) / 2
Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Starts = Mapping[str, np.datetime64]  # wave: first day of fieldwork


@dataclass(frozen=True)
class Ages:
    """What a survey knows of its members' ages."""

    asked: Floats  # (n,) years of age, or the year of birth; NaN where it is not known
    asked_on: NDArray[np.datetime64]  # (n,) day that age is of
    since_birthday: Floats  # (n,) share of a year lived beyond the age in whole years, on that day
    are_births: bool = False  # `asked` is the year of birth, and its bands are ages on `asked_on`

    def on(self, day: np.datetime64) -> Floats:
        """Return members' ages in whole years on a day, (n,); NaN where they are not known.

        Ages are of whole years: birthdays are taken as spread evenly over the year. Of years of birth, it is the year
        in which those were born who were as old when the bands were ages.
        """
        elapsed = (day - self.asked_on).astype("timedelta64[D]").astype(np.float64)
        elapsed[np.isnat(self.asked_on) | np.isnat(day)] = np.nan
        birthdays = np.floor(elapsed / DAYS_IN_YEAR + self.since_birthday)
        return self.asked - birthdays if self.are_births else np.floor(self.asked) + birthdays

    def of(self, rows: NDArray[np.int64]) -> "Ages":
        """Return the ages of some of the members."""
        return Ages(self.asked[rows], self.asked_on[rows], self.since_birthday[rows], self.are_births)


def member_ages(survey: Survey, known: pl.DataFrame, starts: Starts, order: tuple[NDArray[Any], ...] = ()) -> Ages:
    """Return the ages of members.

    Args:
        known: joined_on and age, a row for each member.
        order: of members who were asked on the same day, by which birthdays are spread over them.
    """
    age = known["age"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    asked_on = _asked_on(survey, known["joined_on"], starts)
    variable = age_variable(survey)
    are_births = variable is not None and variable.measure == BIRTH_YEAR
    return Ages(age, asked_on, evenly_spread(age, (asked_on, *order)), are_births)


def bands_at_waves(survey: Survey, ages: Ages, fixed: Mapping[str, Codes]) -> dict[tuple[str, str], Codes]:
    """Return by wave and domain the (n_members,) bands in which members are at its start, of domains `at: wave`.

    Args:
        fixed: domain: the bands of the age that members told, which stand where nobody knows when they told it.
    """
    found = {}
    for wave in survey.waves if any(one.is_at_wave for one in survey.domains) else ():
        age = ages.on(np.datetime64(wave.fieldwork_start, "D"))
        for domain in survey.domains:
            if domain.is_at_wave:
                codes = np.where(np.isnan(age), fixed[domain.domain], band_codes(domain, age))
                found[wave.wave, domain.domain] = codes
    return found


def age_variable(survey: Survey) -> ProfileVariable | None:
    """Return the variable by which members grow older; None where the plan names none."""
    return next((one for one in survey.profile if survey.retention and one.name == survey.retention.age), None)


def evenly_spread(group: Floats, order: tuple[NDArray[Any], ...]) -> Floats:
    """Return a share of 1 for each row, spread evenly over the rows of each group in an order, (n,).

    Rows that come later in the order leave those before as they are.

    Source: Weyl (1916), multiples of an irrational number modulo 1; of the golden ratio they are spread best.
    """
    sorted_rows = np.lexsort((*reversed(order), group))
    place = np.arange(group.size) - np.searchsorted(group[sorted_rows], group[sorted_rows])
    share = np.empty(group.size)
    share[sorted_rows] = (place + 0.5) * GOLDEN_RATIO % 1
    return share


def band_codes(domain: Domain, age: Floats) -> NDArray[np.int64]:
    """Return the place of each age among a domain's bands, UNKNOWN where it is in none."""
    codes = np.full(age.shape, UNKNOWN, np.int64)
    for code, band in enumerate(domain.bands):
        low, high = (-np.inf if band.low is None else band.low), (np.inf if band.high is None else band.high)
        codes[(age >= low) & (age <= high) & (codes == UNKNOWN)] = code
    return codes


def _asked_on(survey: Survey, joined_on: pl.Series, starts: Starts) -> NDArray[np.datetime64]:
    """Return the day that a member's age is of: of joining, or of the wave that asked it."""
    known = age_variable(survey)
    source = known.source if known else ""
    if known and known.known_on:
        return np.full(len(joined_on), np.datetime64(known.known_on, "D"))
    if source in (ROSTER, ANY_WAVE):
        return joined_on.cast(pl.Date).to_numpy().astype("datetime64[D]")
    return np.full(len(joined_on), starts.get(source, np.datetime64("NaT")), "datetime64[D]")
