"""Which respondents are flagged: one small wave, each flag worked by hand."""

from dataclasses import fields, replace

import polars as pl
import pytest

from pipeline.panel.response_quality import FLAGS, KINDS, removed_respondents, response_quality
from pipeline.quality_limits import Grid, ResponseQuality
from tests.builders_validation import TRUST, one_survey

GRID = ("g1", "g2", "g3")
NO_TEXT = {"text": None, "text_hash": None}
ITEMS = {name: replace(TRUST, item=name) for name in GRID}


def survey(*, reversed_items: tuple[str, ...] = ("g3",), **thresholds: float | None):
    items = {**one_survey().items, **ITEMS}
    grid = Grid(GRID, reversed_items)
    return one_survey(items=items, grids={"views": grid}, response_quality=ResponseQuality(**thresholds))


def wave(**people: list[str | None]) -> pl.DataFrame:
    """Return the answers of some people to the grid; None is skipped, 'n' not asked, '-8' don't know."""
    kinds = {None: "skipped", "n": "not_asked", "-8": "dont_know"}
    rows = [
        {"panel_member_id": who, "item": item, "code": code, "missing_kind": kinds.get(code), **NO_TEXT}
        for who, codes in people.items()
        for item, code in zip(GRID, codes, strict=True)
    ]
    return pl.DataFrame(rows, schema_overrides={"missing_kind": pl.String, "text": pl.String, "text_hash": pl.String})


def interviews(**seconds: float | None) -> pl.DataFrame:
    n = len(seconds)
    return pl.DataFrame(
        {
            "panel_member_id": [*seconds],
            "n_differing": [0] * n,
            "seconds": [*seconds.values()],
            "mode": ["web"] * n,
            "device_hash": [None] * n,
        },
        schema_overrides={"device_hash": pl.String, "seconds": pl.Float64},
    )


def flags(found: pl.DataFrame, *columns: str) -> list[tuple]:
    return found.select(*columns).rows()


VARIED = ["1", "3", "5"]


def test_an_interview_in_a_fifth_of_the_median_time_is_speeding():
    found = response_quality(survey(), "w1", interviews(a=500, b=500, c=100), wave(a=VARIED, b=VARIED, c=VARIED))
    assert found.rows() == [("w1", "c", "speeding", 0.2, 0.3, True, "speed")]


def test_a_straight_line_is_strong_only_over_items_that_point_both_ways():
    people, answers = interviews(a=1, b=1), wave(a=["4", "4", "4"], b=VARIED)
    found = response_quality(survey(), "w1", people, answers)
    expected = [("a", "nondifferentiation", 1.0, False), ("a", "straightlining", 1.0, True)]
    assert flags(found, "panel_member_id", "flag", "value", "is_strong") == expected
    found = response_quality(survey(reversed_items=()), "w1", people, answers)
    assert flags(found, "flag", "is_strong") == [("nondifferentiation", False), ("straightlining", False)]


def test_nonresponse_is_a_share_of_what_was_asked():
    """a: 2 of 3 without an answer; b: 1 of 2, as one was not asked; c: none of 1."""
    answers = wave(a=["1", None, "-8"], b=["1", "n", None], c=["1", "n", "n"])
    found = response_quality(survey(), "w1", interviews(a=1, b=1, c=1), answers)
    assert flags(found, "panel_member_id", "flag") == [("a", "item_nonresponse"), ("b", "item_nonresponse")]
    assert found["value"].to_list() == pytest.approx([2 / 3, 1 / 2])


