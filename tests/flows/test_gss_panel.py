"""The real panel end to end: two commands, and every published figure against the oracle.

The oracle (tests/golden/gss_oracle.py) works the figures out from the delivered files without the pipeline.
Every test runs on the 2006 cohort and on another of the same layout, with the same definitions.
"""

from collections.abc import Iterator
from hashlib import sha256

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.warehouse.wide_tables import delivered_frame
from tests.flows.gss_cohorts import NOT_ASKED, write_another_cohort
from tests.flows.gss_run import Run, assert_same, frame, panel, published_items, without_unused_labels
from tests.golden import gss_oracle as oracle
from tests.golden.gss_cohort import delivered_folder, is_ineligible, read_cohort

NAMED_ITEMS = {
    "consci",
    "confed",
    "conmedic",
    "conlegis",
    "conpress",
    "confinan",
    "trust",
    "fair",
    "helpful",
    "natheal",
    "tvhours",
    "educ",
}
FIGURES = [
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "degrees_of_freedom",
    "unweighted_n",
    "sum_of_weights",
    "unweighted_estimate",
]
PRODUCERS_PERCENT_2006 = [64, 59, 65, 70, 70, 62, 44]  # of 18-29, 30-39 … 80+
CHANGE_FIGURES = ["estimate_from", "estimate_to", "change", "standard_error", "ci_low", "ci_high", "p_value"]


