"""A council's own files become a panel: matched, drafted, weighted as a legacy panel, with a first newsletter."""

from datetime import date
from pathlib import Path

import pytest

from flows.cli import main
from pipeline import warehouse
from pipeline.survey_files import read_survey
from tests.council_files import N_MEMBERS, write_council_files


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("adoption")
    files = write_council_files(folder / "files")
    arguments = ["adopt", str(folder / "borough"), "--members", str(files.members), "--margins", str(files.margins)]
    for export in files.exports:
        arguments += ["--export", str(export)]
    return folder / "borough", main([*arguments, "--title", "Borough panel", "--today", date(2025, 11, 20).isoformat()])


def test_the_first_night_is_green_and_a_draft_newsletter_lies_ready(adopted: tuple[Path, int]) -> None:
    root, exit_code = adopted
    assert exit_code == 0
    page = (root / "var" / "drafts" / "borough_panel" / "w02" / "newsletter.html").read_text(encoding="utf-8")
    assert "PROVISIONAL" in page
    assert "The selection probabilities of this panel are not known" in page
    assert "an indicative range is" in page
    assert "Participation rate" in page
    assert "Response rate" not in page


def test_figures_are_those_of_a_legacy_panel_calibrated_to_the_totals(adopted: tuple[Path, int]) -> None:
    root, _ = adopted
    with warehouse.open_read_only(root / "var" / "warehouse.duckdb") as connection:
        base = warehouse.read(connection, "select max(base_weight) as base from analysis.weights where wave = 'w01'")
    with warehouse.connect_published(root / "published" / "panel.duckdb") as connection:
        labels = warehouse.read(connection, "select distinct inference from estimates")["inference"].to_list()
        weights = warehouse.read(connection, "select sum(weight) as n from weights where wave = 'w01'")
        members = warehouse.read(connection, "select count(*) as n from panel_members")
        rates = warehouse.read(
            connection,
            "select rate_kind, count(completion_rate) > 0 as has_completion, count(response_rate) + count(rr1) "
            "+ count(rr6) + count(cumulative_response_rate) as n_response_rates from response_rates group by rate_kind",
        )
    assert rates.rows() == [("participation", True, 0)]
    assert labels == ["calibrated_legacy"]
    assert weights["n"][0] == pytest.approx(320_000)
    assert base["base"][0] == 1
    assert members["n"][0] == N_MEMBERS


def test_members_of_an_adopted_panel_grow_older_into_the_next_group(adopted: tuple[Path, int]) -> None:
    root, _ = adopted
    survey = read_survey(root / "surveys" / "borough_panel")
    assert survey.retention is not None
    assert survey.retention.age == "birth_year"
    with warehouse.connect_published(root / "published" / "panel.duckdb") as connection:
        moved = warehouse.read(
            connection,
            "select expected_on, n_aged_in - n_aged_out as n_moved from refresh_outlook order by waves_ahead",
        )
    of_wave = moved.group_by("expected_on", maintain_order=True).agg("n_moved")["n_moved"].to_list()
    assert all(sum(one) == pytest.approx(0, abs=1e-9) for one in of_wave)
    assert max(of_wave[-1]) > 0 > min(of_wave[-1])


def test_ids_that_excel_cut_are_matched_by_a_declared_rule(adopted: tuple[Path, int]) -> None:
    survey = read_survey(adopted[0] / "surveys" / "borough_panel")
    assert survey.id_ignores == ("leading_zeros",)
    assert "id_ignores: [leading_zeros]" in (adopted[0] / "DECISIONS.md").read_text(encoding="utf-8")


def test_no_contact_detail_and_no_open_text_enters_definitions_or_inbox(adopted: tuple[Path, int]) -> None:
    kept = [path for path in adopted[0].rglob("*") if path.suffix in (".yml", ".md", ".html", ".txt")]
    text = "".join(path.read_text(encoding="utf-8") for path in kept)
    assert "eigener Satz" not in text
    archived = "".join(path.read_text(encoding="latin-1") for path in (adopted[0] / "var" / "archive").iterdir())
    assert "example.org" not in text + archived


def test_an_export_of_other_people_is_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write_council_files(tmp_path)
    other = tmp_path / "other.csv"
    other.write_text("id,q1\n" + "".join(f"x{number},{number % 3}\n" for number in range(40)), encoding="utf-8")
    code = main(["adopt", str(tmp_path / "p"), "--members", str(files.members), "--export", str(other)])
    assert code == 3
    assert "other.csv: no column in which at least half of the ids are in members.xlsx" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()
