"""The pictures of the newsletter: all the answers, age groups, who stayed; each with its words and its table."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reports.findings import headline_findings
from reports.newsletter import edition_of, newsletter_page, render_newsletter
from reports.newsletter_formats import render_editions
from tests.chart_texts import covered, outside
from tests.pictures_builder import file_with_pictures
from tests.published_builder import SURVEY, PublishedFile

MADE = datetime(2025, 5, 2, 2, 0, tzinfo=UTC)


def told(file: PublishedFile, wave: str = "w04") -> dict[str, Any]:
    edition = edition_of(file.read(), SURVEY, wave, disclosure_profile="public")
    return newsletter_page(edition, "Our panel", MADE)[0]


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    return told(file_with_pictures())


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    edition = edition_of(file_with_pictures().read(), SURVEY, "w04", disclosure_profile="public")
    about = {"title": "Our panel", "generated_at": MADE}
    web = {name: text.encode() for name, text in render_newsletter(edition, **about).items()}  # type: ignore[arg-type]
    return web | render_editions(edition, **about)  # type: ignore[arg-type]


def test_all_the_answers_are_told_from_the_low_end_with_the_middle_and_dont_know_apart(page: dict[str, Any]) -> None:
    answers = page["answers"]
    assert answers.description.startswith(
        "Linking data: Strongly oppose 6%, Oppose 14%, Neither 19%, Support 41%, Strongly support 20%, Don't know 10%."
    )
    assert "Health" not in answers.description, "its scale has no sides"
    assert answers.table.rows[0] == ("Linking data: Strongly oppose", "6%", "2% to 10%")
    assert answers.table.rows[5] == ("Linking data: Don't know", "10%", "–")


def test_a_scale_that_begins_with_its_high_end_is_turned_round() -> None:
    file = file_with_pictures()
    for row in file.rows("answer_options", item="linking"):
        row["option_order"] = 6 - row["option_order"]
    assert told(file)["answers"].description.startswith("Linking data: Strongly oppose 6%, Oppose 14%, Neither 19%")


def test_answers_on_a_small_base_are_not_drawn_nor_told() -> None:
    file = file_with_pictures()
    for row in file.rows("estimates", item="linking", statistic="share"):
        row["unweighted_n"] = 49
    answers = told(file)["answers"]
    assert answers.description.startswith("Linking data: too few to say.")
    assert "41%" not in answers.chart.split("Trust in the council")[0]


def test_age_groups_have_a_picture_for_each_told_headline_with_its_base(page: dict[str, Any]) -> None:
    first = page["groups"][0]
    assert [one.title for one in page["groups"]] == ["Linking data", "Trust in the council"]
    assert first.table.rows[0] == ("16-24", "44%", "40% to 48%", "370")
    assert first.table.rows[-1][0] == "Everyone"
    assert "Whether groups differ is told with each headline" in page["groups_note"]


def test_a_small_age_group_takes_another_with_it_so_that_no_subtraction_tells_it() -> None:
    file = file_with_pictures()
    for row in file.rows("estimates", domain_value="16-24"):
        row["unweighted_n"] = 40
    shown = {row[0]: row[1] for row in told(file)["groups"][0].table.rows}
    assert [group for group, share in shown.items() if share == "too few to say"] == ["16-24", "25-34"]


def test_curves_need_three_waves_and_tell_each_of_them(page: dict[str, Any]) -> None:
    curves = page["people"].curves
    assert curves.table.headings == ("Wave", "16-24", "25-34", "35-49", "50-64", "65+", "Everyone")
    assert [row[0] for row in curves.table.rows] == ["Wave 1", "Wave 2", "Wave 3", "Wave 4", "Range"]
    assert told(file_with_pictures(waves=2), "w02")["people"].curves is None


def test_every_picture_has_a_title_a_description_a_table_and_a_file_of_either_kind(
    page: dict[str, Any], files: dict[str, bytes]
) -> None:
    html = files["newsletter.html"].decode()
    pictures = [page["answers"], *page["groups"], page["people"].curves]
    for picture in pictures:
        assert {f"charts/{picture.chart_id}.svg", f"charts/{picture.chart_id}.png"} <= set(files)
        assert picture.chart in html
        assert f'<title id="{picture.chart_id}-title">' in picture.chart
        assert picture.table.rows
        assert covered(picture.chart) == []
        assert outside(picture.chart) == []
    assert html.count("<summary>") >= len(pictures) + len(page["findings"])
    assert len(re.findall(r'role="img"', html)) == len(pictures) + len(page["findings"]) + 1


def test_the_email_stays_small_and_the_pdf_has_two_pages(files: dict[str, bytes], tmp_path: Path) -> None:
    email = files["email.html"].decode()
    assert len(files["email.html"]) < 100_000
    assert 'src="charts/all_the_answers.png"' in email
    assert 'src="charts/retention_curves.png"' in email
    if shutil.which("pdfinfo"):
        (tmp_path / "a.pdf").write_bytes(files["newsletter.pdf"])
        found = subprocess.run(["pdfinfo", tmp_path / "a.pdf"], capture_output=True, text=True, check=True).stdout
        assert re.search(r"Pages: +2\n", found)
    assert files["newsletter.pdf"].count(b"/Alt") >= 4 + 1 + 2 + 2 or b"/ObjStm" in files["newsletter.pdf"]


def test_charts_get_smaller_before_the_pdf_gets_a_third_page() -> None:
    file = file_with_pictures()
    long = "Thank you for everything that you told us in this wave and in all the others before it. " * 9
    file.tables["newsletter_words"] = [
        {"survey": SURVEY, "wave": "w04", "part": part, "place": place, "text": long, "answer": None}
        for place, part in enumerate(("intro", "thanks", "next_survey"))
    ]
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
    pdf = render_editions(edition, title="Our panel", generated_at=MADE)["newsletter.pdf"]
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2


def test_waves_of_an_earlier_wording_stand_left_of_a_break_and_no_line_or_sentence_crosses_it() -> None:
    file = file_with_pictures()
    for row in file.rows("estimates", item="linking", statistic="headline"):
        if row["wave"] in ("w01", "w02"):
            row["item"] = "linking_old"
    link = {"survey": SURVEY, "item_from": "linking_old", "item_to": "linking"}
    file.tables["item_links"] = [link | {"comparability": "comparable_with_break", "note": "Reworded."}]
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
    finding = headline_findings(edition)[0]
    assert 'class="break"' in finding.chart
    assert "new wording" in finding.chart
    assert finding.chart.count('class="line"') == 2
    assert [row[0] for row in finding.rows] == [
        "Wave 1, earlier wording",
        "Wave 2, earlier wording",
        "Wave 3",
        "Wave 4",
    ]
    assert not any("wave 1" in line.text or "wave 2" in line.text for line in finding.changes)
    assert "Dashed line" in finding.chart_key
    file.tables["item_links"][0]["comparability"] = "not_comparable"
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
    assert len(headline_findings(edition)[0].rows) == 2
