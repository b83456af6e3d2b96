"""An alert says which group, how it differs from the others, and how sure that is."""

import pytest

from pipeline.panel.alerts import ACTIVE, RESPONSE, SURVIVAL, alert_message

ROW = {
    "domain": "age_group",
    "domain_value": "16-24",
    "time": 5,
    "estimate": 0.57,
    "rest": 0.83,
    "difference": -0.26,
    "p_value_corrected": 0.0004,
    "n_active": 41,
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"measure": SURVIVAL},
            "age group 16-24: 57% still in the panel after 5 waves, 83% of the others "
            "(26 points less, corrected p below 0.001)",
        ),
        (
            {"measure": SURVIVAL, "time": 1, "difference": 0.06, "p_value_corrected": 0.012},
            "age group 16-24: 57% still in the panel after 1 wave, 83% of the others "
            "(6 points more, corrected p 0.012)",
        ),
        (
            {"measure": RESPONSE, "time": None},
            "age group 16-24: 57% of those still in the panel answered w07, 83% of the others "
            "(26 points less, corrected p below 0.001)",
        ),
        ({"measure": ACTIVE}, "age group 16-24: 41 active members, fewer than 50"),
    ],
)
def test_an_alert_is_told_in_words(changes: dict[str, object], told: str) -> None:
    assert alert_message({**ROW, **changes}, "w07") == told
