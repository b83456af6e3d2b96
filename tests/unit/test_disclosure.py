"""What the disclosure profiles hide, flag and round."""

import polars as pl
import pytest

from pipeline.disclosure import OPEN, PUBLIC, disclosure_profile, hide_counts, hide_groups, hide_shares, shown_count
from pipeline.errors import DefinitionError


def shares(*bases: int | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"estimate": [0.5] * len(bases), "ci_low": [0.4] * len(bases), "unweighted_n": bases},
        schema={"estimate": pl.Float64, "ci_low": pl.Float64, "unweighted_n": pl.Int64},
    )


def hidden(rows: pl.DataFrame, profile: object = PUBLIC) -> pl.DataFrame:
    return hide_shares(rows, profile, base="unweighted_n", shares=["estimate", "ci_low"])  # type: ignore[arg-type]


def test_a_percentage_on_49_people_is_hidden_and_on_50_is_shown():
    rows = hidden(shares(49, 50))
    assert rows["estimate"].to_list() == [None, 0.5]
    assert rows["is_suppressed"].to_list() == [True, False]


def test_the_interval_is_hidden_with_its_estimate():
    assert hidden(shares(12))["ci_low"].to_list() == [None]


def test_a_percentage_on_50_to_99_people_is_flagged_and_on_100_is_not():
    assert hidden(shares(49, 50, 99, 100))["is_flagged"].to_list() == [False, True, True, False]


def test_a_percentage_of_unknown_base_is_hidden():
    assert hidden(shares(None))["is_suppressed"].to_list() == [True]


def test_what_was_suppressed_before_stays_suppressed():
    marked = shares(500, 500).with_columns(is_suppressed=pl.Series([True, None]))
    assert hidden(marked)["estimate"].to_list() == [None, 0.5]
    assert hidden(marked, OPEN)["estimate"].to_list() == [None, 0.5]


def test_the_open_profile_hides_flags_and_rounds_nothing():
    rows = hidden(shares(1, 0, None), OPEN)
    assert rows["estimate"].to_list() == [0.5, 0.5, 0.5]
    assert not rows["is_flagged"].any()
    assert hide_counts(rows, OPEN, counts=["unweighted_n"])["unweighted_n"].to_list() == [1, 0, None]


def test_counts_under_10_zero_among_them_are_hidden_and_others_rounded_to_10():
    rows = pl.DataFrame({"n": [0, 9, 10, 14, 15, 1843]})
    assert hide_counts(rows, PUBLIC, counts=["n"])["n"].to_list() == [None, None, 10, 10, 20, 1840]


def test_one_count_follows_the_same_rule():
    assert [shown_count(n, PUBLIC) for n in (None, 9, 1845)] == [None, None, 1850]


def test_the_profile_is_decided_on_the_exact_base_not_on_the_rounded_one():
    rows = hide_counts(hidden(shares(46)), PUBLIC, counts=["unweighted_n"])
    assert rows.row(0, named=True) | {"is_flagged": False} == {
        "estimate": None,
        "ci_low": None,
        "unweighted_n": 50,
        "is_suppressed": True,
        "is_flagged": False,
    }


def test_an_unknown_profile_is_named_with_the_known_ones():
    with pytest.raises(DefinitionError, match="'secret' is not known, expected one of open, public"):
        disclosure_profile("secret")


def groups(*bases: int, extreme: int | None = None) -> list[bool]:
    """Return which groups of one domain are hidden, two answers to each; one of them may have an answer nobody gave."""
    rows = [
        {
            "item": "q",
            "domain": "age_group",
            "domain_value": f"g{number}",
            "statistic": "share",
            "unweighted_n": base,
            "unweighted_estimate": float(answer) if number == extreme else 0.5,
            "is_suppressed": False,
            "estimate": 0.5,
        }
        for number, base in enumerate(bases)
        for answer in (0, 1)
    ]
    found = hide_groups(pl.DataFrame(rows), PUBLIC, table=["item"], shares=["estimate"])
    assert found["estimate"].is_null().to_list() == found["is_suppressed"].to_list()
    return found["is_suppressed"].gather_every(2).to_list()


def test_one_thin_group_takes_the_next_smallest_with_it():
    assert groups(40, 300, 120, 200) == [True, False, True, False]


def test_of_two_groups_of_one_size_the_first_by_name_goes():
    assert groups(40, 120, 120) == [True, True, False]


def test_two_thin_groups_hide_each_other():
    assert groups(40, 300, 30, 200) == [True, False, True, False]


def test_a_domain_of_two_groups_is_hidden_whole():
    assert groups(40, 300) == [True, True]


def test_no_thin_group_hides_nothing():
    assert groups(50, 300, 120) == [False, False, False]


def test_an_answer_nobody_gave_hides_a_group_of_fewer_than_100():
    assert groups(60, 300, 120, 200, extreme=0) == [True, False, True, False]
    assert groups(100, 300, 120, 200, extreme=0) == [False, False, False, False]


def test_everyone_is_not_a_group_to_hide_another_for():
    rows = pl.DataFrame(
        {
            "item": ["q", "q"],
            "domain": ["all", "all"],
            "domain_value": ["all", "all"],
            "statistic": ["share", "mean"],
            "unweighted_n": [500, 500],
            "unweighted_estimate": [1.0, 3.2],
            "is_suppressed": [False, False],
            "estimate": [1.0, 3.2],
        }
    )
    assert hide_groups(rows, PUBLIC, table=["item"], shares=["estimate"])["is_suppressed"].to_list() == [False, False]
