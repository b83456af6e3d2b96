"""How the ids of waves meet where no list names the members."""

import polars as pl
import pytest

from flows.draft import words
from pipeline.adoption.producer_weights import producer_weight
from pipeline.adoption.wave_ids import wave_ids
from pipeline.errors import DeliveryError
from pipeline.wave_files.delivery import Delivery

WORDS = words()


def export(name: str, **columns: list[str | None]) -> Delivery:
    return Delivery(pl.DataFrame(columns).with_row_index("row_number", 1), name)


def ids(letter: str, *numbers: int) -> list[str | None]:
    return [f"{letter}{number}" for number in numbers]


FIRST = export("first.csv", CASEID=ids("a", *range(20)), q1=["1"] * 20)


def test_ids_that_come_again_are_one_persons_in_all_waves():
    second = export("second.csv", CASEID=ids("a", *range(14), *range(40, 46)), q1=["1"] * 20)
    found = wave_ids({"first.csv": FIRST, "second.csv": second}, WORDS, None)
    assert found.is_shared
    assert (dict(found.columns), dict(found.links)) == ({"first.csv": "CASEID", "second.csv": "CASEID"}, {})


def test_a_column_with_the_ids_of_another_wave_links_the_two():
    second = export("second.csv", CASEID=ids("b", *range(20)), before=[*ids("a", *range(8)), *[None] * 12])
    found = wave_ids({"first.csv": FIRST, "second.csv": second}, WORDS, None)
    assert not found.is_shared
    assert {name: dict(one) for name, one in found.links.items()} == {"second.csv": {"first.csv": "before"}}
    assert found.n_linked == 8


def test_a_crosswalk_names_the_column_of_each_wave():
    second = export("second.csv", NUMBER=ids("b", *range(20)), q1=["1"] * 20)
    both = export("people.csv", JULY=[*ids("a", *range(10)), None], MARCH=ids("b", *range(11)))
    found = wave_ids({"first.csv": FIRST, "second.csv": second}, WORDS, both)
    assert dict(found.columns) == {"first.csv": "CASEID", "second.csv": "NUMBER"}
    assert dict(found.crosswalk) == {"first.csv": "JULY", "second.csv": "MARCH"}
    assert found.n_linked == 10


def test_a_crosswalk_without_a_waves_ids_is_refused_in_words():
    other = export("people.csv", JULY=ids("x", *range(20)))
    with pytest.raises(DeliveryError, match=r"first\.csv: no column whose ids stand in a column of people\.csv"):
        wave_ids({"first.csv": FIRST}, WORDS, other)


def test_an_export_without_ids_is_refused_in_words():
    with pytest.raises(DeliveryError, match=r"w\.csv: no column that names the respondent"):
        wave_ids({"w.csv": export("w.csv", q1=["1", "2", "1"])}, WORDS, None)


def test_of_two_weights_the_one_of_fewer_rows_counts_and_its_sample_is_found():
    weights = {"weight": ["1.2", "0.8", "1", "1"], "weight_ri": ["1.1", None, "0.9", None]}
    delivery = export("w.csv", **weights, state=["44", "6", "44", "9"])
    found = producer_weight(delivery, {"weight": "weight", "weight_ri": "weight", "state": "profile"})
    assert found is not None
    assert (found.column, found.others, found.n_without) == ("weight_ri", ("weight",), 2)
    assert found.only_rows == ("state", ("44",))


def test_a_column_of_words_is_no_weight():
    assert producer_weight(export("w.csv", weight=["heavy", "light"]), {"weight": "weight"}) is None
