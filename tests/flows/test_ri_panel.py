"""The Rhode Island panel, end to end: ids that change every wave, a US sample beside it, a scale that turns round."""

import os
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest

from tests.nights import CHECKOUT, Panel, Ran, run

FOLDER = Path(os.environ.get("PANEL_REAL_DATA") or CHECKOUT.parent / "shared" / "data") / "ri_covid_panel"
FILES = {
    "w1": "wave1_2020-07_BROW0013_RI.sav",
    "w3": "wave3_2020-11_BROW0015_RI_and_US.sav",
    "w4": "wave4_2020-12_BROW0016_RI.sav",
    "w5": "wave5_2021-03_BROW0017_RI_and_US.sav",
}
LINKS = {"w1": "caseid_BROW0013", "w3": "caseid_BROW0015", "w4": "caseid_BROW0016", "w5": "caseid_BROW0017"}
RHODE_ISLAND = 44
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="ri_covid_panel is not here: set PANEL_REAL_DATA")


def delivered(wave: str) -> pl.DataFrame:
    """Return the Rhode Island rows of a wave's file, read apart from the pipeline."""
    frame = pyreadstat.read_sav(FOLDER / FILES[wave], user_missing=True, output_format="polars")[0]
    return frame.filter(pl.col("inputstate") == RHODE_ISLAND)


@pytest.fixture(scope="module")
def ri(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Ran]:
    """Run one night on the files as they are."""
    panel = Panel(tmp_path_factory.mktemp("ri") / "panel")
    made = run("init", str(panel.root), "--template", "ri_covid", "--deliveries", str(FOLDER))
    assert made.exit_code == 0, made.text
    night = panel.night()
    assert night.exit_code == 0, night.text
    return panel, night


def test_each_wave_has_500_respondents_and_the_us_sample_is_counted_apart(ri: tuple[Panel, Ran]) -> None:
    counted = ri[0].sql("select source, n_delivered, n_accepted, n_refused from deliveries order by source").rows()
    assert counted == [("w1", 500, 500, 0), ("w3", 1500, 500, 1000), ("w4", 500, 500, 0), ("w5", 1500, 500, 1000)]
    reasons = ri[0].stored("select distinct rule from raw.refused_rows")["rule"].to_list()
    assert reasons == ["other-sample"]


def test_people_are_linked_between_waves_as_often_as_the_files_say(ri: tuple[Panel, Ran]) -> None:
    wave_5 = delivered("w5")
    answered = ri[0].sql("select wave, panel_member_id from participation where is_respondent")
    members = {str(wave): set(part["panel_member_id"]) for (wave,), part in answered.group_by("wave")}
    for first, second in combinations(LINKS, 2):
        both = wave_5.filter(pl.col(LINKS[first]).is_not_null() & pl.col(LINKS[second]).is_not_null()).height
        assert len(members[first] & members[second]) == both, (first, second)
        assert both > 0


def test_every_linked_id_exists_in_the_earlier_file_and_none_twice() -> None:
    wave_5 = delivered("w5")
    for wave in ("w1", "w3", "w4"):
        linked = wave_5[LINKS[wave]].drop_nulls()
        assert linked.is_unique().all()
        assert set(linked) <= set(delivered(wave)["caseid"])


def test_estimates_are_those_of_the_supplied_weights(ri: tuple[Panel, Ran]) -> None:
    for wave, item, column, codes, weight in (
        ("w3", "vaccine_willingness", "q1", (4.0, 5.0), "weight_RI"),
        ("w5", "mask_businesses", "q8", (4.0, 5.0), "weight_RI"),
        ("w1", "test_willingness", "q1", (1.0, 2.0, 3.0), "weight"),
    ):
        rows = delivered(wave).filter(pl.col(column) < 8)
        w, y = rows[weight].to_numpy(), rows[column].is_in(codes).to_numpy().astype(float)
        share = np.average(y, weights=w)
        error = np.sqrt(500 / 499 * np.sum((w * (y - share)) ** 2)) / w.sum()
        found = (
            ri[0]
            .sql(
                f"select estimate, standard_error, unweighted_n from estimates where wave = '{wave}' "
                f"and item = '{item}' and statistic = 'headline' and domain = 'all'"
            )
            .row(0)
        )
        assert found[0] == pytest.approx(share, abs=1e-12)
        assert found[1] == pytest.approx(error, rel=2e-3)
        assert found[2] == rows.height


