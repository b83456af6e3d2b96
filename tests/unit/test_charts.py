"""Charts: every shown estimate has its interval, hidden ones leave a gap, and all can be read without seeing."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.charts import Mark, interval_chart, standalone, trend_chart
from reports.language import ENGLISH
from reports.svg import Words
from reports.words import short_percent

SVG = "{http://www.w3.org/2000/svg}"
ABOUT = Words("trust", "Trust <in> the council", 'Line of waves & "bands".')


def marks(*shares: float | None) -> list[Mark]:
    return [
        Mark(str(number), None, None, None, figure="too few to say")
        if share is None
        else Mark(str(number), share, share - 0.05, share + 0.05, figure=short_percent(ENGLISH, share))
        for number, share in enumerate(shares, 1)
    ]


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def of_kind(svg: str, tag: str, kind: str) -> list[ElementTree.Element]:
    return [one for one in parsed(svg).iter(f"{SVG}{tag}") if kind in one.get("class", "").split()]


@pytest.mark.parametrize("chart", [trend_chart, interval_chart])
def test_a_chart_is_an_image_with_title_and_description(chart):
    picture = parsed(chart(marks(0.4, 0.5), ABOUT))
    assert picture.get("role") == "img"
    named = picture.get("aria-labelledby", "").split()
    assert [picture.find(f"{SVG}title").get("id"), picture.find(f"{SVG}desc").get("id")] == named
    assert picture.find(f"{SVG}title").text == ABOUT.title


@pytest.mark.parametrize("chart", [trend_chart, interval_chart])
def test_every_dot_has_its_interval(chart):
    svg = chart(marks(0.4, 0.5, None, 0.6), ABOUT)
    assert len(of_kind(svg, "circle", "dot")) == 3
    assert len(of_kind(svg, "line", "bar")) == 3


def test_a_hidden_wave_breaks_line_and_band():
    svg = trend_chart(marks(0.4, 0.5, None, 0.6, 0.6), ABOUT)
    assert len(of_kind(svg, "polyline", "line")) == 2
    assert len(of_kind(svg, "polygon", "band")) == 2


def test_no_line_leads_to_a_provisional_wave():
    final, provisional = marks(0.4, 0.5), Mark("3", 0.6, 0.55, 0.65, is_provisional=True)
    svg = trend_chart([*final, provisional], ABOUT)
    assert len(of_kind(svg, "polyline", "line")[0].get("points", "").split()) == 2
    assert len(of_kind(svg, "circle", "open")) == 1


def test_the_last_figure_is_printed_beside_its_dot():
    assert [text.text for text in of_kind(trend_chart(marks(0.4, 0.614), ABOUT), "text", "figure")] == ["61%"]


def test_a_hidden_last_figure_is_too_few_to_say():
    assert "too few to say" in trend_chart(marks(0.4, None), ABOUT)
    assert "too few to say" in interval_chart(marks(0.4, None), ABOUT)


def test_a_chart_of_hidden_figures_only_can_still_be_drawn():
    assert not of_kind(trend_chart(marks(None, None), ABOUT), "circle", "dot")


def test_the_upright_axis_spans_at_least_forty_points():
    ticks = [text.text for text in of_kind(trend_chart(marks(0.5, 0.5), ABOUT), "text", "end")]
    assert (ticks[0], ticks[-1]) == ("30%", "70%")


def test_the_upright_axis_stays_within_0_and_100_per_cent():
    ticks = [text.text for text in of_kind(trend_chart(marks(0.95, 0.94), ABOUT), "text", "end")]
    assert (ticks[0], ticks[-1]) == ("60%", "100%")


def test_many_waves_do_not_crowd_the_axis_and_the_last_is_named():
    labels = [text.text for text in of_kind(trend_chart(marks(*[0.5] * 30), ABOUT), "text", "middle")]
    assert len(labels) <= 12
    assert (labels[0], labels[-1]) == ("1", "30")


def test_a_dot_stands_where_its_share_is():
    dots = of_kind(interval_chart(marks(0.25, 0.5, 0.75), ABOUT), "circle", "dot")
    first, second, third = (float(dot.get("cx", "")) for dot in dots)
    assert second - first == pytest.approx(third - second, abs=0.11)  # drawn to a tenth


def test_a_file_of_its_own_carries_its_style():
    picture = parsed(standalone(trend_chart(marks(0.4, 0.5), ABOUT), ".chart { color: red; }"))
    assert picture.find(f"{SVG}style").text == ".chart { color: red; }"


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=20))
def test_nothing_is_drawn_outside_the_picture(shares):
    bounded = [Mark("w", share, share and max(0.0, share - 0.1), share and min(1.0, share + 0.1)) for share in shares]
    for svg in (trend_chart(bounded, ABOUT), interval_chart(bounded, ABOUT)):
        _, _, width, height = (float(number) for number in parsed(svg).get("viewBox", "").split())
        for dot in of_kind(svg, "circle", "dot"):
            assert 0 < float(dot.get("cx", "")) < width
            assert 0 < float(dot.get("cy", "")) < height
