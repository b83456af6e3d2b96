"""A panel to take in: its definitions, its member list, and a wave of 60 items as CSV, Parquet and SPSS file."""

from pathlib import Path

import numpy as np
import polars as pl

N_ITEMS = 60
SEED = 20261123
START = np.datetime64("2025-03-03T08:00:00")
SECONDS_OF_FIELDWORK = 20 * 86_400
FORMATS = ("csv", "parquet", "sav")
SCALE = ("1", "2", "3", "4", "5", "-8", "-9")
SURVEY = """\
survey: "large"
title: "A large panel"
member_ids: pseudonym
disclosure_profile: public
inference: calibrated_legacy
blank: skipped
population:
  {name: "residents", unit: "persons", universe: "16 and over", persons: 4000000, source: "made up",
   reference_date: 2021-03-21}
roster: {file: "members.csv", columns: {panel_member_id: ID, joined_on: JOINED}}
profile:
  age: {label: "Age", column: AGE, number: true}
  sex: {label: "Sex", column: SEX, categories: ["Female", "Male"]}
domains:
  age_group: {variable: age, bands: {"16-49": [16, 49], "50+": [50, null]}}
  sex: {variable: sex}
design: {strata: [AREA]}
weights:
  wave_weight:
    kind: cross_sectional
    waves: each
    use_when: "For one wave."
    base: equal
    calibration: {method: raking, margins: [age_group, sex]}
"""
ITEMS = """\
missing_kinds: {-8: dont_know, -9: refused}
scales:
  agree5:
    answers: {1: "Strongly disagree", 2: "Disagree", 3: "Neither", 4: "Agree", 5: "Strongly agree"}
    missing: {-8: "Don't know", -9: "Prefer not to say"}
items:
"""
WAVE = """\
wave: "w01"
fieldwork: {start: 2025-03-03, end: 2025-03-24}
mode: "web"
source:
  file: "wave.%s"
  columns: {panel_member_id: RESP_ID, completed_at: SUBMITTED}
  complete_when: {column: OUTCOME, in: ["complete"]}
items:
"""
MARGINS = """\
margin,category,persons,unit,universe,source,reference_date
age_group,16-49,2400000,persons,16 and over,made up,2021-03-21
age_group,50+,1600000,persons,16 and over,made up,2021-03-21
sex,Female,2040000,persons,16 and over,made up,2021-03-21
sex,Male,1960000,persons,16 and over,made up,2021-03-21
"""


def write_definitions(folder: Path, extension: str) -> None:
    """Write the survey's folder, its wave delivered as a file with this extension."""
    items = [f"q{number}" for number in range(1, N_ITEMS + 1)]
    texts = {
        "survey.yml": SURVEY,
        "items.yml": ITEMS + "".join(f'  {item}: {{wording: "Question {item}?", scale: agree5}}\n' for item in items),
        "margins/2021.csv": MARGINS,
        "waves/w01.yml": WAVE % extension + "".join(f"  {item}: {item.upper()}\n" for item in items),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def write_files(folder: Path, n: int) -> None:
    """Write members.csv and wave.csv, wave.parquet and wave.sav: n members, all of whom answered."""
    import pyreadstat

    rng = np.random.default_rng(SEED)
    ids = pl.Series([f"P{number:07d}" for number in range(1, n + 1)])
    members = {
        "ID": ids,
        "JOINED": pl.repeat("2024-05-01", n, eager=True),
        "AGE": pl.Series(rng.integers(16, 90, n)),
        "SEX": pl.Series(["Female", "Male"])[rng.integers(0, 2, n)],
        "AREA": pl.Series([f"A{number:02d}" for number in range(40)])[rng.integers(0, 40, n)],
    }
    pl.DataFrame(members).write_csv(folder / "members.csv")
    wave = answers(rng, ids)
    wave.write_csv(folder / "wave.csv")
    typed = wave.with_columns(pl.col("^Q.*$").cast(pl.Int8))
    typed.write_parquet(folder / "wave.parquet")
    labels = {int(code): f"Answer {code}" for code in SCALE}
    pyreadstat.write_sav(
        typed.with_columns(pl.col("^Q.*$").cast(pl.Float64)),
        str(folder / "wave.sav"),
        variable_value_labels={f"Q{number}": labels for number in range(1, N_ITEMS + 1)},
        row_compress=True,
    )


def answers(rng: np.random.Generator, ids: pl.Series) -> pl.DataFrame:
    """Return a wave in which everybody answered, in any order; a fifth of the items has blanks."""
    n = len(ids)
    ended = START + rng.integers(0, SECONDS_OF_FIELDWORK, n).astype("timedelta64[s]")
    columns = {
        "RESP_ID": ids[rng.permutation(n)],
        "SUBMITTED": pl.Series(ended.astype("datetime64[us]")).dt.strftime("%Y-%m-%d %H:%M:%S"),
        "OUTCOME": pl.Series(["complete", "partial"])[rng.choice(2, n, p=[0.97, 0.03])],
    }
    for number in range(1, N_ITEMS + 1):
        codes = pl.Series([*SCALE, None] if number % 5 == 0 else SCALE, dtype=pl.String)
        columns[f"Q{number}"] = codes[rng.choice(len(codes), n, p=rng.dirichlet(np.full(len(codes), 2.0)))]
    return pl.DataFrame(columns)
