"""Columns of a data table as categories, numbers, strata, domains and margins."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.data_tables.design import DesignColumns, designs
from pipeline.data_tables.questions import domains, items
from pipeline.data_tables.replicate_columns import ReplicateColumns
from pipeline.data_tables.table import CodeBook, DataTable
from pipeline.data_tables.targets import TargetTotals, fitted_targets
from pipeline.errors import DefinitionError, DeliveryError, EstimationError, UsageError


def table(**columns: object) -> DataTable:
    return DataTable(pl.DataFrame(columns))


@pytest.mark.parametrize(
    ("values", "categories"),
    [
        (["10", "9", "1", None], ("1", "9", "10")),
        (["b", "a", "10"], ("10", "a", "b")),
        ([2.0, 1.0, float("nan"), None], ("1", "2")),
        ([1.5, 1.0], ("1", "1.5")),
        ([3, 1], ("1", "3")),
        ([True, False, None], ("false", "true")),
        (["", "x"], ("x",)),
        ([date(2026, 2, 1), date(2026, 1, 1)], ("2026-01-01", "2026-02-01")),
        (pl.Series(["low", "low"], dtype=pl.Enum(["low", "high"])), ("low", "high")),
        (pl.Series(["b", "a"], dtype=pl.Categorical), ("a", "b")),
        ([None, None], ()),
    ],
    ids=str,
)
def test_categories_stand_in_the_order_of_their_codes(values: object, categories: tuple[str, ...]) -> None:
    assert table(y=values).categories("y") == categories


def test_labels_that_two_codes_share_are_told_apart() -> None:
    labelled = DataTable(
        pl.DataFrame({"y": [1.0, 2.0, 3.0]}), books={"y": CodeBook({1.0: "Other", 2.0: "Other", 3.0: "No"})}
    )
    assert labelled.text("y").to_list() == ["Other (1)", "Other (2)", "No"]


def test_a_column_whose_ends_only_are_labelled_keeps_its_codes_between() -> None:
    scale = DataTable(pl.DataFrame({"y": [1.0, 4.0, 7.0]}), books={"y": CodeBook({1.0: "Not at all", 7.0: "Fully"})})
    assert scale.categories("y") == ("Not at all", "4", "Fully")


def test_ranges_of_missing_codes_include_their_ends() -> None:
    ranged = DataTable(pl.DataFrame({"y": [89.0, 90.0, 99.0, 100.0]}), books={"y": CodeBook(missing=((90.0, 99.0),))})
    assert ranged.text("y").to_list() == ["89", None, None, "100"]


def test_text_codes_can_be_missing_too() -> None:
    codes = DataTable(pl.DataFrame({"y": ["a", "REF", "b"]}), books={"y": CodeBook(missing=(("REF", "REF"),))})
    assert codes.text("y").to_list() == ["a", None, "b"]


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ([" 1.5", "2"], [1.5, 2.0]),
        ([True, False], [1.0, 0.0]),
        (pl.Series(["2", "1"], dtype=pl.Enum(["1", "2"])), [2.0, 1.0]),
        (pl.Series([1, 2], dtype=pl.Decimal(5, 2)), [1.0, 2.0]),
    ],
)
def test_numbers_are_read_from_any_column_that_holds_them(values: object, numbers: list[float]) -> None:
    assert table(y=values).number("y").tolist() == numbers


def test_a_missing_number_is_nan_however_it_is_written() -> None:
    assert np.isnan(table(y=["NaN", None, ""]).number("y")).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1", "n/a", "n/a"], "holds no number in 2 rows, most often 'n/a'"),
        (["1", "a long answer in somebody's own words"], "holds no number in 1 rows. Declare"),
        ([date(2026, 1, 1)], "holds Date, expected numbers"),
        (["inf"], "is infinite in 1 rows"),
    ],
)
def test_what_is_no_number_is_counted_and_no_answer_is_quoted(values: object, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        table(y=values).number("y")


def test_a_missing_stratum_is_refused_with_a_count() -> None:
    with pytest.raises(DeliveryError, match="column 'h' is missing in 1 of 2 rows"):
        designs([table(h=["a", None])], DesignColumns(strata="h"))


def test_psus_have_the_same_codes_in_both_tables() -> None:
    first, second = designs([table(psu=["b", "a"]), table(psu=["c", "b"])], DesignColumns(psu="psu"))
    assert first.psu is not None
    assert second.psu is not None
    assert first.psu.tolist() == [1, 0]
    assert second.psu.tolist() == [2, 1]


def test_whole_numbers_are_their_own_codes_and_07_is_not_7() -> None:
    own = designs([table(psu=["12", "7"])], DesignColumns(psu="psu"))[0].psu
    assert own is not None
    assert own.tolist() == [12, 7]
    padded = designs([table(psu=["07", "7"])], DesignColumns(psu="psu"))[0].psu
    assert padded is not None
    assert len(set(padded.tolist())) == 2


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(DeliveryError, match="the weight 'w' is negative in 1 rows"):
        designs([table(w=[1.0, -1.0])], DesignColumns(weight="w"))


def test_everyone_is_the_first_domain_and_crossed_values_are_those_somebody_has() -> None:
    of = domains([table(a=["x", "y", "y"], b=["1", "1", None])], ["a*b"])[0]
    assert [(one.domain, one.domain_value) for one in of.masks] == [("all", "all"), ("a*b", "x*1"), ("a*b", "y*1")]
    assert [one.mask.tolist() for one in of.masks] == [[True] * 3, [True, False, False], [False, True, False]]
    assert of.n_missing == {"a*b": 1}


def test_two_tables_share_the_categories_of_an_item() -> None:
    first, second = items([table(y=["b"]), table(y=["a", None])], ["y"], "share")
    assert first[0].categories == second[0].categories == ("b", "a")
    assert second[0].codes is not None
    assert second[0].codes.tolist() == [1, -1]


def test_a_column_of_numbers_is_no_item_of_shares() -> None:
    with pytest.raises(UsageError, match="column 'y' has 1001 categories"):
        items([table(y=np.arange(1001))], ["y"], "share")


def test_an_item_without_answers_is_refused() -> None:
    with pytest.raises(EstimationError, match="nobody answered 'y'"):
        items([table(y=[None, None])], ["y"], "share")


def test_replicates_stand_in_the_order_of_their_numbers() -> None:
    known = ["replicate_10", "replicate_2", "id", "replicate_1"]
    assert ReplicateColumns(["replicate_*"], "jk1").columns(known, "data") == [
        "replicate_1",
        "replicate_2",
        "replicate_10",
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("bootstrap", 1 / 2), ("jk1", 1 / 2), ("jkgroups", 1 / 2), ("brr", 1 / 2), ("fay", 2.0), ("jkn", 1 / 2)],
)
def test_what_a_replicates_deviation_counts(kind: str, expected: float) -> None:
    people = table(w=[1.0, 1.0], r1=[2.0, 0.0], r2=[0.0, 2.0])
    design = designs([people], DesignColumns(weight="w"))[0]
    made = ReplicateColumns(["r?"], kind, fay=0.5).added_to(design, people).replicates
    assert made.coefficient.tolist() == [expected] * 2


def test_replicates_that_leave_out_no_psu_are_no_stratified_jackknife() -> None:
    people = table(w=[1.0, 1.0], r1=[1.5, 0.5], r2=[0.5, 1.5])
    with pytest.raises(DeliveryError, match="'r1' leaves out rows of 0 strata"):
        ReplicateColumns(["r?"], "jkn").added_to(designs([people], DesignColumns(weight="w"))[0], people)


@pytest.mark.parametrize(
    "values", [[1, 2], [1.0, 2.0], ["1", "2"], pl.Series(["1", "2"], dtype=pl.Categorical)], ids=str
)
def test_categories_of_targets_meet_columns_of_any_type(values: object) -> None:
    totals = TargetTotals("targets.csv", {"a": {"2": 30.0, "1": 10.0}})
    fitted = fitted_targets(table(a=values), totals, np.ones(2))
    assert fitted.levels[:, 0].tolist() == [1, 0]
    assert fitted.targets.vector.tolist() == [30.0, 10.0]


def test_targets_may_name_codes_or_labels() -> None:
    people = DataTable(pl.DataFrame({"a": [1.0, 2.0]}), books={"a": CodeBook({1.0: "Yes", 2.0: "No"})})
    for yes, no in (("Yes", "No"), ("1", "2")):
        fitted = fitted_targets(people, TargetTotals("t", {"a": {yes: 1.0, no: 2.0}}), np.ones(2))
        assert fitted.targets.labels == (("Yes", "No"),)


def test_a_numeric_total_needs_a_number_from_everyone() -> None:
    with pytest.raises(DeliveryError, match="column 'x' is missing in 1 of 2 rows"):
        fitted_targets(table(x=[1.0, None]), TargetTotals("t", {}, {"x": 5.0}), np.ones(2))


def test_all_faults_of_data_and_targets_are_named_at_once() -> None:
    totals = TargetTotals("t", {"a": {"1": 1.0, "9": 1.0}, "b": {"1": 3.0, "2": 1.0}})
    with pytest.raises(DefinitionError) as refusal:
        fitted_targets(table(a=["1", "1"], b=["1", "1"]), totals, np.ones(2))
    assert "no respondents in 9" in str(refusal.value)
    assert "no respondents in 2" in str(refusal.value)
    assert "different population totals" in str(refusal.value)
