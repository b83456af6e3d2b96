"""The trend on the quality pages: counts and shares wave by wave, and a line for each measure."""

import re
from dataclasses import fields

import polars as pl

from pipeline.quality_limits import ResponseQuality
from reports.quality_trend import _TITLES, line, trend_of
from tests.unit.test_quality_pages import pages, text

ROWS = [
    ("panel", "w01", "rows_refused", 0, 1200),
    ("panel", "w01", "item_nonresponse", 60, 12_000),
    ("panel", "w02", "rows_refused", 12, 1000),
    ("panel", "w02", "item_nonresponse", 100, 10_000),
    ("panel", "w02", "flag_speeding", 3, 988),
    ("other", "w01", "rows_refused", 1, 2),
]
QUALITY = pl.DataFrame(ROWS, schema=["survey", "wave", "measure", "n_found", "n_of"], orient="row")


def test_each_measure_has_its_counts_and_shares_wave_by_wave():
    trend = trend_of(QUALITY, "panel")
    assert trend is not None
    assert (trend.waves, trend.rows_delivered) == (("w01", "w02"), ("1,200", "1,000"))
    assert [row.cells for row in trend.rows] == [
        (("0", "0.0%"), ("12", "1.2%")),
        (("60", "0.5%"), ("100", "1.0%")),
        (("", ""), ("3", "0.3%")),
    ]


def test_one_wave_is_no_trend():
    assert trend_of(QUALITY, "other") is None
    assert trend_of(QUALITY, "unknown") is None


def test_a_line_runs_from_zero_to_the_largest_share_and_breaks_where_a_wave_has_none():
    drawn = line([0.0, None, 0.1, 0.2], "told")
    assert 'd="M4.0 26.0M86.7 15.0L128.0 4.0"' in drawn
    assert 'cx="128.0" cy="4.0"' in drawn
    assert 'aria-label="told"' in drawn
    assert 'd="M4.0 26.0L128.0 26.0"' in line([0.0, 0.0], "nothing found")


def test_every_flag_has_its_words():
    assert {f"flag_{one.name}" for one in fields(ResponseQuality) if one.name not in ("identity", "remove_at")} <= set(
        _TITLES
    )


def test_the_index_shows_the_trend_of_each_survey_offline():
    html = pages({}, quality=QUALITY)["index.html"]
    seen = text(html)
    assert "Trend over waves" in seen
    assert "Rows delivered 1,200 1,000 Rows refused, of those delivered 0 0.0% 12 1.2%" in seen
    assert "Respondents flagged: far faster than others 3 0.3%" in seen
    assert html.count('<svg class="line"') == 3
    assert not re.search(r"(src|href)=\"(https?:)?//", html)
    assert "Trend over waves" not in text(pages({})["index.html"])
