"""Explorer, codebook, methods sheet, tables and trend report in Welsh: what is not translated is marked and said."""

import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest

from pipeline import weighting
from pipeline.survey_files.recipes import METHODS
from reports.codebook import render_codebook
from reports.explorer import render_explorer
from reports.language import language, languages
from reports.methods_sheet import render_methods
from reports.newsletter import edition_of
from reports.published import Read, ReadOnce
from reports.tables import render_tables
from reports.trend_report import render_trend_report
from tests.bilingual_builder import ENGLISH_WORDS, Spoken, bilingual
from tests.published_builder import SURVEY, PublishedFile
from tests.unit.test_methods_sheet import panel as panel_of_methods
from tests.unit.test_tables import panel as panel_of_tables
from tests.unit.test_trend_report import panel as panel_of_trends

DRAFT, NOT_TRANSLATED = "Drafft peiriant yw'r cyfieithiad hwn.", "What has not been translated yet stands in English."


def trends() -> PublishedFile:
    """Return a survey whose items have a topic, by two groups of which one has letters in its name."""
    file = bilingual(panel_of_trends())
    for row in file.tables["estimates"]:
        row["domain_value"] = row["domain_value"].replace("35+", "older")
    return file


def methods(code: str, file: PublishedFile | None = None) -> dict[str, str]:
    read = (file or bilingual(panel_of_methods())).read()
    return render_methods(edition_of(read, SURVEY, "w04", disclosure_profile="public", language=language(code)))


@pytest.fixture(scope="module")
def report() -> dict[str, bytes]:
    return render_trend_report(trends().read(), SURVEY, confidence=0.95)


@pytest.fixture(scope="module")
def tables() -> dict[str, bytes]:
    return render_tables(bilingual(panel_of_tables()).read(), SURVEY, "w04")


def welsh_page(name: str, report: dict[str, bytes]) -> str:
    return methods("cy")["methods.html"] if name == "methods.html" else report["cy/trend-report.html"].decode()


@pytest.mark.parametrize("name", ["methods.html", "trend-report.html"])
def test_a_page_is_in_welsh_and_has_no_english_that_is_not_marked(name: str, report: dict[str, bytes]) -> None:
    html = welsh_page(name, report)
    page = Spoken(html)
    assert '<html lang="cy">' in html
    assert ENGLISH_WORDS.findall(page.said_in("cy")) == []
    assert "Ein panel" in page.said_in("cy")
    assert "\u2068" not in html


@pytest.mark.parametrize("name", ["methods.html", "trend-report.html"])
def test_a_page_says_that_it_awaits_review_and_that_not_all_is_translated_and_leads_to_the_other(
    name: str, report: dict[str, bytes]
) -> None:
    page = Spoken(welsh_page(name, report))
    assert DRAFT in page.said_in("cy")
    assert NOT_TRANSLATED in page.said_in("en")
    assert f'<a href="../{name}" lang="en" hreflang="en">Read in English</a>' in welsh_page(name, report)


def test_a_page_that_is_translated_whole_does_not_say_that_something_is_not() -> None:
    english = Spoken(methods("en")["methods.html"])
    assert "translat" not in english.said_in("en")
    assert '<a href="cy/methods.html" lang="cy" hreflang="cy">Darllen yn Gymraeg</a>' in methods("en")["methods.html"]


def test_the_sheet_tells_the_codes_the_steps_and_what_an_author_states_in_welsh() -> None:
    said = Spoken(methods("cy")["methods.html"])
    assert "Y Cod Ymarfer ar gyfer Ystadegau" in said.said_in("cy")
    assert "Cyngor Trefaes" in said.said_in("cy")
    assert "Llawer cyflymach nag eraill: aelodau a nodwyd: 10" in said.said_in("cy")
    assert "Ydych chi'n cefnogi cysylltu?" in said.said_in("cy")
    assert "How much do you trust the council?" in said.said_in("en")
    assert "to age_group" in said.said_in("en"), "the note of a step is in English"


