"""The data-quality pages: what a panel manager reads there, and what never stands there."""

import re
from datetime import date, datetime
from html import unescape
from html.parser import HTMLParser

import polars as pl
import pytest

from pipeline.rules import RULE_KINDS
from reports.corrections import Correction
from reports.language import ENGLISH
from reports.quality import render_quality

MADE = datetime(2025, 5, 2, 2, 0)
CHECK = {
    "run_id": "run-1", "survey": "panel", "wave": "w01", "file_name": "w01.csv", "rule": "item-codes",
    "severity": "critical", "item": "trust", "column_name": "Q7", "success": True, "n_checked": 20, "n_failed": 0,
    "message": None, "checked_at": datetime(2025, 5, 2), "part": "",
}  # fmt: skip
DELIVERY = {
    "delivery_id": "a", "survey": "panel", "source": "w01", "file_name": "w01.csv", "received_at": datetime(2025, 5, 1),
    "status": "accepted", "n_delivered": 1200, "n_accepted": 1200, "n_refused": 0, "n_superseded": 0,
    "part": "",
}  # fmt: skip
MESSAGE = (
    "w01, item 'trust': answer 7 in 12 rows, expected 1–5. Add the code to scale 'agree5', or correct column 'Q7'."
)
ITEMS = pl.DataFrame({"survey": ["panel"], "item": ["trust"], "label": ["Trust in the <council>"]})
VOID = {"meta", "link", "br", "img", "hr", "input"}


def checks(*rows: dict) -> pl.DataFrame:
    types = {"message": pl.String, "item": pl.String, "column_name": pl.String, "survey": pl.String, "wave": pl.String}
    return pl.DataFrame([CHECK | row for row in rows], schema_overrides=types)


