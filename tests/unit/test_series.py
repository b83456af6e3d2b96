"""Links between wordings: what stands for an item at an earlier wave, and the stretches of waves between breaks."""

import numpy as np
import pytest

from pipeline.definitions import ItemLink
from pipeline.estimation.values import ItemValues
from pipeline.series import Version, by_headlines, earlier_version, link_items, stretches

SAME, BREAK, OTHER = "identical", "comparable_with_break", "not_comparable"


def links(*pairs: tuple[str, str, str]) -> list[ItemLink]:
    return [ItemLink(first, second, comparability) for first, second, comparability in pairs]


def answers(item: str, categories: tuple[str, ...] = ("a", "b", "c"), **headlines: tuple[int, ...]) -> ItemValues:
    return ItemValues(item, codes=np.array([0, 1, 2, -1]), categories=categories, headlines=dict(headlines))


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        (links(("q1", "q2", SAME), ("q2", "q3", SAME)), Version("q1", SAME)),
        (links(("q1", "q2", BREAK), ("q2", "q3", SAME)), Version("q1", BREAK)),
        (links(("q1", "q2", SAME), ("q2", "q3", OTHER)), None),
        (links(("q1", "q3", OTHER), ("q1", "q3", BREAK)), Version("q1", BREAK)),
        (links(("q3", "q2", SAME), ("q2", "q3", SAME)), None),  # a circle ends
        ([], None),
    ],
)
def test_a_path_of_links_is_as_comparable_as_its_worst_one(chain: list[ItemLink], expected: Version | None) -> None:
    assert earlier_version("q3", chain, {"q1"}) == expected


def test_an_item_asked_itself_is_its_own_version() -> None:
    assert earlier_version("q2", links(("q1", "q2", BREAK)), {"q1", "q2"}) == Version("q2", SAME)


def test_items_of_two_waves_are_told_under_the_later_name() -> None:
    linked = link_items([answers("q1"), answers("x")], [answers("q2"), answers("y")], links(("q1", "q2", SAME)))
    assert [one.item for one in (*linked.first, *linked.second)] == ["q2", "q2"]
    assert linked.versions == {"q2": Version("q1", SAME)}
    assert linked.only_headlines == []


def test_across_a_break_other_answers_are_told_by_headlines_of_one_name() -> None:
    first, second = answers("q1", yes=(0,), no=(2,)), answers("q2", ("a", "b", "d"), yes=(0, 1))
    linked = link_items([first], [second], links(("q1", "q2", BREAK)))
    assert linked.only_headlines == ["q2"]
    assert linked.first[0].categories == linked.second[0].categories == ("yes",)
    assert linked.without_breaks().second == []
    assert link_items([answers("q1")], [second], links(("q1", "q2", BREAK))).second == []


def test_headlines_stand_for_answers() -> None:
    found = by_headlines(answers("q", yes=(0, 1), no=(2,)), ["yes", "no"])
    assert found.chosen is not None
    assert found.chosen.tolist() == [[1, 0], [1, 0], [0, 1], [-1, -1]]


def test_a_break_cuts_a_question_and_an_identical_wording_does_not() -> None:
    asked = {"w1": ["a1", "b1"], "w2": ["a2", "b1"], "w3": ["a3", "b2"], "w4": ["a3"]}
    chain = links(("a1", "a2", SAME), ("a2", "a3", BREAK), ("b1", "b2", OTHER))
    found = {(one.item, one.number): (one.waves, one.items) for one in stretches(asked, chain)}
    assert found == {
        ("a3", 1): (("w1", "w2"), ("a1", "a2")),
        ("a3", 2): (("w3", "w4"), ("a3", "a3")),
        ("b1", 1): (("w1", "w2"), ("b1", "b1")),
        ("b2", 1): (("w3",), ("b2",)),
    }


def test_a_wave_that_did_not_ask_leaves_no_gap_in_the_stretch() -> None:
    (found,) = stretches({"w1": ["a"], "w2": [], "w3": ["a"]}, [])
    assert found.waves == ("w1", "w3")
