"""Which respondents of a wave are flagged for how they answered: between core tables and the arrays of C15."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.definitions import NOT_ASKED, NOT_DISTINGUISHED, Survey
from pipeline.response_quality import (
    Floats,
    is_straight,
    mean_of_known,
    n_sharing,
    nondifferentiation,
    time_ratio,
)
from pipeline.word_shapes import gibberish_share

FLAGS = {
    "wave": pl.String,
    "panel_member_id": pl.String,
    "flag": pl.String,
    "value": pl.Float64,
    "threshold": pl.Float64,
    "is_strong": pl.Boolean,
    "kind": pl.String,
}
KINDS = {  # what a flag is evidence of: two flags of one kind tell the same thing twice
    "speeding": "speed",
    "straightlining": "pattern",
    "nondifferentiation": "pattern",
    "item_nonresponse": "gaps",
    "duplicated_text": "copy",
    "duplicated_device": "copy",
    "gibberish": "gibberish",
    "inconsistent": "identity",
}
MEASURED = {"wave": pl.String, "panel_member_id": pl.String, "measure": pl.String, "value": pl.Float64}
KEPT = ("speeding", "straightlining", "nondifferentiation", "item_nonresponse")  # of everybody, for comparisons
REMOVED = {"wave": pl.String, "panel_member_id": pl.String, "kinds": pl.String}
SHORTEST_TEXT = 40  # characters; many people write the same two words


@dataclass(frozen=True)
class Measure:
    """One measure of every respondent; `is_strong` where a flag set on it weighs much."""

    flag: str
    value: Floats  # (n,), nan where it is not known
    is_strong: NDArray[np.bool_] | bool = False  # (n,), or of all


@dataclass(frozen=True)
class Judged:
    """What is found of one wave's respondents: the flags, and what those measures were of everybody."""

    flags: pl.DataFrame  # the columns of `response_quality` but the survey
    measures: pl.DataFrame  # wave, panel_member_id, measure, value; where it is known


