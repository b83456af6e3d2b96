"""A refreshment plan in words: it names the wave that was missed, and says where counts go by another age."""

import polars as pl
import pytest

from reports.refresh_text import AGES_DIFFER, COLUMNS, PlanFacts, plan_text

FACTS = PlanFacts("panel", "w07", 4, None, 100, is_of_recruits=False, design_effects=(1.0, 1.1, 1.0),
                  weights_design_effect=None)  # fmt: skip
CHASE = pl.DataFrame(
    {"domain": ["age_group"], "domain_value": ["16-24"], "estimate": [-0.089], "ci_low": [-0.106], "ci_high": [-0.071],
     "n_absent": [71]}
)  # fmt: skip


@pytest.mark.parametrize("is_ageing", [True, False])
def test_whom_to_chase_is_told_with_the_wave_missed_and_the_age_meant(*, is_ageing: bool) -> None:
    groups = pl.DataFrame({name: [1.0] for name, _ in COLUMNS} | {"domain_value": ["16-24"]})
    if not is_ageing:
        groups = groups.with_columns(n_ageing=pl.lit(None, dtype=pl.Float64))
    told = plan_text(FACTS, groups, CHASE)
    assert "71 active members missed w07" in told
    assert (AGES_DIFFER in told) == is_ageing