def deliveries(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame([DELIVERY | row for row in rows])


def waves(n: int = 2) -> pl.DataFrame:
    rows = [("panel", f"w0{k}", k, date(2025, k, 3), date(2025, k, 24)) for k in range(1, n + 1)]
    names = ("survey", "wave", "wave_number", "fieldwork_start", "fieldwork_end")
    return pl.DataFrame(rows, schema=names, orient="row")


def pages(*rows: dict, came: pl.DataFrame | None = None, **options: object) -> dict[str, str]:
    came = deliveries({}) if came is None else came
    known = {"title": "Our <panel>", "generated_at": MADE, "items": ITEMS} | options
    return render_quality(checks(*rows), came, waves(), **known)  # type: ignore[arg-type]


BROKEN = {"success": False, "n_failed": 12, "message": MESSAGE}
HELD = {"status": "held", "n_accepted": 0, "n_refused": 1200}


def text(html: str) -> str:
    """Return what a reader sees: no style, no tags, single spaces."""
    without_style = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", without_style)).split())


def test_there_is_an_index_and_a_page_for_the_member_list_and_each_wave():
    assert list(pages({})) == ["index.html", "panel/roster.html", "panel/w01.html", "panel/w02.html"]


def test_a_good_wave_is_in_use_with_its_rows():
    seen = text(pages({})["index.html"])
    assert "1 of 1 delivered wave in use, nothing is held." in seen
    assert "Wave w01 3 to 24 January 2025 In use 1,200 1,200 0 0" in seen
    assert "Wave w02 3 to 24 February 2025 Nothing delivered yet" in seen
    assert "Held, and why" not in seen


def test_a_held_wave_says_why_on_the_index_and_on_its_page():
    made = pages(BROKEN, came=deliveries(HELD))
    assert "0 of 1 delivered wave in use, 1 file held." in text(made["index.html"])
    for path in ("index.html", "panel/w01.html"):
        assert MESSAGE in text(made[path]), path
    assert "Why it is held" in text(made["panel/w01.html"])


def test_a_held_file_beside_an_earlier_one_in_use_says_so():
    earlier = {"delivery_id": "b", "received_at": datetime(2025, 4, 1)}
    seen = text(pages(BROKEN, came=deliveries(HELD, earlier))["index.html"])
    assert "Held, earlier file in use" in seen


def test_a_superseded_file_is_not_the_newest():
    late = {"delivery_id": "b", "received_at": datetime(2025, 6, 1), "status": "superseded", "n_delivered": 77}
    seen = text(pages({}, came=deliveries({}, late))["index.html"])
    assert "1,200" in seen
    assert "77" not in seen


def test_refused_rows_are_told_by_reason_with_the_items_label():
    came = deliveries({"n_accepted": 1188, "n_refused": 12})
    seen = text(pages(BROKEN, came=came)["panel/w01.html"])
    assert "Rows refused, by reason" in seen
    assert "Answers outside the item's codes Trust in the <council> 12" in seen
    assert "Why it is held" not in seen
    assert "To look at None of this stops the file from being used. Row 1 is the first below the column names" in seen
    assert f"the column names. {MESSAGE}" in seen


def test_a_warning_is_something_to_look_at_and_refuses_no_row():
    warning = {
        "rule": "extra-column",
        "severity": "warning",
        "item": None,
        "success": False,
        "n_failed": 2,
        "message": "X.",
    }
    made = pages(warning)
    assert "In use 1,200 1,200 0 1" in text(made["index.html"])
    assert "Rows refused" not in text(made["panel/w01.html"])
    assert "Columns that no definition knows extra-column 1 flagged 2 columns" in text(made["panel/w01.html"])


def test_every_item_is_listed_with_what_was_found_in_it():
    absent = {
        "rule": "item-column",
        "item": "gone",
        "column_name": "Q9",
        "success": False,
        "n_failed": 1,
        "message": "M.",
    }
    seen = text(pages(BROKEN, absent)["panel/w01.html"])
    assert "Trust in the <council> trust Q7 12 rows to correct" in seen
    assert "gone Q9 column missing" in seen
    assert "Trust in the <council> trust Q7 as declared" in text(pages({})["panel/w01.html"])


def test_items_go_by_their_ids_when_no_labels_are_known():
    seen = text(pages({}, items=None)["panel/w01.html"])
    assert "trust Q7 as declared" in seen


def test_rules_are_told_in_plain_words_in_the_order_in_which_they_are_declared():
    codes = ["item-codes", "row-count", "id-unique"]
    seen = text(pages(*({"rule": code, "item": None} for code in codes))["panel/w01.html"])
    places = [seen.index(RULE_KINDS[code].title) for code in ("row-count", "item-codes", "id-unique")]
    assert places == sorted(places)


def test_only_the_latest_run_of_a_source_counts():
    old = BROKEN | {"run_id": "run-0", "checked_at": datetime(2025, 5, 1)}
    assert MESSAGE not in "".join(pages(old, {}).values())


def test_checks_of_the_whole_store_stand_on_the_index():
    store = {"survey": None, "wave": None, "file_name": None, "rule": "check", "item": None, "column_name": None}
    broken = store | {"success": False, "n_failed": 3, "message": "3 answers have no member."}
    assert "Every check of the working store is kept (1 checked)." in text(pages({}, store)["index.html"])
    assert "3 answers have no member." in text(pages({}, broken)["index.html"])


def test_without_file_names_among_the_deliveries_the_checks_name_the_file():
    assert "File w01.csv" in text(pages({}, came=deliveries({}).drop("file_name"))["panel/w01.html"])


def test_pages_before_the_first_delivery_say_that_nothing_came():
    made = render_quality(checks({}).clear(), deliveries({}).clear(), waves(), title="Ours", generated_at=MADE)
    assert text(made["index.html"]).count("Nothing delivered yet") == 3


def test_the_same_input_gives_the_same_pages():
    assert pages(BROKEN, came=deliveries(HELD)) == pages(BROKEN, came=deliveries(HELD))


class Outline(HTMLParser):
    """What matters to a reader who does not see the page, and whether each tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", ["index.html", "panel/roster.html", "panel/w01.html", "panel/w02.html"])
@pytest.mark.parametrize("came", [{}, HELD], ids=["in use", "held"])
def test_pages_are_valid_accessible_and_offline(path, came):
    html = pages(BROKEN, {"rule": "row-count", "item": None}, came=deliveries(came))[path]
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    tags = [tag for tag, _ in outline.seen]
    ids = [attributes["id"] for _, attributes in outline.seen if "id" in attributes]
    labels = [attributes["aria-labelledby"] for _, attributes in outline.seen if "aria-labelledby" in attributes]
    assert ("html", {"lang": "en"}) in outline.seen
    assert tags.count("title") == tags.count("main") == tags.count("h1") == tags.count("footer") == 1
    assert len(ids) == len(set(ids))
    assert set(labels) <= set(ids)
    assert all("scope" in attributes for tag, attributes in outline.seen if tag == "th")
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert not re.search(r"https?://|@import|url\(", html)


def test_what_stands_in_names_and_labels_is_escaped():
    html = "".join(pages({}).values())
    assert "<council>" not in html
    assert "Our <panel>" not in html
    assert "Our &lt;panel&gt;" in html


def luminance(colour: str) -> float:
    """Return relative luminance (WCAG 2.2) of a #rrggbb colour."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_text_colour_stands_out_from_its_paper_in_light_and_dark():
    css = re.search(r"<style>(.*?)</style>", pages({})["index.html"], flags=re.DOTALL)
    assert css is not None
    for block in re.findall(r":root \{(.*?)\}", css[1], flags=re.DOTALL):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        pairs = [(name, "paper") for name in ("ink", "quiet", "accent", "good", "bad", "warn")]
        pairs += [(name, f"{name}-paper") for name in ("good", "bad", "warn")]
        for ink, paper in [*pairs, ("ink", "bad-paper"), ("ink", "warn-paper")]:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)