def response_quality(survey: Survey, wave: str, interviews: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Return the flags of one wave's respondents."""
    return judged(survey, wave, interviews, answers).flags


def judged(survey: Survey, wave: str, interviews: pl.DataFrame, answers: pl.DataFrame) -> Judged:
    """Return how carefully one wave's respondents answered.

    Args:
        interviews: panel_member_id, n_differing (variables of identity), seconds, mode, device_hash of each complete
            interview, also of those that were removed: who is flagged must not depend on who was.
        answers: panel_member_id, item, code, missing_kind; of an open answer text, and text_hash where it is long.
    """
    if interviews.is_empty():
        return Judged(pl.DataFrame(schema=FLAGS), pl.DataFrame(schema=MEASURED))
    people = interviews.sort("panel_member_id").with_row_index("row")
    located = answers.join(people.select("panel_member_id", "row"), on="panel_member_id")
    open_items = [item.item for item in survey.items.values() if item.kind == "text"]
    closed = located.filter(~pl.col("item").is_in(open_items))
    measures = [
        Measure("speeding", _time_ratio(people, closed), is_strong=True),
        *_grid_measures(survey, closed, people.height),
        Measure("item_nonresponse", _nonresponse(closed, people.height)),
        Measure("duplicated_text", _shared_texts(located, people.height), is_strong=True),
        Measure("gibberish", _gibberish(survey, located, people.height)),
        Measure("duplicated_device", _sharing(people["device_hash"])),
        Measure("inconsistent", people["n_differing"].cast(pl.Float64).to_numpy(), is_strong=True),
    ]
    found = [_flagged(survey, wave, people, measure) for measure in measures]
    kept = [_of_everybody(wave, people, measure) for measure in measures if measure.flag in KEPT]
    return Judged(
        pl.concat([pl.DataFrame(schema=FLAGS), *found]).sort("panel_member_id", "flag"),
        pl.concat([pl.DataFrame(schema=MEASURED), *kept]).sort("panel_member_id", "measure"),
    )


def _of_everybody(wave: str, people: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    """Return one measure of each respondent of whom it is known."""
    found = people.select(
        pl.lit(wave).alias("wave"),
        "panel_member_id",
        pl.lit(measure.flag).alias("measure"),
        pl.Series("value", measure.value, pl.Float64),
    )
    return found.filter(pl.col("value").is_finite())


def removed_respondents(survey: Survey, flags: pl.DataFrame) -> pl.DataFrame:
    """Return wave, panel_member_id and kinds of those whom the survey's rule makes nonrespondents.

    The rule counts kinds of strong flags: a straight line is also undifferentiated, and is one reason, not two.

    Args:
        flags: as `response_quality` returns them.

    Source: methodology C15.
    """
    remove_at = survey.response_quality.remove_at
    if remove_at is None:
        return pl.DataFrame(schema=REMOVED)
    kinds = pl.col("kind").unique().sort()
    people = flags.filter("is_strong").group_by("wave", "panel_member_id").agg(kinds)
    removed = people.filter(pl.col("kind").list.len() >= remove_at)
    return removed.select("wave", "panel_member_id", kinds=pl.col("kind").list.join("+")).sort("panel_member_id")


def _flagged(survey: Survey, wave: str, people: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    """Return the rows of those whose value reaches the threshold; of speeding, falls below it."""
    threshold = getattr(survey.response_quality, measure.flag)
    if threshold is None:
        return pl.DataFrame(schema=FLAGS)
    with np.errstate(invalid="ignore"):
        flagged = measure.value < threshold if measure.flag == "speeding" else measure.value >= threshold
    is_strong = np.broadcast_to(measure.is_strong, flagged.shape)
    return pl.DataFrame(
        {
            "wave": pl.repeat(wave, int(flagged.sum()), eager=True),
            "panel_member_id": people["panel_member_id"].filter(pl.Series(flagged)),
            "flag": pl.repeat(measure.flag, int(flagged.sum()), eager=True),
            "value": measure.value[flagged],
            "threshold": pl.repeat(float(threshold), int(flagged.sum()), dtype=pl.Float64, eager=True),
            "is_strong": is_strong[flagged],
            "kind": pl.repeat(KINDS[measure.flag], int(flagged.sum()), eager=True),
        },
        schema=FLAGS,
    )


def _time_ratio(people: pl.DataFrame, located: pl.DataFrame) -> Floats:
    """Return the time of each interview over the median of the same mode and of the same items asked."""
    asked = located.filter(pl.col("missing_kind").fill_null("") != NOT_ASKED).sort("item")
    routes = asked.group_by("row").agg(pl.col("item").str.join("+").alias("route"))
    joined = people.join(routes, on="row", how="left", maintain_order="left")
    codes = [
        (joined[name].cast(pl.String).fill_null("").rank("dense").cast(pl.Int64) - 1).to_numpy()
        for name in ("mode", "route")
    ]
    seconds = joined["seconds"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return time_ratio(seconds, codes[0], codes[1])


def _grid_measures(survey: Survey, located: pl.DataFrame, n: int) -> list[Measure]:
    """Return straight lines and non-differentiation; a straight line is strong over a grid of mixed directions."""
    asked = set(located["item"].unique())
    grids = [grid for grid in survey.grids.values() if asked & set(grid.items)]
    if not grids:
        return []
    ratings = [_ratings(survey, grid.items, located, n) for grid in grids]
    straight = np.stack([is_straight(rating) for rating in ratings], axis=1)
    sizes = [len(survey.items[grid.items[0]].answers) for grid in grids]
    alike = [nondifferentiation(rating, size) for rating, size in zip(ratings, sizes, strict=True)]
    mixed = [place for place, grid in enumerate(grids) if grid.is_mixed]
    is_strong = (straight[:, mixed] == 1.0).any(axis=1)
    return [
        Measure("straightlining", mean_of_known(straight), is_strong),
        Measure("nondifferentiation", mean_of_known(np.stack(alike, axis=1))),
    ]


def _ratings(survey: Survey, items: tuple[str, ...], located: pl.DataFrame, n: int) -> Floats:
    """Return the place on the scale of each answer, (n, k), nan when missing."""
    rating = np.full((n, len(items)), np.nan)
    for column, item in enumerate(items):
        place = {option.code: position for position, option in enumerate(survey.items[item].answers)}
        part = located.filter((pl.col("item") == item) & pl.col("missing_kind").is_null())
        values = part["code"].replace_strict(place, default=None, return_dtype=pl.Float64).fill_null(np.nan)
        rating[part["row"].to_numpy(), column] = values.to_numpy()
    return rating


def _nonresponse(located: pl.DataFrame, n: int) -> Floats:
    """Return the share of the items asked without an answer; what may not have been asked counts neither way."""
    kind = pl.col("missing_kind").fill_null("")
    asked = located.filter(~kind.is_in([NOT_ASKED, NOT_DISTINGUISHED]))
    rates = asked.group_by("row").agg(pl.col("missing_kind").is_not_null().mean().alias("rate"))
    value = np.full(n, np.nan)
    value[rates["row"].to_numpy()] = rates["rate"].to_numpy()
    return value


def _shared_texts(located: pl.DataFrame, n: int) -> Floats:
    """Return with how many others a person shares an open answer, the largest over the open items."""
    value = np.zeros(n)
    for _, part in located.drop_nulls("text_hash").partition_by("item", as_dict=True).items():
        rows = part["row"].to_numpy()
        value[rows] = np.maximum(value[rows], n_sharing(part["text_hash"].to_numpy().astype(np.str_)))
    return value


def _gibberish(survey: Survey, located: pl.DataFrame, n: int) -> Floats:
    """Return the share of gibberish in a person's open answer, the largest over the open items; weak, as shapes are."""
    value = np.full(n, np.nan)
    if survey.response_quality.gibberish is None:
        return value
    texts = located.drop_nulls("text")
    shares = texts.select("row", share=gibberish_share(texts["text"], survey.languages)).drop_nulls()
    largest = shares.group_by("row").agg(pl.col("share").max())
    value[largest["row"].to_numpy()] = largest["share"].to_numpy()
    return value


def _sharing(hashes: pl.Series) -> Floats:
    return n_sharing(hashes.cast(pl.String).fill_null("").to_numpy().astype(np.str_)).astype(np.float64)