def test_a_crossed_margin_is_named_by_both_its_domains() -> None:
    file = bilingual(panel_of_methods())
    file.tables["margins"] += [row | {"margin": "sex*age_group"} for row in file.rows("margins", margin="age_group")]
    file.tables["translations"].append(
        file.tables["translations"][0] | {"kind": "domain", "name": "sex", "text": "Rhyw"}
    )
    assert "Rhyw yn ôl Grŵp oedran" in methods("cy", file)["methods.html"]
    assert "Sex by age group" in methods("en", file)["methods.html"]


def test_every_step_that_the_weighting_logs_has_a_name() -> None:
    sources = " ".join(path.read_text(encoding="utf-8") for path in Path(weighting.__path__[0]).glob("*.py"))
    logged = set(re.findall(r'log\.add\(\s*f?"([^"{]+)', sources)) | set(METHODS)
    assert len(logged) > 8
    for code in languages():
        names = language(code).table("methods.weighting_steps")
        assert {step.strip().replace(" ", "_") for step in logged} <= set(names)


def test_the_file_for_machines_is_there_once_in_the_main_language() -> None:
    assert set(methods("cy")) == {"methods.html"}
    codes = json.loads(methods("en")["disclosure.json"])["codes"]
    assert codes[0] == {
        "code": "AAPOR", "asks_for": "Data collection strategy", "under": "Strategy of data collection",
        "is_stated": True,
    }  # fmt: skip


def test_the_trend_report_has_topics_sums_and_groups_in_welsh(report: dict[str, bytes]) -> None:
    said = Spoken(report["cy/trend-report.html"].decode()).said_in("cy")
    for text in ("Defnydd", "Cysylltu data", "O blaid: Cefnogi + Cefnogi'n gryf", "Grŵp oedran", "Hŷn", "Ton 4"):
        assert text in said
    assert "Ymatebwyr a nodwyd: llawer cyflymach nag eraill" in said
    assert "llai na 10" in said
    assert "r1: symudodd 2 ffigur, hyd at 1.2 pwynt." in said


def test_the_reports_differ_in_language_alone(report: dict[str, bytes]) -> None:
    def figures(name: str) -> list[str]:
        return re.findall(r"<td>([\d.]+%|[\d.]+|–)</td>", report[name].decode())

    assert figures("cy/trend-report.html") == figures("trend-report.html") != []
    assert b"/Lang(cy)" in report["cy/trend-report.pdf"]
    assert b"/Lang(en)" in report["cy/trend-report.pdf"], "of what is not translated"
    assert b"/Lang(cy)" not in report["trend-report.pdf"]


def sheet(tables: dict[str, bytes], name: str) -> list[tuple[Any, ...]]:
    book = fastexcel.read_excel(tables["cy/tables.xlsx"])
    return list(book.load_sheet(name, header_row=None).to_polars().rows())


def test_a_workbook_is_in_welsh(tables: dict[str, bytes]) -> None:
    assert fastexcel.read_excel(tables["cy/tables.xlsx"]).sheet_names == ["Cynnwys", "Nodiadau", "01"]
    title, note, _, question = sheet(tables, "Cynnwys")
    assert title[0] == "Ein panel, ton 4: tablau"
    assert DRAFT in note[0]
    assert question[:2] == ("01", "Cysylltu data. Ydych chi'n cefnogi cysylltu?")
    table = sheet(tables, "01")
    assert table[4][:4] == ("Ateb", "Pawb", "Grŵp oedran: 16-34 [A]", "Grŵp oedran: 35-64 [B]")
    assert [row[0] for row in table[5:]] == [
        "Sail heb ei phwysoli", "Sail wedi'i phwysoli", "Sail effeithiol", "Cefnogi", "Cefnogi'n gryf"
    ]  # fmt: skip
    notes = {row[0]: row[1] for row in sheet(tables, "Nodiadau")}
    assert "Nid yw gwallau geiriad" in notes["Ansicrwydd"]


