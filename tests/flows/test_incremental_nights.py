"""A night that skips what is unchanged publishes what `panel nightly --full` would have published."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel, Rows, assert_same_tables, edited


def archived(panel: Panel, source: str) -> bytes:
    """Return the delivery of a source that is in use."""
    found = panel.stored(f"select delivery_id from raw.deliveries where source = '{source}' and status = 'accepted'")
    return (panel.root / "var" / "archive" / f"{found.item()}.csv").read_bytes()


def a_wave_is_corrected_and_the_next_one_comes(panel: Panel) -> None:
    def correct(rows: Rows) -> Rows:
        for row in rows[: len(rows) // 2]:
            row["q1_trust"] = "1"
        return rows[3:]

    panel.deliver("w02", edited(archived(panel, "w02"), correct, encoding="utf-8-sig", delimiter=";"))
    panel.deliver("w03", panel.w03())


def the_member_list_changes_and_a_correction_is_held(panel: Panel) -> None:
    def shorten(rows: Rows) -> Rows:
        answered = {row["RESP_ID"] for row in edited_rows(panel.w03())}
        silent = next(number for number, row in enumerate(rows) if row["MEMBER_ID"] not in answered)
        return rows[:silent] + rows[silent + 1 :]

    def spoil(rows: Rows) -> Rows:
        return [{**row, "q1_trust": "4", "q2_trust": "99"} for row in rows]

    panel.deliver("roster", edited(archived(panel, "roster"), shorten, encoding="utf-8"))
    panel.deliver("w02", edited(archived(panel, "w02"), spoil, encoding="utf-8-sig", delimiter=";"))


def a_wave_comes_with_its_definition(panel: Panel) -> None:
    waves = panel.root / "surveys" / SURVEY / "waves"
    definition = (waves / "w03.yml").read_text(encoding="utf-8").replace("w03", "w04")
    (waves / "w04.yml").write_text(definition, encoding="utf-8")
    panel.deliver("w04", panel.w03())


def the_definitions_change_and_the_list_tells_who_left_before_the_newest_wave(panel: Panel) -> None:
    """Renumber the newest wave, reword a kind of missing, and let the member list tell of a silent member."""
    survey = f"surveys/{SURVEY}"
    panel.edit(f"{survey}/waves/w02.yml", "row_tolerance:", "wave_number: 7\nrow_tolerance:")
    panel.edit(f"{survey}/items.yml", '-6: "Skipped"', '-6: "Left out"')
    told = "eligibility:\n  columns: {w02: STATE_W02}\n  contains: ineligible\n"
    panel.edit(f"{survey}/survey.yml", "eligibility:\n", told)
    w02: Rows = []
    edited(archived(panel, "w02"), lambda rows: keep(rows, w02), encoding="utf-8-sig", delimiter=";")
    answered = {row["respid"] for row in w02}

    def tell(rows: Rows) -> Rows:
        silent = next(row["MEMBER_ID"] for row in rows if row["MEMBER_ID"] not in answered)
        return [{**row, "STATE_W02": "ineligible" if row["MEMBER_ID"] == silent else ""} for row in rows]

    panel.deliver("roster", edited(archived(panel, "roster"), tell, encoding="utf-8"))


def edited_rows(content: bytes) -> Rows:
    found: Rows = []
    edited(content, lambda rows: keep(rows, found))
    return found


def keep(rows: Rows, found: Rows) -> Rows:
    found.extend(rows)
    return rows


Change = Callable[[Panel], None]


@pytest.mark.parametrize(
    "changes",
    [
        (
            (a_wave_is_corrected_and_the_next_one_comes, {"w02", "w03"}),
            (the_member_list_changes_and_a_correction_is_held, {"w01", "w02", "w03"}),
            (a_wave_comes_with_its_definition, {"w04"}),
        ),
        ((the_definitions_change_and_the_list_tells_who_left_before_the_newest_wave, {"w01", "w02", "w03"}),),
    ],
    ids=["deliveries", "definitions"],
)
def test_a_night_publishes_what_a_full_one_would(
    two_waves: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: tuple[tuple[Change, set[str]], ...]
) -> None:
    from flows import build_tables

    rewritten: set[str] = set()
    build_waves = build_tables.warehouse.build_waves

    def noted(connection: object, waves: set[tuple[str, str]]) -> None:
        rewritten.update(wave for _, wave in waves)
        build_waves(connection, waves)

    monkeypatch.setattr(build_tables.warehouse, "build_waves", noted)
    for number, (change, expected) in enumerate(changes):
        rewritten.clear()
        change(two_waves)
        full = two_waves.copy_to(tmp_path / f"full_{number}")
        ran = two_waves.night()
        assert rewritten == expected, change.__name__
        assert ran.exit_code == full.night("--full").exit_code, change.__name__
        assert_same_tables(two_waves.tables(), full.tables())
