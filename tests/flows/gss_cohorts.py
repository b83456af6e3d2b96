"""Another cohort of the layout of the GSS panel, made from the 2006 one with everything that may differ."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl

PERSONS = 1700
SEED = 2010
OPTIONAL_ROSTER_COLUMNS = ["id_crosssection", "vstrat", "vpsu", "formwt", "oversamp"]
NOT_ASKED = {1: ["wwwhr", "confed"], 2: ["consci", "confed", "letdie1"], 3: ["confed", "conmedic"]}
LEFT_OUT = {1: ["mode"], 2: ["year", "mode", "dateintv"], 3: ["year", "mode", "dateintv", "ballot", "form"]}


def write_another_cohort(source: Path, target: Path) -> None:
    """Draw persons of one cohort again under new ids, and deliver them as another one might be.

    Items and administrative columns are absent, one is new, one is blank throughout, columns and rows come
    in another order, ages and degrees are missing, some strata have three PSUs, whoever left at wave 2 has
    a blank status at wave 3, and all years are later.
    """
    rng = np.random.default_rng(SEED)
    drawn = pl.DataFrame(
        {"firstid": rng.choice(read(source / "sample.csv.gz")["firstid"].to_numpy(), PERSONS)}
    ).with_columns(new_id=pl.Series([f"{n:06d}" for n in 7 * rng.permutation(PERSONS) + 3]))
    roster = renamed(read(source / "sample.csv.gz"), drawn).drop(OPTIONAL_ROSTER_COLUMNS)
    write(shuffled(with_new_design(roster, rng), rng), target / "sample.csv.gz")
    for wave in (1, 2, 3):
        answers = renamed(read(source / f"waves/wave{wave}.csv.gz"), drawn)
        absent = [c for c in NOT_ASKED[wave] + LEFT_OUT[wave] if c in answers.columns]
        answers = answers.drop(absent)
        write(shuffled(with_gaps(answers, wave, rng), rng), target / f"waves/wave{wave}.csv.gz")


def read(path: Path) -> pl.DataFrame:
    """Return a delivered file, every cell as text."""
    return pl.read_csv(path, infer_schema=False)


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write a file as the producer packs it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(frame.write_csv().encode(), mtime=0))


def renamed(frame: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the persons drawn, once for each time they were, under their new ids."""
    joined = drawn.join(frame, on="firstid", how="inner", maintain_order="left")
    return joined.drop("firstid").rename({"new_id": "firstid"})


def shuffled(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the rows and the columns in another order."""
    columns = rng.permutation(np.array(frame.columns, dtype=object)).tolist()
    return frame.select(columns)[rng.permutation(frame.height)]


def with_new_design(roster: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return a roster with rescaled weights, three PSUs in a third of the strata and blank statuses."""
    third = pl.Series(rng.random(roster.height) < 1 / 3)
    left_at_wave_2 = pl.col("panstat_w2").str.contains("not Eligible")
    return roster.with_columns(
        wtssall_w1=(pl.col("wtssall_w1").cast(pl.Float64) * 2.5).cast(pl.String),
        vpsu_w1=pl.when((pl.col("vstrat_w1").cast(pl.Int64) % 3 == 0) & third).then(pl.lit("3")).otherwise("vpsu_w1"),
        panstat_w3=pl.when(~left_at_wave_2).then("panstat_w3"),
    )


def with_gaps(answers: pl.DataFrame, wave: int, rng: np.random.Generator) -> pl.DataFrame:
    """Return answers with ages and degrees missing, later years, and a new and an empty column."""

    def blank(column: str, share: float) -> pl.Expr:
        kept = pl.Series(rng.random(answers.height) >= share)
        return pl.when(kept).then(pl.col(column)).alias(column)

    changed = [blank("age", 0.02), blank("degree", 0.01)]
    if wave == 1:
        changed.append((pl.col("year").cast(pl.Int64) + 4).cast(pl.String))
    if wave == 2:
        changed.append(pl.lit(None, dtype=pl.String).alias("suicide1"))
    if wave == 3:
        changed.append(pl.lit(pl.Series(rng.choice(["Yes", "No"], answers.height))).alias("newitem"))
    return answers.with_columns(changed)
