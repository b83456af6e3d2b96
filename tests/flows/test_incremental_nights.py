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


def edited_rows(content: bytes) -> Rows:
    found: Rows = []
    edited(content, lambda rows: found.extend(rows) or rows)  # type: ignore[func-returns-value]
    return found


CHANGES: tuple[Callable[[Panel], None], ...] = (
    a_wave_is_corrected_and_the_next_one_comes,
    the_member_list_changes_and_a_correction_is_held,
)


def test_a_night_publishes_what_a_full_one_would(
    two_waves: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import build_tables

    rewritten: list[set[tuple[str, str]]] = []
    build_waves = build_tables.warehouse.build_waves
    monkeypatch.setattr(
        build_tables.warehouse,
        "build_waves",
        lambda connection, waves: (rewritten.append(set(waves)), build_waves(connection, waves)),
    )
    for number, change in enumerate(CHANGES):
        change(two_waves)
        full = two_waves.copy_to(tmp_path / f"full_{number}")
        codes = (two_waves.night().exit_code, full.night("--full").exit_code)
        assert codes[0] == codes[1], change.__name__
        assert_same_tables(two_waves.tables(), full.tables())
    assert rewritten == [{(SURVEY, "w02"), (SURVEY, "w03")}]
