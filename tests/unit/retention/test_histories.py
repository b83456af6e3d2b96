"""What members did wave by wave, by hand: exits, their causes, and the four patterns."""

from dataclasses import replace

import numpy as np

from pipeline.retention.histories import NONE, PATTERNS, Histories, patterns, person_times, without_other_causes

CAUSES = ("died", "moved")


def histories(*rows: str, missed_waves: int = 2) -> Histories:
    """Return histories of marks: 1 answered, 0 missed, w withdrawn, d died, m moved, . not joined or not invited."""
    marks = np.array([list(row) for row in rows])
    is_out = np.isin(marks, ["d", "m"])
    cause = np.where((marks == "d").any(axis=1), 0, np.where((marks == "m").any(axis=1), 1, NONE))
    return Histories(~is_out & (marks != "."), is_out, marks == "1", marks == "w", cause, CAUSES, missed_waves)


def exits_of(*rows: str, missed_waves: int = 2) -> list[list[tuple[int, int, int]]]:
    """Return for each member the wave, the time since joining and the cause of every row at risk."""
    found = person_times(histories(*rows, missed_waves=missed_waves))
    at = list(zip(found.row.tolist(), found.wave.tolist(), found.time.tolist(), found.cause.tolist(), strict=True))
    return [[one[1:] for one in at if one[0] == member] for member in range(len(rows))]


def test_a_member_who_stays_is_at_risk_until_exits_cannot_be_known() -> None:
    assert exits_of("111111") == [[(0, 0, NONE), (1, 1, NONE), (2, 2, NONE), (3, 3, NONE)]]


def test_leaving_the_panel_is_the_first_cause_at_the_first_wave_missed_for_good() -> None:
    assert exits_of("110000") == [[(0, 0, NONE), (1, 1, NONE), (2, 2, 0)]]


def test_who_joins_later_enters_the_risk_set_then() -> None:
    assert exits_of("..1000") == [[(2, 0, NONE), (3, 1, 0)]]


def test_leaving_the_population_has_its_own_cause() -> None:
    assert exits_of("11dddd", "1mmmmm") == [[(0, 0, NONE), (1, 1, NONE), (2, 2, 1)], [(0, 0, NONE), (1, 1, 2)]]


def test_who_missed_too_few_waves_before_dying_has_died_and_not_left() -> None:
    assert exits_of("10dddd")[0][-1] == (2, 2, 1)
    assert exits_of("100ddd")[0][-1] == (1, 1, 0)


def test_an_unknown_way_out_of_the_population_is_the_first_named() -> None:
    marks = histories("1dddd")
    unknown = replace(marks, population_cause=np.array([NONE]), population_causes=("gone",))
    assert person_times(unknown).cause.tolist() == [NONE, 1]


def test_for_the_nonresponse_hazard_the_dead_are_censored_before_the_wave_that_found_them_dead() -> None:
    kept = without_other_causes(person_times(histories("11dddd", "110000")))
    assert kept.row.tolist() == [0, 0, 1, 1, 1]
    assert kept.cause.tolist() == [NONE, NONE, NONE, NONE, 0]


def test_a_wave_that_somebody_was_not_invited_to_is_neither_missed_nor_at_risk() -> None:
    assert exits_of("1.1.1111") == [[(0, 0, NONE), (2, 1, NONE), (4, 2, NONE), (5, 3, NONE)]]
    assert exits_of("1.0.0111") == exits_of("1.1.1111")
    assert exits_of("11.0.0..", missed_waves=2)[0][-1] == (3, 2, 0)
    assert exits_of("11.ddddd")[0][-1] == (3, 2, 1)
    found = histories("1.1.1.1.", "11111.0.", "1110.0..")
    assert [PATTERNS[one] for one in patterns(found)] == ["stayer", "lurker", "leaver"]
    assert found.is_active.tolist() == [True, True, False]


def test_the_four_patterns() -> None:
    of = {
        "111111": "stayer",
        "..1111": "stayer",
        "11dddd": "stayer",
        "101101": "lurker",
        "111110": "lurker",
        "100111": "returner",
        "100110": "returner",
        "111100": "leaver",
        "100100": "leaver",
        "11111w": "leaver",
        "000000": "leaver",
    }
    assert [PATTERNS[one] for one in patterns(histories(*of))] == list(of.values())


def test_nobody_who_never_was_at_risk_has_a_pattern() -> None:
    assert patterns(histories("......", "dddddd")).tolist() == [NONE, NONE]


def test_active_members_are_in_the_panel_and_have_not_missed_too_many_waves() -> None:
    active = histories("111111", "111110", "111100", "11111w", "1111dd", "......").is_active
    assert active.tolist() == [True, True, False, False, False, False]


def test_a_panel_too_young_for_an_exit_has_no_rows() -> None:
    assert person_times(histories("10", "11")).row.size == 0