@pytest.fixture(scope="session", params=["2006 cohort", "another cohort"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder, workspace = delivered_folder(), tmp_path_factory.mktemp("gss")
    if request.param == "another cohort":
        write_another_cohort(folder, workspace / "delivered")
        folder = workspace / "delivered"
    panel(workspace, "init", "gss", "--template", "gss_panel", "--deliveries", str(folder))
    output = panel(workspace, "nightly", "gss")
    published = workspace / "gss" / "published" / "panel.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        yield Run(
            read_cohort(folder),
            published_items(connection),
            request.param == "2006 cohort",
            output,
            workspace / "gss",
            connection,
        )


def test_every_named_item_and_every_attitude_of_the_core_file_is_published(run: Run) -> None:
    core = list(read_cohort(delivered_folder()).answers[1])
    assert set(core[core.index("conarmy") :]) | NAMED_ITEMS <= set(run.items)


ESTIMATE_KEYS = ["wave", "weight_id", "item", "statistic", "category", "domain", "domain_value"]


@pytest.fixture(scope="session")
def published_estimates(run: Run) -> pl.DataFrame:
    rows = run.table("select * from estimates where survey = 'gss_panel'")
    return rows.with_columns(pl.col("category").fill_null(""))


@pytest.fixture(scope="session")
def our_estimates(run: Run) -> pl.DataFrame:
    columns = [*ESTIMATE_KEYS, *FIGURES, "design_effect", "effective_n"]
    return frame(oracle.estimates(run.cohort, run.items), columns)


def test_estimates_agree_with_the_oracle(
    run: Run, published_estimates: pl.DataFrame, our_estimates: pl.DataFrame
) -> None:
    published = without_unused_labels(run, published_estimates)
    assert_same(our_estimates, published, ESTIMATE_KEYS, FIGURES)


def test_a_label_nobody_chose_is_a_share_of_zero(run: Run, published_estimates: pl.DataFrame) -> None:
    used = without_unused_labels(run, published_estimates)
    unused = published_estimates.join(used, on=ESTIMATE_KEYS, how="anti")
    assert (unused["estimate"] == 0).all()
    assert (unused["standard_error"] == 0).all()
    cell = ["wave", "weight_id", "item", "domain", "domain_value"]
    assert unused.join(used, on=cell, how="anti").is_empty()


def test_design_effects_of_shares_agree_with_the_oracle(
    run: Run, published_estimates: pl.DataFrame, our_estimates: pl.DataFrame
) -> None:
    is_inside = (pl.col("estimate") > 0) & (pl.col("estimate") < 1) & (pl.col("statistic") != "mean")
    has_spread = is_inside & (pl.col("unweighted_n") > 1)
    published = without_unused_labels(run, published_estimates).filter(has_spread)
    ours = our_estimates.filter(has_spread)
    assert_same(ours, published, ESTIMATE_KEYS, ["design_effect", "effective_n"], tolerance=1e-7)


def test_nothing_is_suppressed(published_estimates: pl.DataFrame) -> None:
    assert not published_estimates["is_suppressed"].any()


def test_items_without_a_column_have_no_rows(run: Run, published_estimates: pl.DataFrame) -> None:
    asked = {(f"w{wave}", item) for wave, answers in run.cohort.answers.items() for item in answers}
    published = published_estimates.select("wave", "item").unique().rows()
    assert set(published) <= asked
    answered = run.table("select distinct wave, item from answers where survey = 'gss_panel'").rows()
    assert set(answered) <= asked
    if not run.is_2006:
        absent = {(f"w{wave}", item) for wave, items in NOT_ASKED.items() for item in items}
        assert not absent & set(answered)


def test_answers_are_the_delivered_texts(run: Run) -> None:
    rows = run.table(
        "select wave, panel_member_id, item, label from answers where survey = 'gss_panel' and label is not null"
    )
    published = {tuple(row[:3]): row[3] for row in rows.rows()}
    expected = {
        (f"w{wave}", person, item): value
        for wave, answers in run.cohort.answers.items()
        for item in set(answers) & set(run.items) - set(oracle.COUNTS)
        for person, value in zip(run.cohort.person, answers[item], strict=True)
        if value is not None
    }
    assert {key: value for key, value in published.items() if key[2] not in oracle.COUNTS} == expected


def test_weights_agree_with_the_oracle(run: Run) -> None:
    published = run.table("select * from weights where survey = 'gss_panel'")
    rows = []
    for weight_id, waves in oracle.WEIGHT_WAVES.items():
        weight = oracle.design(run.cohort, weight_id).weight
        for wave in waves:
            for person, value in zip(run.cohort.person, weight, strict=True):
                if value > 0:
                    rows.append((person, weight_id, f"w{wave}", value))
    keys = ["panel_member_id", "weight_id", "wave"]
    ours = pl.DataFrame(rows, schema=[*keys, "weight"], orient="row")
    assert_same(ours, published, keys, ["weight"], tolerance=1e-8)


def test_raked_weights_start_from_the_wave_1_weight(run: Run) -> None:
    rows = run.table("select panel_member_id, base_weight, weight from weights where weight_id = 'raked_w3'")
    base = dict(zip(run.cohort.person, run.cohort.roster["wtssall_w1"].astype(float), strict=True))
    assert all(base[person] == pytest.approx(d, abs=1e-12) for person, d, _ in rows.rows())


def test_changes_agree_with_the_oracle(run: Run) -> None:
    published = run.table(
        "select * from changes where survey = 'gss_panel' and kind = 'within_person' "
        "and wave_from = 'w1' and wave_to = 'w3'"
    ).with_columns(pl.col("category").fill_null(""))
    keys = ["weight_id", "item", "statistic", "category", "domain", "domain_value"]
    ours = frame(oracle.changes(run.cohort, run.items), [*keys, *CHANGE_FIGURES, "overlap_n", "correlation"])
    ours = ours.filter(pl.col("domain").is_in(published["domain"].unique().to_list()))
    used = without_unused_labels(run, published)
    assert "all" in used["domain"]
    assert_same(ours, used, keys, [*CHANGE_FIGURES, "overlap_n"])
    with_correlation = ours.filter(pl.col("correlation").is_not_null())
    joined = with_correlation.join(used, on=keys, suffix="_published")
    np.testing.assert_allclose(joined["correlation_published"], joined["correlation"], rtol=0, atol=1e-8)


def test_transitions_agree_with_the_oracle_zero_cells_included(run: Run) -> None:
    published = run.table(
        "select * from transitions where survey = 'gss_panel' and wave_from = 'w1' and wave_to = 'w3'"
    )
    keys = ["weight_id", "item", "category_from", "category_to"]
    figures = ["unweighted_n", "weighted_count", "joint_share", "row_share", "row_error"]
    ours = frame(oracle.transitions(run.cohort, (1, 3)), [*keys, *figures])
    assert_same(ours, published.rename({"standard_error": "row_error"}), keys, figures)


RETENTION_KEYS = ["wave", "domain", "domain_value"]
RATES = ["retention_raw", "retention_eligible", "retention_weighted"]


@pytest.fixture(scope="session")
def published_retention(run: Run) -> pl.DataFrame:
    return run.table("select * from retention where survey = 'gss_panel'")


def test_retention_agrees_with_the_oracle(run: Run, published_retention: pl.DataFrame) -> None:
    figures = ["n_first_wave", "n_eligible", "n_respondents", *RATES]
    ours = frame(oracle.retention(run.cohort), [*RETENTION_KEYS, *figures])
    assert_same(ours, published_retention, RETENTION_KEYS, figures)


def test_weighted_retention_has_the_interval_of_the_design(run: Run, published_retention: pl.DataFrame) -> None:
    figures = ["retention_weighted_ci_low", "retention_weighted_ci_high"]
    ours = frame(oracle.retention(run.cohort), [*RETENTION_KEYS, *figures])
    assert_same(ours, published_retention, RETENTION_KEYS, figures)


def test_every_retention_rate_lies_in_its_interval(published_retention: pl.DataFrame) -> None:
    for rate in RATES:
        low, high = published_retention[f"{rate}_ci_low"], published_retention[f"{rate}_ci_high"]
        assert (low <= published_retention[rate] + 1e-12).all()
        assert (published_retention[rate] <= high + 1e-12).all()


def test_raw_retention_at_wave_3_by_age(run: Run, published_retention: pl.DataFrame) -> None:
    of_age = (pl.col("wave") == "w3") & (pl.col("domain") == "age_group")
    ours = frame(oracle.retention(run.cohort), [*RETENTION_KEYS, *RATES]).filter(of_age)["retention_raw"]
    expected = PRODUCERS_PERCENT_2006 if run.is_2006 else [round(100 * rate) for rate in ours]
    rates = published_retention.filter(of_age).sort("domain_value")["retention_raw"]
    assert [round(100 * rate) for rate in rates] == expected


def test_exits_compete_at_wave_2_and_wave_3_is_too_late_to_know_who_left(run: Run) -> None:
    status = {wave: run.cohort.roster[f"panstat_w{wave}"] for wave in (2, 3)}
    why = [str(text) for text in status[2]]
    expected = {
        "left": sum("but not Reinterviewed" in text for text in why),
        "died": sum("Deceased" in text for text in why),
        "institution": sum("Institution" in text for text in why),
        "all": sum("Eligible, and Reinterviewed" not in text for text in why),
    }
    of_everyone = "from attrition_curves where domain = 'all' and clock = 'wave' and weighting = 'unweighted'"
    rows = run.table(f"select cause, n_exits, n_at_risk, hazard, incidence {of_everyone} and wave = 'w2'")
    found = {row["cause"]: row for row in rows.to_dicts()}
    assert {cause: found[cause]["n_exits"] for cause in expected} == expected
    n_first = int(run.cohort.interviewed[1].sum())
    assert found["died"]["n_at_risk"] == n_first
    assert found["all"]["incidence"] == pytest.approx(expected["all"] / n_first, abs=1e-12)
    still_there = n_first - expected["all"] + expected["left"]
    assert found["nonresponse"]["hazard"] == pytest.approx(expected["left"] / still_there, abs=1e-12)
    late = run.table(
        f"select cause, n_at_risk, n_exits, incidence, is_provisional {of_everyone} and wave = 'w3'"
    ).rows()
    again = [str(text) for text in status[3]]
    missed, answered = (sum(mark in text for text in again) for mark in ("but not Reinterviewed", "and Reinterviewed"))
    assert late == [("missed_latest", missed + answered, missed, None, True)]


def test_every_member_of_a_monotone_panel_is_a_stayer_or_a_leaver(run: Run) -> None:
    counts = dict(run.table("select pattern, count(*) from member_patterns group by pattern").rows())
    assert set(counts) == {"stayer", "leaver"}
    assert run.table("select bool_and(is_monotone) from response_patterns").item()
    shares = run.table("select sum(share) from attrition_patterns group by weighting, domain, domain_value")
    np.testing.assert_allclose(shares.to_series().to_numpy(), 1, atol=1e-12)


# R 4.2.2, survey 4.1.1: svyglm(left ~ age_group + sex + degree + race, family = quasibinomial) on those eligible at
# wave 2, svydesign(~vpsu_w1, strata = ~vstrat_w1, weights = ~wtssall_w1), lonely PSUs adjusted. Term: estimate, error.
ATTRITION_LOGIT_2006 = {
    "constant": (-0.9546102409497, 0.284009913201),
    "age_group 30-39": (0.3278017169546, 0.226084982564),
    "age_group 40-49": (0.1232870432015, 0.238075605727),
    "age_group 50-59": (-0.2011921645821, 0.257158745568),
    "age_group 60-69": (-0.4672799051645, 0.350428823507),
    "age_group 70-79": (-0.3070846203768, 0.346028447660),
    "age_group 80+": (-0.6267617367735, 0.379013287890),
    "sex Female": (-0.1635229127707, 0.153166620739),
    "degree High School": (-0.3344545406742, 0.214829413128),
    "degree Junior College": (-0.2453130623719, 0.289705409180),
    "degree Bachelor": (-0.4176823788277, 0.258502541311),
    "degree Graduate": (-1.0993681728412, 0.336875063074),
    "race Black": (0.0530555129037, 0.207439107650),
    "race Other": (0.1233615660245, 0.199833211746),
}


def test_the_attrition_logit_is_that_of_r(run: Run) -> None:
    rows = run.table(
        "select term, estimate, standard_error, n_person_waves from attrition_model "
        "where model = 'profile' and kind = 'coefficient'"
    )
    assert "constant" in rows["term"]
    if run.is_2006:
        found = {term: (estimate, error) for term, estimate, error, _ in rows.rows()}
        assert set(found) == set(ATTRITION_LOGIT_2006)
        for term, (estimate, error) in ATTRITION_LOGIT_2006.items():
            assert found[term] == (pytest.approx(estimate, abs=1e-8), pytest.approx(error, rel=1e-6)), term
        assert rows["n_person_waves"].unique().to_list() == [1932]


def test_aapor_rates_count_who_was_not_fielded_again_as_unknown(run: Run) -> None:
    row = run.table("select * from response_rates where wave = 'w3' and domain = 'all'").row(0, named=True)
    n_eligible = int((~is_ineligible(run.cohort, 3)).sum())
    answered, missed_before = int(run.cohort.interviewed[3].sum()), ~run.cohort.interviewed[2]
    unknown = int((missed_before & ~is_ineligible(run.cohort, 3)).sum())
    assert (row["n_unknown"], row["n_not_contacted"]) == (unknown, n_eligible - answered - unknown)
    e = (n_eligible - unknown) / (n_eligible - unknown + row["n_not_eligible"])
    assert row["rr1"] == pytest.approx(answered / n_eligible, abs=1e-12)
    assert row["rr3"] == pytest.approx(answered / (n_eligible - unknown + e * unknown), abs=1e-12)
    assert row["rr5"] == pytest.approx(answered / (n_eligible - unknown), abs=1e-12)


def test_representativity_has_no_row_of_the_wave_that_everybody_answered(run: Run) -> None:
    rows = run.table("select wave, estimate, unadjusted from representativity where indicator = 'r_indicator'").rows()
    assert [wave for wave, _, _ in rows] == ["w2", "w3"]
    assert all(0.5 < plain < adjusted <= 1 for _, adjusted, plain in rows)


def test_a_refreshment_restores_the_profile_of_those_recruited_where_no_margin_is_known(run: Run) -> None:
    plan = panel(run.workspace, "refresh-plan", "--survey", "gss_panel", "--waves", "1")
    assert "with the profile as it was recruited" in plan
    rows = run.table("select n_active, n_gone, n_expected, n_leaving from refresh_outlook where waves_ahead = 1")
    assert rows["n_active"].sum() == int((run.cohort.interviewed[3] & (ages(run) > 0)).sum())
    assert (rows["n_gone"] == 0).all()
    assert (rows["n_leaving"] > 0).all()


def ages(run: Run) -> np.ndarray:
    return np.array([0 if age is None else int(str(age).split()[0]) for age in run.cohort.answers[1]["age"]])


def test_participation_counts_who_was_interviewed_and_who_was_still_eligible(run: Run) -> None:
    counts = run.table(
        "select wave, count_if(is_respondent), count_if(is_eligible) from participation "
        "where survey = 'gss_panel' group by wave order by wave"
    )
    expected = [
        (f"w{wave}", int(interviewed.sum()), int((~is_ineligible(run.cohort, wave)).sum()))
        for wave, interviewed in run.cohort.interviewed.items()
    ]
    assert counts.rows() == expected


def test_member_ids_are_published_as_delivered(run: Run) -> None:
    members = run.table("select panel_member_id from panel_members where survey = 'gss_panel'")
    assert set(members["panel_member_id"]) == set(run.cohort.person)


def test_an_extra_column_is_kept_in_raw_with_a_warning(run: Run) -> None:
    warnings = run.table("select wave, message from checks where severity = 'warning' and n_failed > 0")
    named = [wave for wave, message in warnings.rows() if "'newitem'" in message]
    assert named == ([] if run.is_2006 else ["w3"])
    with duckdb.connect(str(run.workspace / "var" / "warehouse.duckdb"), read_only=True) as warehouse:
        stored = "select source, delivery_id, survey from raw.columns where column_name = 'newitem'"
        keys = warehouse.sql(stored).pl()
        kept = [delivered_frame(warehouse, key)["newitem"].count() for key in keys.iter_rows(named=True)]
    assert kept == ([] if run.is_2006 else [int(run.cohort.interviewed[3].sum())])


def test_nothing_of_the_cohort_is_held_or_failed(run: Run) -> None:
    failed = run.table("select rule, message from checks where severity <> 'warning' and n_failed > 0")
    assert failed.is_empty(), failed.rows()


def test_members_whose_profile_drifts_are_counted(run: Run) -> None:
    of_words = "rule = 'profile-drift' and column_name <> 'age'"
    drift = run.table(f"select wave, column_name, n_failed from checks where {of_words}").rows()
    first = run.cohort.answers[1]
    for wave, column, n_failed in drift:
        later = run.cohort.answers[int(wave[1:])][column]
        pairs = zip(first[column], later, strict=True)
        assert n_failed == sum(b is not None and a != b for a, b in pairs)
    assert {column for _, column, _ in drift} >= {"sex", "race", "region"}


def test_ages_that_cannot_be_one_persons_are_counted(run: Run) -> None:
    """An age of wave 1 and one of a later wave imply years of birth that are at most one apart; top codes aside."""
    drift = run.table("select wave, n_failed from checks where rule = 'profile-drift' and column_name = 'age'").rows()
    first = run.cohort.answers[1]
    for wave, n_failed in drift:
        later = run.cohort.answers[int(wave[1:])]
        if "year" not in later:  # nothing says in which year the age was true
            assert n_failed == 0
            continue
        people = zip(*(one[name] for one in (first, later) for name in ("age", "year")), strict=True)
        born = [
            (int(year) - int(age), int(later_year) - int(later_age))
            for age, year, later_age, later_year in people
            if age is not None and later_age is not None and age.isdecimal() and later_age.isdecimal() and age != "89"
        ]
        assert n_failed == sum(abs(one - other) > 1 for one, other in born)


def test_who_was_not_asked_is_told_by_ballot_and_form(run: Run) -> None:
    told = "select item, count(*) from answers where wave = 'w1' and missing_kind = 'not_asked' group by item"
    found = dict(run.table(told).rows())
    answers = run.cohort.answers[1]
    for item, column, asked in (
        ("conarmy", "ballot", ("Ballot b", "Ballot c")),
        ("abany", "ballot", ("Ballot a", "Ballot c")),
        ("nateduc", "form", ("Standard <x>",)),
    ):
        assert found[item] == sum(value is not None and value not in asked for value in answers[column]), item
    broken = "select count(*) from checks where rule = 'ballot' and n_failed > 0"
    assert run.table(broken).item() == 0


def test_a_member_of_another_sex_than_before_is_flagged_and_one_who_moved_is_not(run: Run) -> None:
    drift = "select wave, n_failed from checks where rule = 'profile-drift' and column_name = 'sex' and n_failed > 0"
    flags = "select wave, count(*) from response_quality where flag = 'inconsistent' and is_strong group by wave"
    found = sorted(run.table(flags).rows())
    assert found
    assert found == sorted(run.table(drift).rows())


def test_a_night_with_nothing_new_leaves_the_published_file_as_it_is(run: Run) -> None:
    published = run.workspace / "published" / "panel.duckdb"
    before = sha256(published.read_bytes()).hexdigest()
    output = panel(run.workspace, "nightly")
    assert sha256(published.read_bytes()).hexdigest() == before
    assert "nothing new" in output.lower()
