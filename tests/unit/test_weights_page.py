"""The page of the weighting log: every step with what it did, the newest wave open."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from pipeline.weighting.recipe import follow
from reports.weights_page import render_weights
from tests.unit.estimation.test_response import CASES, sample
from tests.unit.weighting.test_recipe import POPULATION


@pytest.fixture(scope="module")
def page() -> str:
    recipe, is_chain = CASES["a chain of capped factors"]
    weighted = follow(recipe, sample(is_chain), POPULATION)
    assert weighted.margins is not None
    key = {"survey": pl.lit("small"), "weight_id": pl.lit("long")}
    waves = [pl.lit(wave).alias("wave") for wave in ("w2", "w3")]
    log = pl.concat([weighted.log.with_row_index("step_order", 1).with_columns(wave, **key) for wave in waves])
    margins = pl.concat([weighted.margins.with_columns(wave, **key) for wave in waves])
    weight_ids = pl.DataFrame(
        {
            "survey": ["small", "small"],
            "weight_id": ["long", "unused"],
            "kind": ["longitudinal", "cross_sectional"],
            "wave_set": ["w1+w2+w3", ""],
            "use_when": ["For <change> & more.", ""],
            "supplied": pl.Series([None, None], dtype=pl.String),
            "inference": ["probability", "probability"],
        }
    )
    return render_weights(
        weight_ids, log, margins, title="Our panel", generated_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    )


def test_every_step_stands_there_with_what_it_did(page: str) -> None:
    for step in (
        "Starting weight",
        "Nonresponse w2",
        "Ineligible w3",
        "Nonresponse w3",
        "Linear",
        "Ineligible dropped",
    ):
        assert page.count(f">{step}<span") == 2
    assert "propensity by sex, trust (latest)" in page
    assert "%</td>" in page  # share capped


def test_the_newest_wave_is_open_and_the_others_closed(page: str) -> None:
    assert page.count("<details open>") == 1
    assert page.index("<details open>") < page.index("<strong>w3</strong>") < page.index("<strong>w2</strong>")


def test_a_weight_says_when_it_is_right_and_what_it_rests_on(page: str) -> None:
    assert "longitudinal weight, waves w1, w2, w3" in page
    assert "For &lt;change&gt; &amp; more." in page
    assert "known chances of selection" in page


def test_a_weight_without_a_log_is_not_shown(page: str) -> None:
    assert "unused" not in page


def test_the_page_needs_no_network_and_shows_no_member(page: str) -> None:
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert not np.any([f"m{number:05}" in page for number in range(400)])
