"""A further wave drafted for a survey that people have written in."""

from pathlib import Path

import pytest

from flows.draft_wave import draft_next_wave
from pipeline.definitions import AnswerOption, Item
from pipeline.errors import DefinitionError, UsageError
from pipeline.settings import create_workspace
from pipeline.survey_files import read_survey, with_items
from tests.survey_folder import write_survey

ROWS = [
    f"{1000 + n},2025-06-{1 + n % 20:02d} 10:00:00,{('Disagree', 'Neither', 'Agree')[n % 3]},{n % 7},"
    f"{('Often', 'Seldom', 'Never')[n % 3]},{('a lot', 'a little')[n % 2]}"
    for n in range(60)
]
HEAD = "ID,EndDate,The council can be trusted.,How many hours?,How often do you read?,How much?"


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    """Return a workspace whose items.yml has a comment that a person wrote."""
    root = create_workspace(tmp_path / "panel").root
    folder = write_survey(root / "surveys")
    items = folder / "items.yml"
    items.write_text(items.read_text().replace("links:", "\n# ours: links\nlinks:"), encoding="utf-8")
    (tmp_path / "w3.csv").write_text("\n".join([HEAD, *ROWS]) + "\n", encoding="utf-8")
    return root


def drafted(panel: Path, **options: object) -> str:
    usual: dict[str, object] = {"codebook": None, "survey_name": "small", "wave": None, "is_written": False}
    return draft_next_wave(panel.parent / "w3.csv", root=panel, **(usual | options))  # type: ignore[arg-type]


def test_items_asked_again_keep_their_ids_and_new_ones_are_told(panel: Path) -> None:
    told = drafted(panel)
    assert told.startswith("w03: 1 item asked again, 3 new.")
    assert "how_often_do_you_read" in told
    assert not (panel / "surveys" / "small" / "waves" / "w03.yml").exists()


def test_what_is_written_reads_as_the_survey_with_one_more_wave(panel: Path) -> None:
    folder = panel / "surveys" / "small"
    before = read_survey(folder)
    assert "Written: " in drafted(panel, is_written=True)
    after = read_survey(folder)
    wave = after.wave("w03")
    assert wave.wave_number == 3
    assert wave.source.columns == {"panel_member_id": "ID", "completed_at": "EndDate"}
    assert "# ours: links" in (folder / "items.yml").read_text()
    assert {name: after.items[name] for name in before.items} == before.items
    new = [item for name, item in after.items.items() if name not in before.items]
    assert [option.label for item in new for option in item.answers if "read" in item.wording] == [
        "Never", "Often", "Seldom",
    ]  # fmt: skip


def test_a_wave_that_is_defined_is_not_drafted_over(panel: Path) -> None:
    with pytest.raises(UsageError, match="wave w02 is defined already"):
        drafted(panel, wave="w02")


def test_items_on_one_line_are_refused_in_words() -> None:
    item = Item("more", "And more?", "text", "And more?", is_published=False)
    with pytest.raises(DefinitionError, match="line 1: 'items' is written on one line, expected a block"):
        with_items('items: {a: {wording: "A", kind: text}}\n', [item], {}, set())


def test_a_new_item_stands_before_what_follows_and_its_scale_among_the_scales() -> None:
    text = 'scales:\n  old:\n    answers: ["x", "y"]\n\n# ours\nitems:\n  a: {wording: "A", scale: old}\nlinks: []\n'
    options = (AnswerOption("1", "No"), AnswerOption("9", "Don't know", "dont_know"))
    item = Item("b", "B?", "category", "B?", options, scale="new")
    found = with_items(text, [item], {"b": ["look at it"]}, {"old"})
    assert found.split("\n") == [
        *("scales:", "  old:", '    answers: ["x", "y"]'),
        *("  new:", '    answers: {1: "No"}', '    missing: {9: "Don\'t know"}', "    missing_kinds: {9: dont_know}"),
        *("", "# ours", "items:", '  a: {wording: "A", scale: old}'),
        *("  # b: look at it", '  b: {wording: "B?", scale: new}', "links: []", ""),
    ]