def test_notes_on_the_file_are_shown_and_are_no_rule():
    note = {
        "rule": "file-note",
        "severity": "info",
        "item": None,
        "column_name": None,
        "message": "2 columns have commas",
    }
    made = pages({}, note)
    seen = text(made["panel/w01.html"])
    assert "How the file was read 2 columns have commas" in seen
    assert "file-note" not in seen
    assert "How the file was read" not in text(pages({})["panel/w01.html"])


EFFECT = {
    "survey": "panel", "wave": "w01", "weight_id": "one", "item": "trust", "statistic": "share", "category": "Agree",
    "estimate_with": 0.5, "estimate_same_weights": 0.5125, "estimate_without": 0.51, "difference": 0.01,
    "difference_standard_error": 0.002, "n_removed": 3, "is_suppressed": False,
}  # fmt: skip


def test_a_wave_shows_what_the_removal_of_respondents_did_largest_first():
    rows = [
        {"category": "Disagree", "difference": -0.002, "difference_standard_error": None},
        {},
        {"item": "hours", "statistic": "mean", "category": None, "estimate_with": 10.0, "difference": -0.05},
        {"category": "Hidden", "difference": 0.9, "is_suppressed": True},
        {"weight_id": "two", "category": "Of another weight"},
    ]
    made = pages({}, effects=pl.DataFrame([EFFECT | row for row in rows], infer_schema_length=None))
    seen = text(made["panel/w01.html"])
    assert "3 respondents have strong flags" in seen
    assert "All 4 are in the published table quality_effect" in seen
    shown = seen[seen.index("weighted again") :]
    places = [
        shown.index("Trust in the <council> Agree 50.0% 51.2% 51.0% +1.0 (0.2)"),
        shown.index("hours mean 10.00 0.51 0.51 −0.05 (0.00)"),
        shown.index("Trust in the <council> Disagree 50.0% 51.2% 51.0% −0.2 (–)"),
    ]
    assert places == sorted(places)
    assert "Hidden" not in seen
    assert "Of another weight" not in seen
    assert "removed" not in text(made["panel/w02.html"])


PARTS = pl.DataFrame(
    [("panel", "w02", "web", "web", 1, False), ("panel", "w02", "paper", "on paper", 2, False),
     ("panel", "w02", "late", "on paper", 3, True)],
    schema=["survey", "wave", "part", "mode", "part_order", "adds"],
    orient="row",
)  # fmt: skip
PAPER = {"source": "w02", "part": "paper", "n_accepted": 1190, "n_superseded": 10}


def test_a_wave_in_parts_has_a_page_for_each_and_a_missing_part_is_said():
    came = deliveries(PAPER)
    made = pages({"wave": "w02", "part": "paper"}, came=came, parts=PARTS)
    assert [path for path in made if "w02" in path] == [f"panel/w02-{part}.html" for part in ("web", "paper", "late")]
    seen = text(made["index.html"])
    assert "1 of 1 delivered wave in use, nothing is held, 1 part of delivered waves missing." in seen
    assert "Wave w02, web 3 to 24 February 2025 Missing: nothing delivered yet" in seen
    assert "Wave w02, late 3 to 24 February 2025 Nothing delivered yet" in seen
    page = text(made["panel/w02-paper.html"])
    assert "Interviewed by on paper" in page
    assert "In use 1,190 Refused 0 Counted in another part 10" in page


def test_the_files_of_a_part_that_adds_are_counted_together():
    late = PAPER | {"part": "late", "n_superseded": 0}
    came = deliveries(late | {"n_delivered": 12, "n_accepted": 12}, late | {"n_delivered": 8, "n_accepted": 7})
    other = {"file_name": "late_2.csv", "checked_at": datetime(2025, 5, 3)}
    made = pages({"wave": "w02", "part": "late"}, {"wave": "w02", "part": "late"} | other, came=came, parts=PARTS)
    seen = text(made["panel/w02-late.html"])
    assert "Rows delivered 20 In use 19" in seen
    assert "item-codes 2" in seen, "the checks of both files, though made in different nights"


def test_a_survey_without_a_member_list_has_no_page_for_one_and_a_crosswalk_has_one_when_it_came():
    came = deliveries({}, {"source": "crosswalk"})
    declared = waves().with_columns(has_member_list=pl.lit(False))
    made = render_quality(checks({}), came, declared, title="Ours", generated_at=MADE)
    assert list(made) == ["index.html", "panel/crosswalk.html", "panel/w01.html", "panel/w02.html"]
    assert "Member list" not in made["index.html"]


def test_corrected_releases_stand_on_the_index_newest_first():
    found = [
        Correction("panel", "w01", f"r{n}", datetime(2025, 5, n), f"Why {n}.", f"{n} figures moved.", ENGLISH)
        for n in (2, 3)
    ]
    seen = text(pages({}, corrected=found)["index.html"])
    lines = "w01 corrected on 3 May 2025: 3 figures moved. Why 3. w01 corrected on 2 May 2025: 2 figures moved. Why 2."
    assert lines in seen
