"""The technical trend report: every item by group and wave, as HTML and as a tagged PDF, of released waves only."""

from datetime import datetime
from typing import Any

import pytest

from reports import trend_report
from reports.trend_report import render_trend_report
from tests.attrition_builder import curve_row, indicator_row
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


def with_attrition(file: PublishedFile, *, n_young: int = 300) -> PublishedFile:
    """Return the file with who left at its first three waves, response rates and R-indicators."""
    groups = (("age_group", "16-34", n_young, 0.12), ("age_group", "35+", 900, 0.03), ("all", "all", 1200, 0.06))
    file.tables["attrition_curves"] = [
        curve_row(domain, group, "wave", time, "nonresponse", n, (hazard, hazard * time))
        for domain, group, n, hazard in groups
        for time in (1, 2, 3)
    ]
    waves = [row["wave"] for row in file.tables["waves"]]
    file.tables["representativity"] = [
        indicator_row(wave, "r_indicator", "all", "all", 0.8 + place / 100) for place, wave in enumerate(waves)
    ]
    file.tables["response_rates"] = [
        {"survey": SURVEY, "wave": wave, "domain": "all", "domain_value": "all", "n_invited": 2443,
         "n_respondents": 1843, "completion_rate": 0.754, "rr1": 0.67, "rr3": 0.67, "rr5": 0.67, "cumrr2": None}
        for wave in waves
    ]  # fmt: skip
    return file


def told(file: PublishedFile) -> str:
    return render_trend_report(file.read(), SURVEY, confidence=0.95)["trend-report.html"].decode()


def test_every_headline_has_its_trend_with_ranges_and_the_changes_that_were_tested() -> None:
    html = told(panel())
    assert html.count("<svg") == html.count('class="band"') == 5
    linking = html[html.index("Linking data</h3>") :].split("</article>")[0]
    assert "<td>49% to 55%</td>" in linking
    assert "<td>1,840</td>" in linking
    assert "Rose by 9 points since wave 1 (between 6 and 12 points)." in linking
    assert "since wave" not in html[html.index("Something else</h3>") :].split("</article>")[0]


def test_a_trend_is_broken_where_the_wording_changed() -> None:
    file = panel()
    for row in file.rows("estimates", item="extra"):
        row["category"] = "trust"
    for row in [*file.rows("answer_options", item="extra"), *file.rows("answer_options", item="trust")]:
        row["headlines"] = row["headlines"] and "trust"
    file.tables["estimates"] = [
        row
        for row in file.tables["estimates"]
        if row["item"] not in ("trust", "extra") or (row["item"] == "extra") == (row["wave"] < "w03")
    ]
    file.tables["item_links"] = [
        {"survey": SURVEY, "item_from": "extra", "item_to": "trust", "comparability": "comparable_with_break",
         "note": None}
    ]  # fmt: skip
    trust = told(file).split("Trust in the council</h3>")[1].split("</article>")[0]
    assert 'class="break"' in trust
    assert "Wave 2, earlier wording" in trust


def test_attrition_is_told_by_group_with_response_rates_and_the_r_indicator() -> None:
    files = render_trend_report(with_attrition(panel()).read(), SURVEY, confidence=0.95)
    html = files["trend-report.html"].decode()
    assert html.count(">Attrition</h2>") == 1
    left = html.split("When they leave</h3>")[1].split("</article>")[0]
    assert '<tr><th scope="row">16-34</th><td>12% (8% to 17%)</td>' in left
    assert '<tr><th scope="row">Everyone</th><td>6% (4% to 8%)</td>' in left
    assert '<tr><th scope="row">Wave 4</th><td>2,440</td><td>1,840</td><td>75%</td><td>67%</td>' in html
    assert "<td>0.80</td><td>0.75 to 0.85</td>" in html
    assert b"/StructTreeRoot" in files["trend-report.pdf"]


def test_a_small_group_is_hidden_in_attrition_with_the_one_that_would_give_it_away() -> None:
    left = told(with_attrition(panel(), n_young=40)).split("When they leave</h3>")[1].split("</article>")[0]
    assert '<tr><th scope="row">16-34</th><td>–</td>' in left
    assert '<tr><th scope="row">35+</th><td>–</td>' in left
    assert '<tr><th scope="row">Everyone</th><td>6% (4% to 8%)</td>' in left


def test_nothing_is_told_of_a_wave_that_is_not_let_out() -> None:
    file = with_attrition(panel())
    file.tables["waves"][-1]["release_id"] = "r2"
    file.tables["releases"].append({**file.tables["releases"][0], "release_id": "r2", "is_public": False})
    html = told(file)
    assert "Wave 3" in html
    assert "Wave 4" not in html
    assert ">w04<" not in html
    assert "58% to 64%" not in html


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
