"""The methods and disclosure sheet: every element stated, computed, or said to be missing."""

import json
from datetime import date, datetime
from typing import Any

import pytest

from reports.methods_sheet import render_methods
from reports.newsletter import edition_of
from tests.published_builder import SURVEY, WEIGHT, PublishedFile, published_file


def panel(**changes: Any) -> PublishedFile:
    """Return a published file with all that the sheet looks for, in its smallest form."""
    file = published_file(**changes)
    file.tables["surveys"][0] |= {"title": "Our panel", "disclosure_profile": "public"}
    waves = [wave["wave"] for wave in file.tables["waves"]]
    for item in file.tables["items"]:
        places = [{"key": wave, "value": item["item_order"]} for wave in waves]
        item |= {"waves": "+".join(waves), "is_published": True, "places": places}
    for estimate in file.tables["estimates"]:
        estimate["design_effect"] = 1.25 if estimate["item"] == "linking" else 1.5
    for family in file.tables["families"]:
        family |= {"correction": "holm", "level": 0.05}
    for release in file.tables["releases"]:
        release |= {"release_status": "final", "released_at": datetime(2025, 5, 2), "figures_hash": "abc"}
    file.tables["statements"] = [
        {"survey": SURVEY, "element": "sponsor", "element_order": 1, "statement": "Anytown Council"}
    ]
    file.tables["deliveries"] = [
        {"survey": SURVEY, "source": "w04", "n_delivered": 1850, "n_accepted": 1843, "n_refused": 7, "n_superseded": 0}
    ]
    file.tables["response_quality"] = [
        {"survey": SURVEY, "wave": "w04", "panel_member_id": str(member), "flag": "speeding"} for member in range(14)
    ]
    file.tables["weighting_log"] = [
        {"survey": SURVEY, "wave": "w04", "weight_id": WEIGHT, "step_order": 1, "step": "calibration", "n": 1843,
         "min_ratio": 0.5, "max_ratio": 2.25, "design_effect": 1.31, "note": "to age_group"}
    ]  # fmt: skip
    return file


def methods(file: PublishedFile) -> dict[str, str]:
    return render_methods(edition_of(file.read(), SURVEY, "w04", disclosure_profile="public"))


def sheet(file: PublishedFile) -> dict[str, Any]:
    return dict(json.loads(methods(file)["disclosure.json"]))


def test_the_eleven_headings_of_aapor_and_the_releases_are_there() -> None:
    assert list(sheet(panel())["elements"]) == [
        *("strategy", "sponsor_and_conductor", "instruments", "population", "sample", "modes", "dates"),
        *("sizes_and_precision", "weighting", "processing_and_quality", "limitations", "releases"),
    ]


def test_what_the_author_states_is_told_and_what_nobody_states_is_empty() -> None:
    elements = sheet(panel())["elements"]
    assert elements["sponsor_and_conductor"]["sponsor"] == ["Anytown Council"]
    assert elements["sponsor_and_conductor"]["contact"] == []


def test_what_is_not_stated_is_said_on_the_page_and_in_the_codes() -> None:
    files = methods(panel())
    assert "Not stated by the survey&#39;s author." in files["methods.html"]
    stated = {(one["code"], one["asks_for"]): one["is_stated"] for one in sheet(panel())["codes"]}
    assert stated["British Polling Council", "Client"]
    assert not stated["British Polling Council", "Contact"]
    assert stated["AAPOR", "Instruments"]


def test_precision_is_that_of_the_headlines() -> None:
    (line,) = sheet(panel())["elements"]["sizes_and_precision"]["precision"]
    assert line.startswith(
        "Design effects of the headline shares run from 1.25 to 1.50; their 95% ranges reach up to 3.1"
    )


def test_the_expected_number_of_false_claims_is_level_times_the_waves_of_a_year() -> None:
    lines = sheet(panel())["elements"]["sizes_and_precision"]["tests"]
    assert lines[-1].startswith("If nothing had changed, at most 0.2 of the 4 newsletters of a year")


def test_a_wave_a_year_ago_is_not_one_of_this_year() -> None:
    file = panel()
    for row, (year, month, day) in zip(
        file.tables["waves"], [(2025, 3, 3), (2025, 7, 1), (2025, 11, 3), (2026, 3, 2)], strict=True
    ):
        row["fieldwork_start"] = date(year, month, day)
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
    told = json.loads(render_methods(edition)["disclosure.json"])["elements"]["sizes_and_precision"]["tests"]
    assert "of the 3 newsletters of a year" in told[-1]


def test_small_counts_of_rows_and_members_are_not_told() -> None:
    quality = sheet(panel())["elements"]["processing_and_quality"]
    assert quality["rows"] == ["1,850 delivered, 1,840 accepted, fewer than 10 refused, fewer than 10 superseded."]
    assert quality["flags"] == ["Far faster than others: 10 members flagged"]


def test_counts_of_people_in_notes_are_rounded_or_too_few_like_all_others() -> None:
    file = panel()
    (step,) = file.tables["weighting_log"]
    step["note"] = "1749 people responded, 4 people are ineligible, of 1753 people in the starting sample; 2 iterations"
    (told,) = sheet(file)["weighting_steps"]
    assert told["note"] == (
        "1,750 people responded, fewer than 10 people are ineligible, of 1,750 people in the starting sample; "
        "2 iterations"
    )


def test_questions_stand_with_their_answers_in_the_order_asked_in_this_wave() -> None:
    file = panel()
    assert [one["item"] for one in sheet(file)["questions"]] == ["linking", "trust", "risk", "health", "extra"]
    for item in file.tables["items"]:
        item["places"][-1]["value"] = 6 - item["item_order"]  # of the wave told; the other waves asked as before
    questions = sheet(file)["questions"]
    assert [one["item"] for one in questions] == ["extra", "health", "risk", "trust", "linking"]
    assert questions[-1]["wording"] == "Do you support or oppose linking?"
    assert questions[-1]["answers"] == ["Support", "Strongly support", "Neither"]


def test_a_correction_is_told() -> None:
    file = panel()
    (release,) = file.rows("releases", release_id="r1")
    release["notice"] = "Two figures moved."
    assert sheet(file)["elements"]["releases"]["correction"] == ["Two figures moved."]
    assert sheet(panel())["elements"]["releases"]["correction"] == ["No figure of this wave has been corrected."]


def test_the_same_file_gives_the_same_bytes() -> None:
    assert methods(panel()) == methods(panel())


@pytest.mark.parametrize("name", ["methods.html", "disclosure.json"])
def test_a_wording_cannot_break_the_page(name: str) -> None:
    file = panel()
    file.tables["items"][0]["wording"] = '</script><img src=x onerror="alert(1)">'
    text = methods(file)[name]
    assert "<img" not in text or name == "disclosure.json"
    assert json.loads(text)["questions"] if name == "disclosure.json" else "&lt;img" in text
