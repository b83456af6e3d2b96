"""The golden data of methodology.md D: 120 people made without random numbers, so a test can remake them."""

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

PSUS_IN_POPULATION = 40.0  # per stratum, for the tests with a first-stage FPC
AGE_TOTALS = np.array([1100.0, 1150.0, 1250.0])  # G9, G10, G11
SEX_TOTALS = np.array([1700.0, 1800.0])  # G10, G11


def _person(i: int) -> dict[str, int]:
    stratum = 1 + (i - 1) // 30
    age = 1 + (i * 7) % 3
    y1 = 1 if (i * i + 3 * i + stratum) % 7 < 3 + (age == 3) else 0
    y2 = y1 if (i * 11) % 10 < 7 else 1 - y1
    return {
        "id": i,
        "stratum": stratum,
        "psu": 100 * stratum + ((i - 1) % 30) // 5 + 1,
        "age": age,
        "sex": 1 + (i * 5 + i // 4) % 2,
        "w": 10 * stratum + (i * 37) % 11,
        "y1": y1,
        "y2": y2,
        "lik": 1 + (i * 13 + age * 5 + y1 * 3) % 5,
        "r2": 0 if (i * 17 + age) % 5 == 0 or (age == 1 and i % 4 == 0) else 1,
    }


def _acceptability(i: int, y1: int) -> dict[str, float]:
    """Importance A1..A5 (they add up to 100) and ratings R1..R5 of G25 to G28."""
    raw = [1 + (i * (k + 2) + (1 + (i * 7) % 3)) % 5 for k in range(5)]
    importance = {f"A{k + 1}": 100 * raw[k] / sum(raw) for k in range(5)}
    return importance | {f"R{k + 1}": float(1 + (i * (2 * k + 3) + 2 * y1) % 5) for k in range(5)}


@cache
def golden_people() -> pl.DataFrame:
    """Return the 120 people: id, stratum, psu, age, sex, w, y1, y2, lik, r2, A1..A5, R1..R5."""
    people = [_person(i) for i in range(1, 121)]
    return pl.DataFrame([person | _acceptability(person["id"], person["y1"]) for person in people])


def column(name: str) -> NDArray[np.float64]:
    """Return one column of the golden people as floats."""
    return golden_people()[name].to_numpy().astype(np.float64)


def codes(name: str) -> NDArray[np.int64]:
    """Return one column of the golden people as integer codes, as they are in the data."""
    return golden_people()[name].to_numpy().astype(np.int64)


def age_and_sex_levels() -> NDArray[np.int64]:
    """Return (120, 2) level codes from 0 of age and sex, as calibration takes them."""
    return np.column_stack([codes("age") - 1, codes("sex") - 1])


@cache
def lonely_people() -> pl.DataFrame:
    """Return the ten people of the lonely-PSU example: stratum, psu, w, y."""
    return pl.DataFrame(
        {
            "stratum": [1] * 4 + [2] * 6,
            "psu": [1, 1, 2, 2, 3, 3, 4, 4, 5, 5],
            "w": [10.0, 10, 12, 12, 8, 8, 9, 9, 7, 7],
            "y": [1.0, 0, 1, 1, 0, 0, 1, 0, 1, 1],
        }
    )


@cache
def leavers() -> pl.DataFrame:
    """Return the ten members of the small Kaplan–Meier example: t (last wave), event (left), w."""
    return pl.DataFrame(
        {
            "t": [1, 2, 2, 3, 3, 3, 4, 4, 5, 5],
            "event": [1, 1, 0, 1, 1, 0, 1, 0, 0, 0],
            "w": [1.0, 2.0, 1.0, 1.5, 1.0, 2.0, 1.0, 1.0, 1.5, 1.0],
        }
    )
