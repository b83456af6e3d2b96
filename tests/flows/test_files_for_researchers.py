"""What the file for researchers shows of members after a night, and what only the file in full detail does."""

import stat
from pathlib import Path

import pytest

from tests.nights import SURVEY, Panel, Ran, read_file

COMBINATIONS = f"""
select count(*) as n
from panel_members
where survey = '{SURVEY}' and not list_bool_and(list_transform(map_values(profile), lambda value: value = 'not shown'))
group by profile
"""
K = 5


@pytest.fixture(scope="module")
def in_full(demo_run: tuple[Panel, Ran], tmp_path_factory: pytest.TempPathFactory) -> Panel:
    """Return a copy of the demonstration after a night that writes the file in full detail too."""
    panel = demo_run[0].copy_to(tmp_path_factory.mktemp("researchers") / "panel")
    panel.settings(secure_folder='"published/secure"')
    ran = panel.night()
    assert ran.exit_code == 0, ran.text
    return panel


def secure(panel: Panel) -> Path:
    return panel.root / "published" / "secure" / "panel.duckdb"


def test_every_combination_of_what_members_rows_show_is_that_of_k_members(in_full: Panel) -> None:
    assert in_full.sql(COMBINATIONS)["n"].min() >= K  # type: ignore[operator]
    told = in_full.sql("select k, smallest_combination, n_categories_merged, n_members from k_anonymity")
    assert told.select("k", "smallest_combination").row(0) == (K, in_full.sql(COMBINATIONS)["n"].min())
    assert told["n_members"].item() == in_full.sql("select count(*) from panel_members").item()
    checked = in_full.sql("select success from checks where rule = 'no_member_is_one_of_fewer_than_k'")
    assert checked["success"].to_list() == [True]


def test_the_profile_of_a_members_row_and_of_a_macro_is_the_coarsened_one(in_full: Panel) -> None:
    shown = "select distinct domain_value as shown from member_profile where domain = 'region' order by all"
    of_macro = (
        "select distinct domain_value as shown from share('linking_support', 'region', wave := 'w01') order by all"
    )
    allowed = "select distinct shown_as as shown from domains where domain = 'region' order by all"
    regions = set(in_full.sql(allowed)["shown"])
    assert len(regions) <= 4
    assert set(in_full.sql(shown)["shown"]) <= regions | {"not shown"}
    assert set(in_full.sql(of_macro)["shown"]) <= regions | {"not shown"}
    of_estimates = "select count(distinct domain_value) from estimates where domain = 'region'"
    assert in_full.sql(of_estimates).item() == 10, "figures are made of full detail"


def test_nothing_in_the_file_names_strata_psus_or_the_moment_of_an_interview(in_full: Panel) -> None:
    named = "select count(*) from duckdb_columns() where column_name in ('stratum', 'psu')"
    assert in_full.sql(named).item() == 0
    assert in_full.sql("select count(base_weight) + count(calibration_ratio) from weights").item() == 0
    assert in_full.sql("select count(seed) from replicate_sets").item() == 0
    assert (
        in_full.sql("select count(*) from participation where completed_at <> date_trunc('day', completed_at)").item()
        == 0
    )
    assert in_full.sql("select count(*) from panel_members where day(joined_on) <> 1").item() == 0


def test_no_two_members_are_known_to_share_a_household_by_their_replicates(in_full: Panel) -> None:
    households = in_full.stored(f"""
        select count(distinct design.psu) as n
        from safe.weights
        inner join core.design using (survey, panel_member_id)
        where survey = '{SURVEY}'
        group by safe.weights.replicate_group
    """)
    assert households["n"].min() >= 2, "no group that is drawn together is one household"  # type: ignore[operator]
    drawn = in_full.sql("select psus_together, n_psus, degrees_of_freedom from replicate_sets").row(0, named=True)
    n_groups = in_full.sql("select count(*) from replicate_factors").item()
    assert drawn["psus_together"] == K
    assert n_groups <= drawn["n_psus"] / K
    assert drawn["degrees_of_freedom"] < n_groups
    assert in_full.sql("select count(distinct factors) from replicate_factors").item() == n_groups


def test_the_file_in_full_detail_is_the_owners_alone_and_has_everything(in_full: Panel) -> None:
    path = secure(in_full)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.rglob("*") if one.is_file()} == {0o600}
    households = in_full.stored("select count(distinct psu) from core.design").item()
    drawn = read_file(path, "select psus_together, count(distinct replicate_group) as n from weights "
                            "inner join replicate_sets using (replicate_set) group by all")  # fmt: skip
    assert drawn["psus_together"].to_list() == [1]
    assert drawn["n"].item() > households / 2
    assert read_file(path, "select count(stratum) = count(*) and count(base_weight) = count(*) from weights").item()
    assert (
        read_file(path, "select count(distinct domain_value) from member_profile where domain = 'region'").item() == 10
    )
    same = "select estimate from share('linking_support', wave := 'w01') order by category"
    assert read_file(path, same)["estimate"].to_list() == pytest.approx(in_full.sql(same)["estimate"].to_list())


def test_a_secure_folder_that_others_may_enter_stops_the_night_before_it_works(in_full: Panel, tmp_path: Path) -> None:
    panel = in_full.copy_to(tmp_path / "panel")
    secure(panel).parent.chmod(0o755)
    ran = panel.night("--full")
    assert ran.exit_code == 2
    assert "published/secure: can be read or entered by others (mode 0755)" in ran.errors
    assert len(panel.runs()) == len(in_full.runs())
