"""The golden data are those of methodology.md D, by its check sums."""

import polars as pl

from tests.golden.data import column, golden_people


def test_golden_people_have_the_check_sums_of_the_methodology() -> None:
    sums = golden_people().select("w", "y1", "y2", "r2").sum().row(0)
    assert sums == (3605, 66, 64, 88)
    assert (column("id") * column("w") * (1 + column("y1"))).sum() == 438180


def test_golden_people_have_the_margins_of_the_methodology() -> None:
    by_age = golden_people().group_by("age").agg(pl.col("w").sum()).sort("age")["w"].to_list()
    by_sex = golden_people().group_by("sex").agg(pl.col("w").sum()).sort("sex")["w"].to_list()
    assert by_age == [1193, 1214, 1198]
    assert by_sex == [1848, 1757]