def test_the_same_text_or_device_flags_both_people_and_shows_neither():
    texts = pl.DataFrame(
        {
            "panel_member_id": ["a", "b", "c"], "item": ["comment"] * 3, "code": [None] * 3,
            "missing_kind": [None] * 3, "text_hash": ["x", "x", "y"], "text": [None] * 3,
        },
        schema=wave(a=VARIED).schema,
    )  # fmt: skip
    people = interviews(a=1, b=1, c=1).with_columns(device_hash=pl.Series(["d", None, "d"]))
    found = response_quality(survey(), "w1", people, texts)
    assert flags(found, "panel_member_id", "flag", "value", "is_strong") == [
        ("a", "duplicated_device", 1.0, False),
        ("a", "duplicated_text", 1.0, True),
        ("b", "duplicated_text", 1.0, True),
        ("c", "duplicated_device", 1.0, False),
    ]


def open_answers(*answers: tuple[str, str | None]) -> pl.DataFrame:
    rows = [
        {"panel_member_id": who, "item": f"open_{place}", "text": text} for place, (who, text) in enumerate(answers)
    ]
    return pl.DataFrame(rows).select(
        *(
            pl.col(name) if name in rows[0] else pl.lit(None, kind).alias(name)
            for name, kind in wave(a=VARIED).schema.items()
        )
    )


def test_gibberish_in_an_open_answer_is_a_weak_flag_with_the_share_of_the_worst_answer():
    texts = open_answers(("a", "all fine"), ("a", "asdfgh data"), ("b", "dim byd"), ("c", "n/a"), ("d", None))
    people = interviews(a=1, b=1, c=1, d=1)
    found = response_quality(survey(), "w1", people, texts)
    assert found.rows() == [("w1", "a", "gibberish", 0.6, 0.5, False, "gibberish")]
    assert response_quality(survey(gibberish=0.7), "w1", people, texts).is_empty()
    assert response_quality(survey(gibberish=None), "w1", people, texts).is_empty()


def test_other_facts_than_known_of_the_member_are_a_strong_flag():
    people = interviews(a=1, b=1).with_columns(n_differing=pl.Series([0, 2]))
    found = response_quality(survey(), "w1", people, wave(a=VARIED, b=VARIED))
    assert found.rows() == [("w1", "b", "inconsistent", 2.0, 1.0, True, "identity")]


def test_a_flag_that_is_off_is_not_looked_for():
    people, answers = interviews(a=500, b=500, c=100), wave(a=VARIED, b=VARIED, c=["2", "2", "2"])
    found = response_quality(survey(speeding=None, straightlining=None), "w1", people, answers)
    assert flags(found, "flag") == [("nondifferentiation",)]


def test_a_wave_that_nobody_answered_has_no_flags():
    assert response_quality(survey(), "w1", interviews(), wave(a=VARIED)).is_empty()


def flagged(**people: tuple[str, ...]) -> pl.DataFrame:
    """Return strong flags of some people in one wave."""
    rows = [("w1", who, flag, 1.0, 1.0, True, KINDS[flag]) for who, flags in people.items() for flag in flags]
    return pl.DataFrame(rows, schema=FLAGS, orient="row")


def test_strong_flags_of_two_kinds_remove_a_respondent():
    flags = flagged(a=("speeding", "duplicated_text"), b=("speeding",))
    assert removed_respondents(survey(remove_at=2), flags).rows() == [("w1", "a", "copy+speed")]


def test_two_flags_of_one_kind_are_one_reason():
    flags = flagged(a=("straightlining", "nondifferentiation"), b=("duplicated_text", "duplicated_device"))
    assert removed_respondents(survey(remove_at=2), flags).is_empty()


def test_weak_flags_remove_nobody():
    flags = flagged(a=("speeding", "duplicated_text")).with_columns(is_strong=pl.col("flag") == "speeding")
    assert removed_respondents(survey(remove_at=2), flags).is_empty()


def test_nobody_is_removed_where_no_rule_is_declared():
    assert removed_respondents(survey(), flagged(a=("speeding", "duplicated_text"))).is_empty()


def test_every_flag_is_evidence_of_something():
    assert set(KINDS) == {one.name for one in fields(ResponseQuality) if one.name not in ("identity", "remove_at")}