def test_workbooks_lead_to_their_own_sheets(tables: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(tables["cy/tables.xlsx"])) as book:
        assert "location=\"'Cynnwys'!A1\"" in book.read("xl/worksheets/sheet3.xml").decode()


def test_tidy_files_have_the_same_keys_and_figures_with_labels_of_their_language(tables: dict[str, bytes]) -> None:
    labels = ["label", "category_label", "domain_label", "group_label"]
    english, welsh = (pl.read_parquet(io.BytesIO(tables[f"{folder}tables.parquet"])) for folder in ("", "cy/"))
    assert welsh.drop(labels).equals(english.drop(labels))
    first = welsh.row(0, named=True)
    assert (first["category"], first["category_label"], first["group_label"]) == (
        "Strongly support", "Cefnogi'n gryf", "Pawb"
    )  # fmt: skip
    assert "not known" in welsh["group_label"], "what is not translated stands as it is"
    assert pl.read_csv(tables["cy/tables.csv"])["label"].unique().to_list() == ["Cysylltu data"]


def explorer(file: PublishedFile) -> dict[str, Any]:
    html = render_explorer(file.read())
    assert html is not None
    found = re.search(r'<script id="data"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert found
    return dict(json.loads(found.group(1)))


def test_the_explorer_has_its_figures_once_and_its_texts_in_each_language() -> None:
    data = explorer(trends())
    assert list(data["told"]) == ["en", "cy"]
    english, welsh = (one["surveys"][0] for one in data["told"].values())
    assert [len(one["items"]) for one in (english, welsh)] == [len(data["surveys"][0]["items"])] * 2
    assert not {"label", "wording", "points"} & {key for item in data["surveys"][0]["items"] for key in item}
    assert welsh["items"][0]["figures"] == ["O blaid: Cefnogi + Cefnogi'n gryf"]
    assert english["items"][0]["figures"] == ["Support: Support + Strongly support"]
    assert welsh["items"][1]["label"] == "\u2068en\u2063Trust in the council\u2069"
    assert data["surveys"][0]["domains"][1]["values"] == ["16-34", "older"]
    assert welsh["domains"][1]["groups"] == ["16-34", "Hŷn"]
    assert welsh["review"][0][1].startswith(DRAFT)
    assert english["review"] == []


def test_the_codebook_has_topics_and_sums_in_each_language() -> None:
    file = trends()
    file.tables["answers"] = [
        {"survey": SURVEY, "wave": "w04", "item": "linking", "panel_member_id": "1", "missing_kind": None}
    ]
    html = render_codebook(file.read())
    assert html is not None
    assert 'data-en="Use" data-cy="Defnydd"' in html
    assert 'data-en="Support: Support + Strongly support" data-cy="O blaid: Cefnogi + Cefnogi&#39;n gryf"' in html
    assert 'data-en="Trust in the council">' in html, "what is not translated is in one language"
    assert DRAFT.replace("'", "&#39;") in html
    assert "\u2068" not in html


def test_every_question_to_the_published_file_is_asked_once_whatever_the_languages() -> None:
    asked: Counter[str] = Counter()

    def counted(file: PublishedFile) -> Read:
        read = file.read()

        def answer(sql: str, parameters: list[object]) -> pl.DataFrame:
            asked[f"{sql} {parameters}"] += 1
            return read(sql, parameters)

        return ReadOnce(answer)

    render_trend_report(counted(trends()), SURVEY, confidence=0.95)
    in_two = set(asked)
    assert set(asked.values()) == {1}
    asked.clear()
    one = trends()
    one.tables["surveys"][0]["languages"] = "en"
    render_trend_report(counted(one), SURVEY, confidence=0.95)
    of_translations = {sql for sql in in_two - set(asked) if "translations" in sql}
    assert in_two - set(asked) == of_translations
