"""How often a newsletter claims what is not so: thousands of simulated panels, judged and worded as real ones are.

Every panel asks twelve headline items of the same people at three waves; the newest is compared with the wave before
and with the first. Opinions of one person hang together over items and waves, so the tests do too. Each kind of claim
(a direction, steady, groups that differ) is a set of tests of its own, held to the family's level.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import TestFamily
from pipeline.estimation.contrasts import JointEstimates, wald_test
from pipeline.estimation.intervals import t_p_value
from pipeline.panel.estimates import with_verdicts
from pipeline.panel.group_tests import DIFFERS, with_group_verdicts
from reports.language import language
from reports.newsletter import edition_of, newsletter_page
from reports.newsletter_formats import plain_text
from tests.published_builder import FAMILY_ITEMS, SURVEY, published_file

N_PANELS, N_ITEMS, LEVEL, DF = 4000, 12, 0.05, 900
ERROR = 0.015  # of a share
MARGIN = 0.05  # wide enough for the error of a change, so that much is called steady
BETWEEN_ITEMS, BETWEEN_WAVES = 0.3, 0.5  # correlation of the sampling errors
ITEMS = tuple(f"q{one}" for one in range(N_ITEMS))
FAMILY = TestFamily("headlines", ITEMS, ("all",), "holm", LEVEL, True, equivalence=MARGIN, groups=("age",))
NOISE = 3 * (LEVEL * (1 - LEVEL) / N_PANELS) ** 0.5  # three errors of a simulated rate
GROUP_PANELS, GROUP_ITEMS, GROUP_DF = 1500, 4, 120
GROUP_ERROR = np.array([0.05, 0.04, 0.03, 0.03, 0.03])  # of five age groups
GROUP_NOISE = 3 * (LEVEL * (1 - LEVEL) / GROUP_PANELS) ** 0.5


def judged(true_change: np.ndarray) -> pl.DataFrame:
    """Return the changes of all panels with their verdicts; `truth` is what really moved since the wave compared.

    Args:
        true_change: (n_items, 2) of the newest wave since the one before and since the first.
    """
    rng = np.random.default_rng(7)
    common, own = rng.normal(size=(N_PANELS, 1, 3)), rng.normal(size=(N_PANELS, N_ITEMS, 3))
    shared = rng.normal(size=(N_PANELS, N_ITEMS, 1))
    over_items = np.sqrt(BETWEEN_ITEMS) * common + np.sqrt(1 - BETWEEN_ITEMS) * own
    errors = ERROR * (np.sqrt(1 - BETWEEN_WAVES) * over_items + np.sqrt(BETWEEN_WAVES) * shared)
    change = np.stack([errors[..., 2] - errors[..., 1], errors[..., 2] - errors[..., 0]], axis=-1) + true_change
    standard_error = np.full_like(change, ERROR * np.sqrt(2 * (1 - BETWEEN_WAVES)))
    panel, item, pair = np.indices(change.shape).reshape(3, -1)
    rows = pl.DataFrame(
        {
            "panel": panel,
            "item": [f"q{one}" for one in item],
            "wave_from": np.array(["w2", "w1"])[pair],
            "wave_to": [f"w3 of panel {one}" for one in panel],
            "kind": "net",
            "weight_id": "x",
            "statistic": "headline",
            "category": "yes",
            "domain": "all",
            "change": change.ravel(),
            "standard_error": standard_error.ravel(),
            "degrees_of_freedom": DF,
            "may_be_mode_effect": False,
            "is_suppressed": False,
            "p_value": t_p_value(change.ravel(), standard_error.ravel(), np.full(change.size, DF)),
            "is_provisional": False,
            "comparability": "identical",
            "truth": np.broadcast_to(true_change, change.shape).ravel(),
        }
    )
    return with_verdicts(rows, [FAMILY])


def rate_of_untrue_newsletters(rows: pl.DataFrame) -> float:
    """Return the share of newsletters with a claim of something that did not move, or moved the other way."""
    claims = pl.col("verdict").is_in(["rose", "fell"])
    is_untrue = claims & (
        pl.when(pl.col("verdict") == "rose").then(pl.col("truth") <= 0).otherwise(pl.col("truth") >= 0)
    )
    return rate_of(rows, is_untrue)


def rate_of_false_calm(rows: pl.DataFrame) -> float:
    """Return the share of newsletters that call steady what changed by the margin or more."""
    return rate_of(rows, (pl.col("verdict") == "steady") & (pl.col("truth").abs() >= MARGIN - 1e-12))


def rate_of(rows: pl.DataFrame, claim: pl.Expr) -> float:
    return float(rows.group_by("panel").agg(claim=claim.any())["claim"].mean())  # type: ignore[arg-type]


def groups_judged(true_share: np.ndarray) -> pl.DataFrame:
    """Return the tests of groups of all panels, each panel's corrected together; `truth` is whether groups differ.

    The covariance of the groups' estimates is itself estimated, on GROUP_DF degrees of freedom.

    Args:
        true_share: (n_items, n_groups).
    """
    rng = np.random.default_rng(8)
    rows = []
    for panel in range(GROUP_PANELS):
        common = rng.normal(size=GROUP_ERROR.size)
        for item, truth in enumerate(true_share):
            own = rng.normal(size=GROUP_ERROR.size)
            error = GROUP_ERROR * (BETWEEN_ITEMS**0.5 * common + (1 - BETWEEN_ITEMS) ** 0.5 * own)
            deviations = GROUP_ERROR[:, None] * rng.normal(size=(GROUP_ERROR.size, GROUP_DF)) / GROUP_DF**0.5
            freedom = np.full(GROUP_ERROR.size, GROUP_DF)
            joint = JointEstimates(pl.DataFrame(), truth + error, deviations, freedom, np.square(GROUP_ERROR))
            p_value = wald_test(joint, np.hstack([-np.ones((4, 1)), np.eye(4)])).p_value
            rows.append({"panel": panel, "item": f"q{item}", "p_value": p_value, "truth": bool(np.ptp(truth) > 0)})
    tests = pl.DataFrame(rows).with_columns(family=pl.lit("headlines"), is_provisional=False, is_suppressed=False)
    return pl.concat([with_group_verdicts(part, [FAMILY]) for part in tests.partition_by("panel")])


def test_when_nothing_changed_at_most_the_declared_share_of_newsletters_claims_a_change() -> None:
    rate = rate_of_untrue_newsletters(judged(np.zeros((N_ITEMS, 2))))
    assert 0.01 < rate <= LEVEL + NOISE  # above nothing: the test is no test that never claims


def test_with_true_changes_beside_untrue_claims_stay_as_rare() -> None:
    moved = np.zeros((N_ITEMS, 2))
    moved[:4] = [[0.06, 0.10], [-0.05, -0.05], [0.02, 0.02], [0.0, 0.08]]
    rows = judged(moved)
    assert rate_of_untrue_newsletters(rows) <= LEVEL + NOISE
    found = rows.filter((pl.col("item") == "q0") & (pl.col("wave_from") == "w1"))["verdict"]
    assert (found == "rose").mean() > 0.9  # type: ignore[operator]


def test_when_nothing_changed_much_is_called_steady_and_that_is_true() -> None:
    rows = judged(np.zeros((N_ITEMS, 2)))
    assert (rows["verdict"] == "steady").mean() > 0.3  # type: ignore[operator]
    assert rate_of_false_calm(rows) == 0


@pytest.mark.parametrize("n_moved", [N_ITEMS, 3])
def test_what_changed_by_just_the_margin_is_called_steady_in_at_most_the_declared_share(n_moved: int) -> None:
    moved = np.zeros((N_ITEMS, 2))
    moved[:n_moved] = MARGIN  # the worst case: less is steady, more is easier to see
    rate = rate_of_false_calm(judged(moved))
    assert 0.002 < rate <= LEVEL + NOISE  # above nothing: the test is no test that never claims


def test_calm_read_from_a_change_that_is_not_clear_would_be_untrue_far_more_often() -> None:
    rows = judged(np.full((N_ITEMS, 2), MARGIN)).with_columns(
        verdict=pl.when(pl.col("verdict") == "no clear change").then(pl.lit("steady")).otherwise("verdict")
    )
    assert rate_of_false_calm(rows) > 0.5


def test_groups_alike_are_said_to_differ_in_at_most_the_declared_share_of_newsletters() -> None:
    rows = groups_judged(np.full((GROUP_ITEMS, GROUP_ERROR.size), 0.5))
    rate = rate_of(rows, (pl.col("verdict") == DIFFERS) & ~pl.col("truth"))
    assert 0.01 < rate <= LEVEL + GROUP_NOISE


def test_groups_that_differ_beside_do_not_make_it_more_often() -> None:
    share = np.full((GROUP_ITEMS, GROUP_ERROR.size), 0.5)
    share[:2, -1] = 0.75
    rows = groups_judged(share)
    assert rate_of(rows, (pl.col("verdict") == DIFFERS) & ~pl.col("truth")) <= LEVEL + GROUP_NOISE
    assert (rows.filter(pl.col("truth"))["verdict"] == DIFFERS).mean() > 0.9  # type: ignore[operator]


def test_without_correction_the_share_would_be_several_times_as_high() -> None:
    rows = judged(np.zeros((N_ITEMS, 2))).with_columns(
        verdict=pl.when(pl.col("p_value") < LEVEL).then(pl.lit("rose")).otherwise(pl.lit("no clear change"))
    )
    assert rate_of_untrue_newsletters(rows) > 3 * LEVEL


VERDICTS = ("rose", "fell", "steady", "no clear change", "too few to say", "break in the series", "not tested")
SAID = {  # how each claim starts, in both languages
    "rose": ("Rose by", "Cododd:"), "fell": ("Fell by", "Gostyngodd:"), "steady": ("Steady since", "Sefydlog ers"),
    DIFFERS: ("Differs between groups", "Mae gwahaniaeth rhwng grwpiau"),
}  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize(("code", "place"), [("en", 0), ("cy", 1)])
def test_what_a_newsletter_says_is_what_was_judged(seed: int, code: str, place: int) -> None:
    """Of a hidden cell, a provisional wave, a break, and what was not tested, nothing is claimed."""
    rng = np.random.default_rng(seed)
    is_provisional = seed % 5 == 0
    file = published_file(is_last_provisional=is_provisional)
    claims = dict.fromkeys(SAID, 0)
    for row in file.tables["changes"]:
        verdict = str(rng.choice(VERDICTS))
        if verdict in ("rose", "fell"):
            verdict = "rose" if row["change"] > 0 else "fell" if row["change"] < 0 else "no clear change"
        row |= {"verdict": verdict, "is_suppressed": bool(rng.random() < 0.3), "equivalence_margin": 0.2}
        is_told = row["item"] in FAMILY_ITEMS and not row["is_suppressed"] and not is_provisional
        if is_told and verdict in claims:
            claims[verdict] += 1
    file.tables["group_tests"] = [
        {"survey": SURVEY, "wave": "w04", "weight_id": "cross_sectional", "family": "headlines", "item": row["item"],
         "statistic": "headline", "category": row["category"], "domain": "age_group", "lowest_group": "16-24",
         "lowest_estimate": 0.3, "highest_group": "65+", "highest_estimate": 0.6, "p_value_corrected": 0.01,
         "verdict": str(rng.choice([DIFFERS, "no clear difference between groups", "not tested", "too few to say"])),
         "is_suppressed": bool(rng.random() < 0.3)}
        for row in file.rows("changes", wave_from="w03")
    ]  # fmt: skip
    file.tables["domains"] = [{"survey": SURVEY, "domain": "age_group", "domain_order": 1, "label": "Age group"}]
    for row in file.tables["group_tests"]:
        is_told = row["item"] in FAMILY_ITEMS and not row["is_suppressed"] and not is_provisional
        claims[DIFFERS] += is_told and row["verdict"] == DIFFERS
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public", language=language(code))
    page, _ = newsletter_page(edition, "Our panel", datetime(2025, 5, 2, tzinfo=UTC))
    text = " ".join(plain_text(page).split())
    assert {verdict: text.count(f"* {said[place]}") for verdict, said in SAID.items()} == claims
