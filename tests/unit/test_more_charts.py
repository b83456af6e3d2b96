"""Diverging bars and retention curves: sides apart, names that do not hide each other, colours that can be told."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.curve_chart import Curve, curve_chart
from reports.diverging_chart import HIGH, LOW, MIDDLE, UNKNOWN, Answer, Bars, diverging_chart
from reports.page_templates import TEMPLATES
from reports.svg import Words
from tests.chart_texts import SVG, boxes, covered, outside

ABOUT = Words("split", "All the <answers>", "Linking: Oppose 20%.")
LABELS = ((LOW, "Strongly oppose"), (LOW, "Tend to oppose"), (HIGH, "Tend to support"), (HIGH, "Strongly support"))
TOO_FEW = "too few to say"
CSS = (TEMPLATES / "charts.css").read_text(encoding="utf-8")
TEXT, GRAPHIC = 4.5, 3.0  # least contrast, WCAG 2.2, 1.4.3 and 1.4.11


def bars(*shares: float | None, middle: float = 0.2, unknown: float = 0.05, label: str = "Linking data") -> Bars:
    sides = [Answer(name, side, share, figure(share)) for (side, name), share in zip(LABELS, shares, strict=True)]
    apart = [Answer("Neither", MIDDLE, middle, figure(middle)), Answer("Don't know", UNKNOWN, unknown, figure(unknown))]
    return Bars(label, (*sides, *apart))


def figure(share: float | None) -> str:
    return TOO_FEW if share is None else f"{share:.0%}"


def rectangles(chart: str, *kinds: str) -> list[tuple[float, float]]:
    """Return left and right of each bar of these kinds, the swatches of the key aside."""
    found = [one for one in ElementTree.fromstring(chart).iter(f"{SVG}rect") if float(one.attrib["height"]) > 10]
    places = [one for one in found if set(kinds) <= set(one.attrib["class"].split())]
    return [(float(one.attrib["x"]), float(one.attrib["x"]) + float(one.attrib["width"])) for one in places]


def test_the_sides_meet_at_one_zero_line_for_all_questions() -> None:
    chart = diverging_chart([bars(0.1, 0.2, 0.3, 0.2), bars(0.3, 0.1, 0.1, 0.3)], ABOUT, too_few=TOO_FEW)
    zeros = {
        one.attrib["x1"] for one in ElementTree.fromstring(chart).iter(f"{SVG}line") if one.attrib["class"] == "zero"
    }
    assert len(zeros) == 1
    zero = float(zeros.pop())
    assert max(right for _, right in rectangles(chart, "low")) <= zero
    assert min(left for left, _ in rectangles(chart, "high")) >= zero - 0.05
    assert min(left for left, _ in rectangles(chart, "middle")) > max(right for _, right in rectangles(chart, "high"))
    assert min(left for left, _ in rectangles(chart, "unknown")) > max(
        right for _, right in rectangles(chart, "middle")
    )


def test_bars_are_as_long_as_their_shares_on_one_scale() -> None:
    chart = diverging_chart([bars(0.1, 0.2, 0.4, 0.1)], ABOUT, too_few=TOO_FEW)
    lengths = [right - left + 1 for left, right in [*rectangles(chart, "low"), *rectangles(chart, "high")]]
    assert [round(one / lengths[0], 1) for one in lengths] == [1.0, 2.0, 4.0, 1.0]
    ((left, right),) = rectangles(chart, "middle")
    assert (right - left) / lengths[0] == pytest.approx(2.0, abs=0.02)


def test_the_outermost_answer_of_a_side_is_the_strong_one() -> None:
    chart = diverging_chart([bars(0.1, 0.2, 0.3, 0.2)], ABOUT, too_few=TOO_FEW)
    (strong,), (mild,) = rectangles(chart, "low", "strong"), rectangles(chart, "low", "mild")
    assert strong[1] <= mild[0]
    (mild,), (strong,) = rectangles(chart, "high", "mild"), rectangles(chart, "high", "strong")
    assert mild[1] <= strong[0]


def test_a_question_that_may_not_be_shown_has_no_bar_and_says_so() -> None:
    chart = diverging_chart([bars(None, 0.2, 0.3, 0.2)], ABOUT, too_few=TOO_FEW)
    assert rectangles(chart) == []
    assert TOO_FEW in chart
    assert "30%" not in chart


def test_questions_on_one_scale_share_one_key() -> None:
    chart = diverging_chart([bars(0.1, 0.2, 0.3, 0.2), bars(0.3, 0.1, 0.1, 0.3)], ABOUT, too_few=TOO_FEW)
    assert chart.count(">Strongly oppose<") == 1


def test_the_key_has_a_column_for_each_side_and_cuts_no_long_label_short() -> None:
    long = {name: f"The {name} of this far outweighs the rest of that" for _, name in LABELS}
    question = bars(0.1, 0.2, 0.3, 0.2)
    told = Bars("Long", tuple(replace(one, label=long.get(one.label, one.label)) for one in question.answers))
    chart = diverging_chart([told], ABOUT, too_few=TOO_FEW)
    texts = [one for one in ElementTree.fromstring(chart).iter(f"{SVG}text") if "faint" in one.attrib["class"]]
    columns = {
        x: " ".join(str(one.text) for one in texts if one.attrib["x"] == x) for x in {one.attrib["x"] for one in texts}
    }
    assert [columns[x] for x in sorted(columns, key=float)] == [
        f"{long['Strongly oppose']} {long['Tend to oppose']} Neither",
        f"{long['Strongly support']} {long['Tend to support']} Don't know",
    ]
    assert covered(chart) == outside(chart) == []


@given(
    st.lists(
        st.tuples(*[st.integers(1, 100)] * 6).map(lambda parts: tuple(part / sum(parts) for part in parts)),
        min_size=1, max_size=5,
    ),
    st.text(alphabet="abcdefgh ", min_size=1, max_size=140),
)  # fmt: skip
def test_no_text_of_diverging_bars_covers_another_or_leaves_the_picture(shares: list[list[float]], label: str) -> None:
    questions = [bars(*one[:4], middle=one[4], unknown=one[5], label=label) for one in shares]
    chart = diverging_chart(questions, ABOUT, too_few=TOO_FEW)
    assert covered(chart) == []
    assert outside(chart) == []


GROUPS = ("16-24", "25-34", "35-49", "50-64", "65+", "Everyone")


def curves(*ends: float | None) -> list[Curve]:
    return [
        Curve(
            name, (1.0, 0.8, end), end and end - 0.02, end and end + 0.02, figure(end), is_everyone=name == "Everyone"
        )
        for name, end in zip(GROUPS, ends, strict=False)
    ]


@given(st.lists(st.one_of(st.none(), st.floats(0.02, 0.98)), min_size=6, max_size=6))
def test_the_names_of_curves_never_cover_each_other(ends: list[float | None]) -> None:
    chart = curve_chart(curves(*ends), ["Wave 1", "2", "3"], ABOUT)
    assert covered(chart) == []
    assert outside(chart) == []


@pytest.mark.parametrize("n_waves", [3, 8, 12, 13, 40])
def test_the_names_of_waves_do_not_cover_each_other_and_the_last_is_there(n_waves: int) -> None:
    one = Curve("16-24", (0.5,) * n_waves, 0.4, 0.6, "50%")
    chart = curve_chart([one], ["Wave 1", *(str(wave) for wave in range(2, n_waves + 1))], ABOUT)
    assert covered(chart) == []
    assert {"Wave 1", str(n_waves)} <= {box.text for box in boxes(chart)}


def test_a_curve_is_broken_where_a_wave_may_not_be_shown() -> None:
    one = Curve("16-24", (1.0, 0.8, None, 0.5, 0.4), 0.3, 0.5, "40%")
    chart = curve_chart([one], ["Wave 1", "2", "3", "4", "5"], ABOUT)
    lines = [line for line in ElementTree.fromstring(chart).iter(f"{SVG}polyline") if "curve" in line.attrib["class"]]
    assert [len(line.attrib["points"].split()) for line in lines] == [2, 2]


def test_everyone_is_named_once_and_every_group_has_its_own_colour() -> None:
    chart = curve_chart(curves(0.3, 0.4, 0.5, 0.6, 0.7, 0.5), ["Wave 1", "2", "3"], ABOUT)
    names = [box.text for box in boxes(chart) if box.text.split()[0] in GROUPS]
    assert names == [
        f"{name} {end}" for name, end in zip(GROUPS, ("30%", "40%", "50%", "60%", "70%", "50%"), strict=True)
    ]
    assert {f"curve shade{place}" for place in range(5)} <= set(re.findall(r'class="(curve \w+)"', chart))


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("place", [0, 1, 2], ids=["light", "dark", "print"])
def test_bars_curves_and_the_figures_in_them_have_contrast_enough(place: int) -> None:
    block = re.findall(r"\.chart \{ (--mark[^}]+)\}", CSS)[place]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))
    for name in ("low", "high", "lowmild", "highmild", "middle", "unknown", *(f"shade{one}" for one in range(6))):
        assert contrast(colours[name], colours["ground"]) >= GRAPHIC, name
    for strong, mild in (("low", "lowmild"), ("high", "highmild")):
        assert contrast(colours[strong], colours["onstrong"]) >= TEXT, strong
        assert contrast(colours[mild], colours["onmild"]) >= TEXT, mild
    assert contrast(colours["words"], colours["ground"]) >= TEXT
    assert contrast(colours["quiet"], colours["ground"]) >= TEXT
