"""How often a newsletter claims what is not so: thousands of simulated panels, judged and worded as real ones are.

Every panel asks twelve headline items of the same people at three waves; the newest is compared with the wave before
and with the first. Opinions of one person hang together over items and waves, so the tests do too.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import TestFamily
from pipeline.estimation.intervals import t_p_value
from pipeline.panel.estimates import with_verdicts
from reports.newsletter import edition_of, newsletter_page
from reports.newsletter_formats import plain_text
from tests.published_builder import FAMILY_ITEMS, SURVEY, published_file

N_PANELS, N_ITEMS, LEVEL, DF = 4000, 12, 0.05, 900
ERROR = 0.015  # of a share
BETWEEN_ITEMS, BETWEEN_WAVES = 0.3, 0.5  # correlation of the sampling errors
FAMILY = TestFamily("headlines", tuple(f"q{one}" for one in range(N_ITEMS)), ("all",), "holm", LEVEL, True)
NOISE = 3 * (LEVEL * (1 - LEVEL) / N_PANELS) ** 0.5  # three errors of a simulated rate


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
    return float(rows.group_by("panel").agg(untrue=is_untrue.any())["untrue"].mean())  # type: ignore[arg-type]


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


def test_without_correction_the_share_would_be_several_times_as_high() -> None:
    rows = judged(np.zeros((N_ITEMS, 2))).with_columns(
        verdict=pl.when(pl.col("p_value") < LEVEL).then(pl.lit("rose")).otherwise(pl.lit("no clear change"))
    )
    assert rate_of_untrue_newsletters(rows) > 3 * LEVEL


@pytest.mark.parametrize("seed", range(25))
def test_what_a_newsletter_says_is_what_was_judged(seed: int) -> None:
    rng = np.random.default_rng(seed)
    file = published_file(is_last_provisional=seed % 5 == 0)
    claims = 0
    for row in file.tables["changes"]:
        direction = "rose" if row["change"] > 0 else "fell" if row["change"] < 0 else "no clear change"
        row["verdict"] = direction if rng.random() < 0.5 else "no clear change"
        row["is_suppressed"] = bool(rng.random() < 0.3)
        is_told = row["item"] in FAMILY_ITEMS and not row["is_suppressed"] and seed % 5 != 0
        claims += is_told and row["verdict"] != "no clear change"
    edition = edition_of(file.read(), SURVEY, "w04", disclosure_profile="public")
    page, _ = newsletter_page(edition, "Our panel", datetime(2025, 5, 2, tzinfo=UTC))
    text = plain_text(page)
    assert text.count("* Rose by") + text.count("* Fell by") == claims
