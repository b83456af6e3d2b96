"""Trends of single answers pooled over waves as published rows, as far as a plan asks for them; and their families."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.analysis_plans import GEE, NET, ORDINAL, TestFamily, TrendPlan
from pipeline.definitions import Survey
from pipeline.errors import StatisticsError
from pipeline.estimation.pooled import PooledAnswers, gee_trend, ordinal_trend, parallel_lines, pooled_answers
from pipeline.estimation.smoothing import FEWEST_WAVES
from pipeline.estimation.tests import corrected_p_values, verdicts
from pipeline.estimation.values import ItemValues
from pipeline.panel.trends import (
    LINEAR_FIT,
    NO_CHANGE,
    TEST_SCHEMA,
    ReadyWaves,
    Row,
    as_rows,
    contrast_row,
    followed_stretches,
    span,
    wald_row,
)
from pipeline.series import Stretch

PARALLEL_LINES = "parallel_lines"
SCALE = "scale"
MODEL_CHECKS = {LINEAR_FIT: "a line", PARALLEL_LINES: "parallel lines"}  # of the model, not of the population
CHECK_LEVEL = 0.05
NOT_TESTED, MOVED, NO_CLEAR_CHANGE = "not tested", "moved", "no clear change"


def pooled_trends(survey: Survey, ready: ReadyWaves, plan: TrendPlan, *, confidence: float) -> pl.DataFrame:
    """Return the rows of `trend_tests` that are made of single answers; a model that cannot be fitted has none."""
    rows = [
        row
        for stretch in followed_stretches(survey, ready, plan)
        for row in _of_stretch(ready, plan, stretch, confidence)
    ]
    return as_rows(rows, TEST_SCHEMA)


def _of_stretch(ready: ReadyWaves, plan: TrendPlan, stretch: Stretch, confidence: float) -> Iterator[Row]:
    """Yield the models of one question through its final waves, in each domain."""
    final = [place for place, wave in enumerate(stretch.waves) if wave not in ready.provisional]
    items = [ready.asked_as(stretch)[place] for place in final]
    if not plan.models or len(final) < FEWEST_WAVES or items[0].codes is None:
        return
    waves = [stretch.waves[place] for place in final]
    for domain, mask in enumerate(ready.domains[0]):
        pooled = _pooled(ready, waves, items, domain)
        keys = {"item": stretch.item, "segment": stretch.number} | span(waves, min(one.size for one in pooled.rows))
        keys |= ready.modes.guarded(waves, (mask.domain, mask.domain_value))
        for made in _models(plan, pooled, items[-1], f"log odds per {ready.unit}", confidence):
            yield keys | {"domain": mask.domain, "domain_value": mask.domain_value} | made


def _pooled(ready: ReadyWaves, waves: Sequence[str], items: Sequence[ItemValues], domain: int) -> PooledAnswers:
    places = ready.places(waves)
    return pooled_answers(
        [ready.spreads[place] for place in places],
        [ready.domains[place][domain].mask for place in places],
        [np.asarray(item.codes) for item in items],
        np.array([ready.time[wave] for wave in waves]),
    )


def _models(plan: TrendPlan, pooled: PooledAnswers, item: ItemValues, unit: str, confidence: float) -> Iterator[Row]:
    """Yield proportional odds with the test of what they suppose, and a GEE for each headline."""
    if ORDINAL in plan.models and pooled.answers.size > 2:
        scale = {"statistic": SCALE, "category": None}
        yield from _fitted(lambda: scale | contrast_row(ORDINAL, unit, ordinal_trend(pooled), confidence))
        yield from _fitted(lambda: scale | wald_row(PARALLEL_LINES, parallel_lines(pooled)))
    for name, answers in item.headlines.items() if GEE in plan.models else ():
        given = np.isin(pooled.answers, answers).astype(np.float64)
        for row in _fitted(partial(_gee, pooled, given, unit, confidence)):
            yield {"statistic": "headline", "category": name} | row


def _gee(pooled: PooledAnswers, given: NDArray[np.float64], unit: str, confidence: float) -> Row:
    return contrast_row(GEE, unit, gee_trend(pooled, given, kind="logit"), confidence)


def _fitted(make: Callable[[], Row]) -> list[Row]:
    """Return the row of a model; none where the answers do not allow it."""
    try:
        return [make()]
    except StatisticsError:
        return []


def with_trend_verdicts(tests: pl.DataFrame, families: Sequence[TestFamily], *, kind: str = NET) -> pl.DataFrame:
    """Return tests of trend with the family each is in, its corrected p value, and what may be said.

    A trend is a change over several waves: a family of changes of another kind, or of declared pairs, takes none.
    The tests of a family are corrected together within one kind of test. Checks of a model are in none: they say
    whether the line may be read, not what the population did. Source: methodology C12.
    """
    family_of = pl.lit(None, pl.String)
    for family in sorted(families, key=lambda one: bool(one.items)):  # later ones come first
        family_of = pl.when(_is_in(family, kind)).then(pl.lit(family.family)).otherwise(family_of)
    is_check = pl.col("test").is_in(list(MODEL_CHECKS))
    tests = tests.with_row_index("row").with_columns(
        family=pl.when(pl.col("p_value").is_not_null() & ~is_check).then(family_of)
    )
    corrected = np.full(tests.height, np.nan)
    verdict = np.full(tests.height, NOT_TESTED, dtype=object)
    by_name = {family.family: family for family in families}
    for (name, test), part in tests.drop_nulls("family").partition_by("family", "test", as_dict=True).items():
        family, rows = by_name[str(name)], part["row"].to_numpy()
        corrected[rows] = corrected_p_values(part["p_value"].to_numpy(), family.correction)
        direction = np.ones(rows.size) if test == NO_CHANGE else part["estimate"].to_numpy()
        said = verdicts(direction, corrected[rows], level=family.level)
        verdict[rows] = [MOVED if test == NO_CHANGE and one != NO_CLEAR_CHANGE else one for one in said]
    return (
        tests.drop("row")
        .with_columns(
            p_value_corrected=pl.Series(corrected).fill_nan(None), verdict=pl.Series(verdict, dtype=pl.String)
        )
        .with_columns(verdict=pl.when(is_check & pl.col("p_value").is_not_null()).then(_checked()).otherwise("verdict"))
    )


def _checked() -> pl.Expr:
    """Return whether a model fits, in words."""
    name = pl.col("test").replace_strict(MODEL_CHECKS, default=None, return_dtype=pl.String)
    return pl.when(pl.col("p_value") < CHECK_LEVEL).then(pl.lit("not ") + name).otherwise(name + pl.lit(" will do"))


def _is_in(family: TestFamily, kind: str) -> pl.Expr:
    """Return whether a test of trend is one that a family tests; none where it is about other changes or pairs."""
    if family.pairs or (family.kinds and kind not in family.kinds):
        return pl.lit(False)
    items = pl.col("item").is_in(list(family.items)) if family.items else pl.lit(True)
    domains = pl.col("domain").is_in(list(family.domains)) if family.domains else pl.lit(True)
    statistics = pl.col("statistic") == "headline" if family.is_headline else pl.lit(True)
    weights = pl.col("weight_id").is_in(list(family.weights)) if family.weights else pl.lit(True)
    return items & domains & statistics & weights
