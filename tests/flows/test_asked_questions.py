"""Nets, grids, multiple responses and counts through the command line, on six people worked by hand."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest

from pipeline.design import SurveyDesign
from pipeline.estimation.estimates import DomainMask, ItemValues, estimate_items
from tests.flows.statistics_builders import Panel, near
from tests.unit.test_data_files import real_file

WEIGHT = [1.0, 1.0, 2.0, 2.0, 3.0, 1.0]  # 10 together
TRUST = [1, 2, 3, 3, 2, 1]
LABELS = {1: "Yes, fully", 2: "Yes, in part", 3: "No"}
PAPER, RADIO = [1, 0, 1, 0, 0, None], [1, 1, 0, 0, 1, None]  # the last one was not asked


@pytest.fixture
def people(folder: Path) -> Path:
    """Return a folder with the six people as people.sav, labelled, and as people.csv."""
    people = pl.DataFrame({
        "w": WEIGHT, "trust": TRUST, "use_1": PAPER, "use_2": RADIO, "use_10": [0, 0, 0, 0, 0, None],
        "g_2": [5, 1, 1, 2, 2, 1], "g_10": [1, 2, 3, 4, 5, 5], "tick_a": ["a", None, "a", None, None, None],
        "tick_b": ["b", "b", None, None, None, None],
    })  # fmt: skip
    people.write_csv("people.csv")
    pyreadstat.write_sav(
        people,
        "people.sav",
        column_labels={"use_1": "Used last week - Newspaper", "use_2": "Used last week - Radio"},
        variable_value_labels={"trust": LABELS},
    )
    return folder


def test_a_net_adds_up_answers_with_the_standard_error_of_the_library(panel: Panel, people: Path) -> None:
    asked = ("estimate", "people.sav", "--item", "trust", "--weight", "w", "--net", "yes=Yes, fully,Yes, in part")
    row = panel.row(*asked, category="yes")
    item = ItemValues("trust", np.array(TRUST) - 1, categories=("1", "2", "3"), headlines={"yes": (0, 1)})
    everyone = [DomainMask("all", "all", np.ones(6, np.bool_))]
    expected = estimate_items(SurveyDesign(weight=np.array(WEIGHT)), [item], everyone).filter(category="yes")
    assert (row["statistic"], row["estimate"], row["unweighted_n"]) == ("headline", near(6 / 10), 6)
    assert row["standard_error"] == expected["standard_error"][0]
    by_hand = math.sqrt(6 / 5 * (0.16 * (1 + 1 + 9 + 1) + 0.36 * (4 + 4))) / 10  # sum of w^2 (y - p)^2
    assert row["standard_error"] == near(by_hand)


@pytest.mark.parametrize("net", ["yes=1,2", "trust:yes=1, 2", "yes=yes, FULLY,2", "yes=1,1,2"])
def test_answers_of_a_net_are_codes_or_labels(panel: Panel, people: Path, net: str) -> None:
    row = panel.row("estimate", "people.sav", "--item", "trust", "--weight", "w", "--net", net, category="yes")
    assert row["estimate"] == near(0.6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--net", "yes=Yes, fuly"), "'trust' has no answer 'Yes, fuly' (did you mean"),
        (("--net", "no=N"), "It has 'Yes, fully', 'Yes, in part', 'No'."),
        (("--net", "trsut:no=3"), "no item 'trsut' (did you mean 'trust'?) is asked for"),
        (("--net", "no"), "expected [ITEM:]NAME=ANSWERS"),
        (("--net", "no=3", "--net", "no=2"), "has a net 'no' already"),
        (("--net", "no=3", "--stat", "mean"), "--net is about answers: use --stat share or count."),
        (("--multiple", "g_*"), "4 codes mean neither chosen nor not chosen"),
        (("--multiple", "name="), "expected [NAME=]COLS"),
        (("--multiple", "g_2"), "one column fits --multiple"),
        (("--multiple", "us_*"), "no column fits --multiple 'us_*'"),
        (("--multiple", "use_*", "--chosen", "7"), "no column of 'use' holds it"),
        (("--chosen", "7"), "give both"),
        (("--multiple", "trust=use_*"), "'trust' is asked for twice"),
    ],
)
def test_what_cannot_be_meant_exits_2(panel: Panel, people: Path, arguments: tuple[str, ...], message: str) -> None:
    assert panel("estimate", "people.sav", "--item", "trust", *arguments) == 2
    assert message in panel.err


def test_a_command_without_a_question_exits_2(panel: Panel, people: Path) -> None:
    assert panel("estimate", "people.sav") == 2
    assert "give --item COL, --grid 'q8_*' or --multiple 'q5_*'" in panel.err


def test_several_answers_are_shares_of_those_who_were_asked(panel: Panel, people: Path) -> None:
    asked = ("estimate", "people.sav", "--multiple", "use_*", "--net", "any=use_1,Radio", "--weight", "w")
    rows = panel.rows(*asked)
    assert [(row["item"], row["category"]) for row in rows] == [
        ("use", "Newspaper"), ("use", "Radio"), ("use", "use_10"), ("use", "any")
    ]  # fmt: skip
    assert [row["estimate"] for row in rows] == near([3 / 9, 5 / 9, 0.0, 7 / 9])
    assert {row["unweighted_n"] for row in rows} == {5}
    chosen = np.array([[-1 if one is None else one for one in of] for of in zip(PAPER, RADIO, strict=True)], np.int8)
    item = ItemValues("use", chosen=chosen, categories=("paper", "radio"), headlines={"any": (0, 1)})
    everyone = [DomainMask("all", "all", np.ones(6, np.bool_))]
    expected = estimate_items(SurveyDesign(weight=np.array(WEIGHT)), [item], everyone)["standard_error"].to_list()
    assert [rows[place]["standard_error"] for place in (0, 1, 3)] == near(expected)


def test_a_blank_beside_ticks_is_not_chosen_and_who_ticks_nothing_did_not_answer(panel: Panel, people: Path) -> None:
    rows = panel.rows("estimate", "people.csv", "--multiple", "ticks=tick_*", "--weight", "w")
    assert [(row["item"], row["category"]) for row in rows] == [("ticks", "tick_a"), ("ticks", "tick_b")]
    assert [row["estimate"] for row in rows] == near([3 / 4, 2 / 4])
    assert "3 rows tick nothing of 'ticks'" in panel.err


def test_the_code_of_chosen_can_be_said(panel: Panel, people: Path) -> None:
    rows = panel.rows("estimate", "people.csv", "--multiple", "g_*", "--chosen", "5", "--weight", "w")
    assert [row["estimate"] for row in rows] == near([1 / 10, 4 / 10])


def test_a_grid_is_its_columns_on_one_scale_in_natural_order(panel: Panel, people: Path) -> None:
    rows = panel.rows("estimate", "people.csv", "--grid", "g_*", "--net", "high=4,5", "--weight", "w")
    assert [row["item"] for row in rows] == ["g_2"] * 6 + ["g_10"] * 6
    assert [row["category"] for row in rows[:6]] == ["1", "2", "3", "4", "5", "high"]
    assert [row["estimate"] for row in rows[:6]] == near([0.4, 0.5, 0.0, 0.0, 0.1, 0.1])
    means = panel.rows("estimate", "people.csv", "--grid", "g_*", "--stat", "mean", "--weight", "w")
    assert [(row["item"], row["estimate"]) for row in means] == [("g_2", near(1.9)), ("g_10", near(3.7))]


def test_counts_are_weighted_persons_behind_each_answer(panel: Panel, people: Path) -> None:
    asked = ("estimate", "people.sav", "--item", "trust", "--weight", "w")
    rows = panel.rows(*asked, "--stat", "count", "--net", "yes=1,2")
    assert [(row["statistic"], row["category"], row["estimate"]) for row in rows] == [
        ("count", "Yes, fully", 2.0), ("count", "Yes, in part", 4.0), ("count", "No", 4.0), ("count", "yes", 6.0)
    ]  # fmt: skip
    by_hand = math.sqrt(6 / 5 * (1 + 1 - 2**2 / 6))  # n / (n - 1) (sum of z^2 - (sum of z)^2 / n)
    assert rows[0]["standard_error"] == near(by_hand)
    assert panel.row(*asked, "--stat", "total")["estimate"] == 1 + 2 + 6 + 6 + 6 + 1
    assert "the total of 'trust' adds up the codes of its answers" in panel.err


def test_a_weight_whose_values_have_labels_is_noted(panel: Panel, people: Path) -> None:
    assert panel("estimate", "people.sav", "--item", "use_1", "--weight", "trust") == 0
    assert "every value of the weight 'trust' has a label" in panel.err
    assert panel("estimate", "people.sav", "--item", "use_1", "--weight", "w") == 0
    assert "has a label" not in panel.err


def test_change_of_nets_and_several_answers(panel: Panel, people: Path) -> None:
    first = pl.read_csv("people.csv").with_row_index("id")
    first.write_csv("w1.csv")
    first.with_columns(use_1=pl.lit(1)).write_csv("w2.csv")
    asked = ("change", "w1.csv", "w2.csv", "--id", "id", "--weight", "w", "--multiple", "use_*", "--item", "trust")
    for kind in ("net", "within_person"):
        rows = panel.rows(*asked, "--net", "trust:yes=1,2", "--kind", kind)
        changes = {row["category"]: row["change"] for row in rows}
        assert changes["yes"] == 0
        assert changes["use_1"] == near(1 - 3 / 9)
    assert panel(*asked[:5], "--multiple", "use_*") == 0
    first.drop("use_10").write_csv("w2.csv")
    assert panel(*asked) == 2
    assert "no column 'use_10'" in panel.err


def test_several_answers_and_grids_of_a_real_survey(panel: Panel) -> None:
    survey = str(real_file("ri_covid_panel", "wave1_2020-07_BROW0013_RI.sav"))
    rows = panel.rows("estimate", survey, "--multiple", "insurtype_*", "--weight", "weight")
    assert rows[1]["category"] == "I have health insurance provided through Medicare"
    assert {row["unweighted_n"] for row in rows} == {500}
    agree = panel.rows(
        "estimate", survey, "--grid", "q8_*", "--net", "agree=Strongly agree,Agree", "--weight", "weight"
    )
    assert [row["item"] for row in agree if row["category"] == "agree"] == [f"q8_{k}" for k in range(1, 11)]
    assert agree[5]["estimate"] == near(agree[0]["estimate"] + agree[1]["estimate"])


def test_an_id_or_a_time_is_no_item(panel: Panel, people: Path) -> None:
    pl.DataFrame({"id": range(1, 31), "y": [1, 2] * 15}).write_csv("ids.csv")
    assert panel("estimate", "ids.csv", "--item", "id") == 2
    assert "'id' has 30 different values in 30 rows" in panel.err
    assert "use --stat mean for numbers" in panel.err
    assert panel("estimate", "ids.csv", "--grid", "id") == 2
    assert panel("estimate", "ids.csv", "--multiple", "id,y") == 2
    assert "29 codes mean neither chosen nor not chosen. Say" in panel.err  # nobody's id
    assert panel("estimate", "ids.csv", "--item", "id", "--stat", "mean") == 0


def test_the_mean_of_one_person_has_no_error(panel: Panel, people: Path) -> None:
    pl.DataFrame({"y": [57.3, 0.7, 0.3], "g": ["a", "b", "b"], "w": [0.7, 0.7, 1.1]}).write_csv("one.csv")
    asked = ("estimate", "one.csv", "--item", "y", "--stat", "mean", "--by", "g", "--weight", "w")
    row = panel.row(*asked, domain_value="a")
    assert (row["estimate"], row["standard_error"]) == (near(57.3), 0.0)
    assert panel.row(*asked, domain_value="b")["standard_error"] > 0.1
