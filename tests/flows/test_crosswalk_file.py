"""A crosswalk file through real nights: it joins, merges, contradicts itself, and names ids that nobody delivered."""

from pathlib import Path

import pytest

from tests.nights import Panel, Ran

SURVEY_FILE = """\
survey: linked
title: "Linked"
member_ids: pseudonym
ids: of_each_wave
disclosure_profile: open
inference: not_representative
blank: skipped
population: {name: "People", unit: "persons", universe: "all"}
roster: from_waves
crosswalk: {file: "who*.csv", ids: {w1: ID1, w2: ID2}}
weights:
  supplied: {kind: cross_sectional, waves: each, supplied_by_wave: weight, use_when: "One wave."}
changes:
  - {kind: net, weights: [supplied], pairs: consecutive_and_first}
families:
  rest: {domains: [all], correction: benjamini_hochberg, level: 0.1}
"""
ITEMS = """\
items:
  trust: {wording: "Trust?", label: "Trust", scale: yes_no, headline: {trust: [1]}}
scales:
  yes_no: {answers: {1: "Yes", 2: "No"}}
"""
WAVE = """\
wave: w{number}
fieldwork: {{start: 2025-0{number}-01, end: 2025-0{number}-20}}
mode: web
source: {{file: "w{number}.csv", columns: {{panel_member_id: ID, weight: W}}}}
items: {{trust: Q1}}
"""
N = 40


def wave(number: int) -> str:
    rows = [f"{'ab'[number - 1]}{person},{1 + (person % 3 == 0)},{1 + person % 2}" for person in range(N)]
    return "\n".join(["ID,Q1,W", *rows]) + "\n"


def crosswalk(*pairs: tuple[int, int]) -> str:
    return "\n".join(["ID1,ID2", *(f"a{first},b{second}" for first, second in pairs)]) + "\n"


def deliver(panel: Panel, name: str, content: str) -> None:
    (panel.root / "inbox" / name).write_text(content)


@pytest.fixture(scope="module")
def nights(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, list[Ran]]:
    """Run a night with ten links, and one with a crosswalk that merges, contradicts itself, and takes one back."""
    from pipeline.settings import create_workspace

    root: Path = tmp_path_factory.mktemp("linked") / "panel"
    create_workspace(root)
    folder = root / "surveys" / "linked"
    (folder / "waves").mkdir(parents=True)
    (folder / "survey.yml").write_text(SURVEY_FILE)
    (folder / "items.yml").write_text(ITEMS)
    for number in (1, 2):
        (folder / "waves" / f"w{number}.yml").write_text(WAVE.format(number=number))
        (root / "inbox" / f"w{number}.csv").write_text(wave(number))
    panel = Panel(root)
    deliver(panel, "who_1.csv", crosswalk(*((person, person) for person in range(10))))
    ran = [panel.night()]
    kept = [(person, person) for person in range(9)]
    changed = [*kept, (10, 10), (11, 12), (12, 12), (99, 14), (98, 15)]
    deliver(panel, "who_2.csv", crosswalk(*changed))
    ran.append(panel.night())
    assert [one.exit_code for one in ran] == [0, 0], ran[-1].text
    return panel, ran


def test_links_join_people_of_two_waves(nights: tuple[Panel, list[Ran]]) -> None:
    assert "10 people have ids in several waves" in nights[1][0].output


def test_a_longer_crosswalk_merges_members_and_takes_a_link_back(nights: tuple[Panel, list[Ran]]) -> None:
    panel, ran = nights
    assert "1 members turn out to be others of the panel; their histories are joined" in ran[1].output
    assert "1 links were taken back; those ids are members of their own again" in ran[1].output
    members = panel.sql("select count(*), count(distinct panel_member_id) from panel_members").row(0)
    assert members == (2 * N - 10, 2 * N - 10), "of 80 ids ten are another id of somebody, as before"
    both = "select count(*) from (select panel_member_id from participation group by 1 having count(*) = 2)"
    assert panel.sql(both).item() == 10


def test_a_link_that_contradicts_another_is_not_used_and_told(nights: tuple[Panel, list[Ran]]) -> None:
    panel, ran = nights
    message = (
        "crosswalk: 2 rows of links give a person two ids in w1, expected one id in each wave; none of these links is "
        "used, each id is a member of its own. Correct the rows."
    )
    assert f"linked, {message}" in ran[1].output
    told = "select n_failed, severity, message from checks where rule = 'link-conflict' and not success"
    assert panel.sql(told).rows() == [(2, "warning", message)]


def test_an_id_that_no_delivery_has_is_counted_and_told(nights: tuple[Panel, list[Ran]]) -> None:
    panel, ran = nights
    assert "linked, crosswalk: 2 of 14 ids of w1 stand in no delivery" in ran[1].output
    assert "stand in no delivery" not in ran[0].output
    page = (panel.root / "published" / "quality" / "linked" / "crosswalk.html").read_text()
    assert "2 of 14 ids of w1 stand in no delivery" in page


def test_a_survey_without_a_member_list_has_no_page_for_one(nights: tuple[Panel, list[Ran]]) -> None:
    folder = nights[0].root / "published" / "quality"
    assert sorted(path.stem for path in (folder / "linked").iterdir()) == ["crosswalk", "w1", "w2"]
    assert "Member list" not in (folder / "index.html").read_text()


def test_no_delivered_id_is_printed_or_published(nights: tuple[Panel, list[Ran]]) -> None:
    panel, ran = nights
    assert not any(f"a{person}" in one.output.split() for one in ran for person in (11, 12, 98, 99))
    assert panel.sql("select count(*) from panel_members where panel_member_id similar to '[ab][0-9]+'").item() == 0
