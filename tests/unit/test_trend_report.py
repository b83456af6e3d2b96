"""The technical trend report: every item by group and wave, as HTML and as a tagged PDF, of released waves only."""

from datetime import datetime
from typing import Any

import pytest

from reports import trend_report
from reports.trend_report import render_trend_report
from tests.published_builder import SURVEY, PublishedFile, published_file


def panel() -> PublishedFile:
    """Return four waves of five items, one of them by two age groups, with a correction."""
    file = published_file()
    file.tables["surveys"][0] |= {"title": "Our panel", "disclosure_profile": "public"}
    for release in file.tables["releases"]:
        release |= {
            "is_public": True, "released_at": datetime(2025, 5, 1), "release_status": "corrected"
        }  # fmt: skip
    for row in file.tables["items"]:
        row |= {"topic": "trust" if row["item"] == "trust" else "use", "kind": "category", "scale": "s"}
    for row in file.tables["answer_options"]:
        row["missing_kind"] = None
    for row in file.tables["estimates"]:
        row |= {"unweighted_estimate": row["estimate"]}
    groups = [
        {**row, "domain": "age_group", "domain_value": value, "unweighted_n": n}
        for row in file.rows("estimates", item="linking")
        for value, n in (("16-34", 300), ("35+", 900))
    ]
    file.tables["estimates"] += groups
    file.tables["quality_by_wave"] = [
        {"survey": SURVEY, "wave": "w04", "measure": "rows_refused", "n_found": 40, "n_of": 2000},
        {"survey": SURVEY, "wave": "w04", "measure": "flag_speeding", "n_found": 3, "n_of": 2000},
    ]
    file.tables["revisions"] = [
        {"survey": SURVEY, "release_id": "r1", "estimate_before": 0.40, "estimate_after": 0.412},
        {"survey": SURVEY, "release_id": "r1", "estimate_before": 0.40, "estimate_after": 0.401},
    ]
    file.tables["weighting_log"] = [
        {"survey": SURVEY, "wave": "w04", "weight_id": "cross_sectional", "step_order": 1, "step": "calibration",
         "n": 1843, "min_ratio": 0.5, "max_ratio": 2.25, "design_effect": 1.31, "note": "to age_group"}
    ]  # fmt: skip
    return file


def test_every_item_is_told_by_wave_and_group_with_weights_quality_and_corrections() -> None:
    html = render_trend_report(panel().read(), SURVEY, confidence=0.95)["trend-report.html"].decode()
    assert html.count("<h3>") == 5
    assert '<tr><th scope="row">16-34</th><td>52%</td><td>55%</td><td>56%</td><td>61%</td></tr>' in html
    assert "0.50 to 2.25" in html
    assert "<td>2%</td>" in html
    assert "fewer than 10" in html
    assert "r1 moved 2 figures, by 1.2 points at most." in html


def test_a_topic_stands_once_above_its_items() -> None:
    html = render_trend_report(panel().read(), SURVEY, confidence=0.95)["trend-report.html"].decode()
    assert html.count(">Use</h2>") == 1
    assert html.count(">Trust</h2>") == 1


def test_the_pdf_is_tagged_and_the_same_file_gives_the_same_bytes() -> None:
    first, second = (render_trend_report(panel().read(), SURVEY, confidence=0.95) for _ in range(2))
    assert first == second
    assert b"/StructTreeRoot" in first["trend-report.pdf"]


def test_on_paper_tables_tell_the_latest_waves_that_fit_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[dict[str, Any]] = []
    monkeypatch.setattr(trend_report, "printed", lambda _, page, *__: pages.append(page) or b"")
    for fits in (4, 2):
        monkeypatch.setattr(trend_report, "PRINTED_WAVES", fits)
        html = render_trend_report(panel().read(), SURVEY, confidence=0.95)["trend-report.html"].decode()
        assert '<tr><th scope="row">16-34</th><td>52%</td><td>55%</td><td>56%</td><td>61%</td></tr>' in html
    tables = [[table for one in page["sections"] for table in one["tables"]] for page in pages]
    grouped = [next(table for table in of_page if table["caption"][:9] == "Age group") for of_page in tables]
    assert [table["headings"][1:] for table in grouped] == [
        ("Wave 1", "Wave 2", "Wave 3", "Wave 4"),
        ("Wave 3", "Wave 4"),
    ]
    assert [table["rows"][0][1:] for table in grouped] == [("52%", "55%", "56%", "61%"), ("56%", "61%")]
    assert [page["lines"][-1][:29] for page in pages] == ["", "Tables tell the latest 2 of 4"]


def test_nothing_is_told_before_a_wave_is_let_out() -> None:
    file = panel()
    for release in file.tables["releases"]:
        release["is_public"] = False
    assert render_trend_report(file.read(), SURVEY, confidence=0.95) == {}
