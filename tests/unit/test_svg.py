"""Pieces of charts: names beside curves stand apart, texts are wrapped to the width they have."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reports.svg import apart, text_width, wrapped


@given(st.lists(st.floats(0, 200), min_size=1, max_size=12), st.floats(1, 30))
def test_places_are_a_gap_apart_in_their_order_and_within_the_bounds(wanted: list[float], gap: float) -> None:
    found = apart(wanted, gap, 0, 200)
    room = min(gap, 200 / max(len(wanted) - 1, 1))
    ordered = sorted(found)
    assert all(later - earlier > room - 1e-6 for earlier, later in pairwise(ordered))
    assert min(found) > -1e-6
    assert max(found) < 200 + 1e-6
    by_wish = sorted(range(len(wanted)), key=lambda place: wanted[place])
    assert [found[place] for place in by_wish] == ordered


def test_places_that_are_apart_already_stay_where_they_are() -> None:
    assert apart([10.0, 100.0, 60.0], 16, 0, 200) == [10.0, 100.0, 60.0]


def test_two_that_would_hide_each_other_move_by_as_much_each() -> None:
    assert apart([100.0, 104.0], 16, 0, 200) == [94.0, 110.0]
    assert apart([196.0, 200.0], 16, 0, 200) == [184.0, 200.0], "not out of the picture"
    assert apart([], 16, 0, 200) == []


def test_a_text_is_wrapped_between_words_and_a_long_word_stays_whole() -> None:
    assert wrapped("Trust in the council", 10, text_width("Trust in the", 10)) == ["Trust in the", "council"]
    assert wrapped("Incomprehensibilities", 10, 20) == ["Incomprehensibilities"]
