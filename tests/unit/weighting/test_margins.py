"""From named categories to codes: order, crossed margins, missing answers, and categories nobody declared."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import WeightingError
from pipeline.weighting.margins import (
    auxiliary_values,
    margin_levels,
    observed_categories,
    with_largest_for_missing,
)

PEOPLE = pl.DataFrame({"sex": ["men", "women", None, "men"], "region": ["N", "S", "S", None], "urban": [1, 2, 1, 2]})


def test_codes_follow_the_order_of_the_categories() -> None:
    margins = margin_levels(PEOPLE, {"region": ("S", "N"), "sex": ("men", "women")})
    assert margins.levels.tolist() == [[1, 0], [0, 1], [0, -1], [-1, 0]]


def test_enum_and_text_columns_give_the_same_codes() -> None:
    as_enum = PEOPLE.with_columns(pl.col("sex").cast(pl.Enum(["women", "men", "other"])))
    categories = {"sex": ("men", "women")}
    assert (margin_levels(as_enum, categories).levels == margin_levels(PEOPLE, categories).levels).all()


def test_numbers_are_matched_as_text() -> None:
    assert margin_levels(PEOPLE, {"urban": ("2", "1")}).levels[:, 0].tolist() == [1, 0, 1, 0]


def test_crossed_margins_join_their_categories_and_are_missing_where_a_part_is() -> None:
    categories = {"sex*region": ("men*N", "women*S")}
    assert margin_levels(PEOPLE, categories).levels[:, 0].tolist() == [0, 1, -1, -1]


def test_a_category_without_a_total_is_named_with_its_count() -> None:
    with pytest.raises(WeightingError, match=r"margin 'region' has no total for S \(2 people\)"):
        margin_levels(PEOPLE, {"region": ("N",)})


def test_every_fault_of_the_margins_is_reported_at_once() -> None:
    with pytest.raises(WeightingError, match=r"(?s)margins do not fit.*'region' has no total.*needs the column age"):
        margin_levels(PEOPLE, {"region": ("N",), "age*sex": ()})


def test_no_margins_give_no_codes() -> None:
    assert margin_levels(PEOPLE, {}).levels.shape == (4, 0)


def test_observed_categories_are_those_somebody_has() -> None:
    assert observed_categories(PEOPLE, "region") == ("N", "S")
    ordered = PEOPLE.with_columns(pl.col("sex").cast(pl.Enum(["women", "men", "other"])))
    assert observed_categories(ordered, "sex") == ("women", "men")


def test_missing_counts_as_the_largest_category_by_weight_not_by_number() -> None:
    margins = margin_levels(PEOPLE, {"sex": ("men", "women")})
    filled, largest = with_largest_for_missing(margins, np.array([1.0, 9, 100, 1]), "sex")
    assert largest == "women"
    assert filled.levels[:, 0].tolist() == [0, 1, 1, 0]
    assert margins.levels[2, 0] == -1


def test_weighted_totals_are_those_of_the_people_themselves() -> None:
    targets = margin_levels(PEOPLE, {"urban": ("1", "2")}).weighted_totals(np.array([1.0, 2, 3, 4]))
    assert targets.totals[0].tolist() == [4, 6]


def test_missing_without_a_rule_is_refused_for_every_margin() -> None:
    margins = margin_levels(PEOPLE, {"sex": ("men", "women"), "region": ("N", "S"), "urban": ("1", "2")})
    with pytest.raises(WeightingError, match=r"(?s)'sex' is missing for 1 people.*'region' is missing for 1 people"):
        margins.refuse_missing()
    margins.rows(np.array([True, True, False, False])).refuse_missing()


def test_a_margin_of_few_categories_takes_a_byte_a_person() -> None:
    assert margin_levels(PEOPLE, {"sex": ("men", "women")}).levels.dtype == np.int8
    many = tuple(str(number) for number in range(200))
    assert margin_levels(PEOPLE, {"urban": many}).levels.dtype == np.int16


def test_an_enum_in_another_order_than_the_totals_is_put_into_theirs() -> None:
    enum = pl.DataFrame({"sex": ["men", None, "women"]}, schema={"sex": pl.Enum(["women", "unused", "men"])})
    assert margin_levels(enum, {"sex": ("men", "women")}).levels[:, 0].tolist() == [0, -1, 1]


def test_crossed_margins_of_enums_and_of_text_are_the_same() -> None:
    enums = PEOPLE.with_columns(
        pl.col("sex").cast(pl.Enum(["women", "men"])), pl.col("region").cast(pl.Enum(["S", "N"]))
    )
    categories = {"sex*region": observed_categories(PEOPLE, "sex*region")}
    assert categories["sex*region"] == ("men*N", "women*S")
    assert (margin_levels(enums, categories).levels == margin_levels(PEOPLE, categories).levels).all()


def test_numeric_auxiliaries_are_read_in_the_order_of_their_names() -> None:
    people = pl.DataFrame({"income": [10, 20], "owns": [True, False]})
    assert auxiliary_values(people, ["owns", "income"]).tolist() == [[1, 10], [0, 20]]
    assert auxiliary_values(people, []).shape == (2, 0)


def test_every_fault_of_numeric_auxiliaries_is_reported_at_once() -> None:
    people = pl.DataFrame({"income": [10.0, None, float("nan")], "name": ["a", "b", "c"]})
    expected = r"(?s)'income' is missing for 2 people.*'name'.*expected numbers.*needs the column age"
    with pytest.raises(WeightingError, match=expected):
        auxiliary_values(people, ["income", "name", "age"])