def test_the_item_whose_scale_turns_round_changes_in_the_true_direction(ri: tuple[Panel, Ran]) -> None:
    first, third = delivered("w1").filter(pl.col("q1") < 8), delivered("w3").filter(pl.col("q29") < 8)
    willing_1 = np.average(first["q1"].is_in([1.0, 2.0, 3.0]).to_numpy(), weights=first["weight"].to_numpy())
    willing_3 = np.average(third["q29"].is_in([4.0, 5.0, 6.0]).to_numpy(), weights=third["weight_RI"].to_numpy())
    change, overlap = (
        ri[0]
        .sql(
            "select change, overlap_n from changes where item = 'test_willingness' and statistic = 'headline' "
            "and wave_from = 'w1' and wave_to = 'w3' and domain = 'all'"
        )
        .row(0)
    )
    assert change == pytest.approx(willing_3 - willing_1, abs=1e-12)
    assert np.sign(change) == np.sign(willing_3 - willing_1) != 0
    assert overlap > 0


def test_skipped_and_not_asked_stay_apart(ri: tuple[Panel, Ran]) -> None:
    counts = ri[0].stored(
        "select missing_kind, count(*) from core.answers where wave = 'w5' "
        "and item = 'vaccine_willingness_unvaccinated' and missing_kind is not null group by all"
    )
    codes = delivered("w5")["q126"]
    expected = {"skipped": (codes == 8).sum(), "not_asked": (codes == 9).sum()}
    assert dict(counts.iter_rows()) == {kind: n for kind, n in expected.items() if n}


def test_nobody_is_said_not_to_have_answered(ri: tuple[Panel, Ran]) -> None:
    assert ri[0].sql("select distinct disposition from participation")["disposition"].to_list() == ["complete"]
    assert ri[0].sql("from retention").is_empty()
    assert ri[0].sql("from response_rates").is_empty()
    refused = ri[0].panel("refresh-plan", "--survey", "ri_covid")
    assert refused.exit_code == 2
    assert "It needs a member list" in refused.errors


def test_who_came_back_after_a_wave_missed_is_counted(ri: tuple[Panel, Ran]) -> None:
    linked = delivered("w5").select(pl.col(column).is_not_null().alias(wave) for wave, column in LINKS.items())
    expected = {"".join("1" if one else "0" for one in row): n for *row, n in linked.group_by(*LINKS).len().rows()}
    found = ri[0].sql("select pattern, n_members, is_monotone from response_patterns").rows()
    of_wave_5 = {pattern: n for pattern, n, _ in found if pattern.endswith("1")}
    assert of_wave_5 == expected
    assert {pattern: monotone for pattern, _, monotone in found}["1011"] is False
    gaps = sum(n for pattern, n in expected.items() if "0" in pattern.strip("0"))
    assert sum(n for _, n, monotone in found if not monotone) == gaps > 0


def test_no_delivered_id_is_kept_in_the_working_store(ri: tuple[Panel, Ran]) -> None:
    stored = {value for wave in LINKS for column in ri[0].delivered(wave).drop("row_number") for value in column}
    wave_5 = delivered("w5")
    ids = {str(int(one)) for column in LINKS.values() for one in wave_5[column].drop_nulls()}
    assert not stored & ids


def test_the_links_are_told_in_counts_and_a_second_night_is_quiet(ri: tuple[Panel, Ran]) -> None:
    assert "209 people have ids in several waves" in ri[1].output
    assert "taken back" not in ri[1].output
    assert "nothing new" in ri[0].night().output.lower()
