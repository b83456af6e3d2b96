"""Who is who: links between the ids of different waves become members, contradictions are left out."""

from pipeline.crosswalk import people

ORDER = ["w1", "w3", "w5"]


def test_two_ids_of_a_person_become_the_one_taken_in_first() -> None:
    found = people([{"w1": "a", "w3": "b"}], ["w3", "w1"])
    assert found.of_alias == {"a": "b"}
    assert found.n_linked == 1


def test_a_row_with_one_id_joins_nobody() -> None:
    assert people([{"w1": "a"}, {}], ORDER).of_alias == {}


def test_a_chain_joins_waves_that_no_row_names_together() -> None:
    found = people([{"w3": "b", "w5": "c"}, {"w1": "a", "w3": "b"}], ORDER)
    assert found.of_alias == {"b": "a", "c": "a"}
    assert (found.n_linked, found.n_chained) == (1, 1)


def test_the_same_row_twice_is_no_chain() -> None:
    assert people([{"w1": "a", "w3": "b"}] * 2, ORDER).n_chained == 0


def test_an_id_claimed_by_two_people_is_joined_to_neither() -> None:
    found = people([{"w1": "a", "w3": "b"}, {"w1": "a", "w3": "x"}, {"w1": "c", "w3": "d"}], ORDER)
    assert found.of_alias == {"d": "c"}
    assert found.conflicts == {"w3": 1}
    assert (found.n_linked, found.conflicting) == (1, {"a", "b", "x"})


def test_a_cycle_that_comes_back_to_another_id_is_a_contradiction() -> None:
    cycle = [{"w1": "a", "w3": "b"}, {"w3": "b", "w5": "c"}, {"w5": "c", "w1": "z"}]
    found = people(cycle, ORDER)
    assert found.of_alias == {}
    assert found.conflicts == {"w1": 1}


def test_equal_ids_of_different_waves_are_different_people() -> None:
    found = people([{"w1": "7", "w3": "8"}, {"w1": "9", "w5": "8"}], ORDER)
    assert found.of_alias == {"8": "9"} or found.n_linked == 2


def test_nobody_goes_by_an_id_that_no_delivery_has() -> None:
    links = [{"w1": "stranger", "w3": "b"}, {"w1": "a", "w3": "lost"}, {"w3": "lost", "w5": "c"}]
    found = people(links, ["w1", "w3", "w5"], {"a", "b", "c"})
    assert found.of_alias == {"c": "a", "lost": "a"}, "joined by way of an id that is not here; b stays b"
    assert (found.n_linked, found.n_chained) == (1, 1)
