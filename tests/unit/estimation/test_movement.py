"""Gross change: by hand, and as what net change within persons is made of."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.design import SurveyDesign
from pipeline.estimation.change import within_person_change
from pipeline.estimation.movement import COLUMNS, movements
from pipeline.estimation.values import ItemValues
from tests.golden.data import codes, column
from tests.unit.estimation.builders import AGES, EVERYONE, golden_design, number, row_of, rows_of, yes_no

FOUR = SurveyDesign(np.array([1.0, 3, 2, 4, 50]))
ALL_FOUR = [type(EVERYONE)("all", "all", np.ones(5, np.bool_))]


def scale(*values: int) -> ItemValues:
    return ItemValues("q", codes=np.array(values), categories=("a", "b", "c"), headlines={"top": (1, 2)})


def test_four_persons_by_hand() -> None:
    # a -> b, b -> b, c -> a, b -> c, and one who did not answer the second time
    found = movements(FOUR, [scale(0, 1, 2, 1, 0)], [scale(1, 1, 0, 2, -1)], ALL_FOUR)
    assert tuple(found.columns) == COLUMNS
    shares = dict(rows_of(found, statistic="scale").select("movement", "estimate").rows())
    assert shares == pytest.approx({"down": 0.2, "same": 0.3, "up": 0.5})
    headline = dict(rows_of(found, category="top").select("movement", "estimate").rows())
    assert headline == pytest.approx({"never": 0.0, "lost": 0.2, "gained": 0.1, "kept": 0.7})
    assert found["unweighted_n"].unique().to_list() == [4]


def test_gained_less_lost_is_the_net_change_of_the_same_persons() -> None:
    first, second = yes_no("y1"), replace(yes_no("y2"), item="y1")
    design = golden_design()
    gross = movements(design, [first], [second], [EVERYONE, *AGES])
    net = within_person_change(design, [first], [second], [EVERYONE, *AGES])
    for value in ("all", "1", "2", "3"):
        one = {kind: row_of(gross, category="yes", domain_value=value, movement=kind) for kind in ("gained", "lost")}
        change = row_of(net, statistic="headline", domain_value=value)["change"]
        assert one["gained"]["estimate"] - one["lost"]["estimate"] == pytest.approx(change)


def test_a_number_moves_by_its_value() -> None:
    later = ItemValues("lik", number=np.where(codes("r2") == 1, column("lik") + column("y1"), np.nan))
    found = movements(golden_design(), [number("lik")], [later], [EVERYONE])
    assert found["statistic"].unique().to_list() == ["number"]
    answered = codes("r2") == 1
    expected = np.average(column("y1")[answered], weights=column("w")[answered])
    assert row_of(found, movement="up")["estimate"] == pytest.approx(expected)
    assert row_of(found, movement="down")["estimate"] == 0.0
