"""Respondents removed by the declared rule: a night with them, a night again, and a night without the rule."""

import pytest
from polars.testing import assert_frame_equal

from tests.nights import SURVEY, Panel, Rows, edited

GRID = [f"Q0{number}" for number in range(1, 6)]
N_CARELESS = 3
RULE = "response_quality: {without: [duplicated_text], remove_when: {strong_flags: 2}}"
NO_RULE = "response_quality: {without: [duplicated_text]}"
DISPOSITIONS = "select disposition, count(*) from core.participation where wave = 'w03' group by all order by all"


def careless(content: bytes) -> bytes:
    """Return the third wave's file with three interviews done in two seconds, one answer throughout the grid."""

    def change(rows: Rows) -> Rows:
        done = [row for row in rows if row["Finished"] == "True" and row["Status"] != "Survey Preview"]
        for row in done[:N_CARELESS]:
            row["Duration (in seconds)"] = "2"
            row.update(dict.fromkeys(GRID, "A fair amount"))
        return rows

    return edited(content, change)


@pytest.fixture(scope="module")
def removed_run(two_waves_run: Panel, tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a panel from whose third wave the careless were removed."""
    panel = two_waves_run.copy_to(tmp_path_factory.mktemp("removed") / "panel")
    folder = f"surveys/{SURVEY}"
    items = ", ".join(f"trust_data_{who}" for who in ("council", "nhs", "central_government"))
    grid = f"grids:\n  mixed: {{items: [{items}], reversed: [trust_data_nhs]}}\n"
    panel.edit(f"{folder}/items.yml", "grids:\n", grid)
    panel.edit(f"{folder}/survey.yml", NO_RULE, RULE)
    panel.deliver("w03", careless(panel.w03()))
    ran = panel.night()
    assert ran.exit_code == 0, ran.text
    told = f"{SURVEY}, w03: {N_CARELESS} respondents count as not having answered, for 2 or more kinds of strong flags"
    assert told in ran.output
    return panel


def test_the_removed_are_nonrespondents_without_a_weight_who_keep_their_answers(removed_run: Panel) -> None:
    panel = removed_run
    found = panel.sql("select disposition, is_invited, is_respondent from participation where disposition like 'rem%'")
    assert found.rows() == [("removed_quality", True, False)] * N_CARELESS
    removed = "from core.participation where disposition = 'removed_quality'"
    for table, n in (("core.answers", N_CARELESS), ("analysis.weights", 0), ("marts.answers", 0)):
        seen = f"select count(distinct panel_member_id) from {table} semi join (select survey, wave, panel_member_id "
        assert panel.stored(f"{seen} {removed}) using (survey, wave, panel_member_id)").item() == n, table
    counts = panel.sql("select n_removed, n_respondents, n_invited from waves where wave = 'w03'").row(0)
    assert counts[0] == N_CARELESS
    weighted = "select count(*) from weights where wave = 'w03' and weight_id = 'cross_sectional'"
    assert panel.sql(weighted).item() == counts[1]
    note = (
        "select note from analysis.weighting_log where wave = 'w03' and step = 'respondents' and note like '%quality%'"
    )
    assert panel.stored(note)["note"].str.contains(f"{N_CARELESS} people are removed for response quality").any()


def test_the_effect_holds_what_is_published_against_what_it_would_have_been(removed_run: Panel) -> None:
    effect = removed_run.sql(
        "select effect.*, estimates.estimate, estimates.unweighted_n from quality_effect as effect "
        "inner join estimates using (survey, wave, weight_id, item, statistic) "
        "where estimates.category is not distinct from effect.category and estimates.domain = 'all'"
    )
    assert effect.height == removed_run.sql("from quality_effect").height > 50
    assert effect["wave"].unique().to_list() == ["w03"]
    assert set(effect["n_removed"]) == {N_CARELESS}
    for made, expected in (
        (effect["estimate_without"], effect["estimate"]),
        (effect["estimate_without"] - effect["estimate_with"], effect["difference"]),
    ):
        assert (made - expected).abs().max() < 1e-12
    assert effect["unweighted_n_without"].to_list() == effect["unweighted_n"].to_list()
    grid = effect.filter((effect["item"] == "trust_data_council") & (effect["statistic"] == "share"))
    assert (grid["unweighted_n_with"] - grid["unweighted_n_without"]).to_list() == [N_CARELESS] * grid.height
    assert 0 < grid["difference_standard_error"].max() < 0.05  # type: ignore[operator]


def test_the_page_of_the_wave_shows_with_and_without(removed_run: Panel) -> None:
    page = (removed_run.root / "published" / "quality" / SURVEY / "w03.html").read_text()
    assert "Respondents removed for how they answered" in page
    assert "3 respondents have strong flags" in page
    assert "Trust in the local council to use data responsibly" in page
    index = (removed_run.root / "published" / "quality" / "index.html").read_text()
    assert "Respondents removed for such flags" in index


def test_a_second_night_judges_the_same_and_a_night_without_the_rule_takes_them_back(
    removed_run: Panel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    panel = removed_run.copy_to(tmp_path_factory.mktemp("again") / "panel")
    names = ("participation", "response_quality", "quality_effect", "estimates", "weights")
    before = panel.tables(names)
    assert panel.night("--full").exit_code == 0
    for name, rows in panel.tables(names).items():
        assert_frame_equal(rows, before[name], rel_tol=1e-10)
    panel.edit(f"surveys/{SURVEY}/survey.yml", RULE, NO_RULE)
    assert panel.night().exit_code == 0
    assert panel.sql("from quality_effect").is_empty()
    assert panel.sql("select sum(n_removed) from waves").item() == 0
    assert dict(panel.stored(DISPOSITIONS).iter_rows()).keys().isdisjoint({"removed_quality"})
    back = panel.sql("select * from estimates where wave = 'w03' and domain = 'all'")
    both = before["quality_effect"].join(
        back, on=["wave", "weight_id", "item", "statistic", "category"], nulls_equal=True, validate="1:1"
    )
    assert both.height == before["quality_effect"].height
    assert (both["estimate"] - both["estimate_with"]).abs().max() < 1e-9
