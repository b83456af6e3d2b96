"""Response as published rows, member by member: what each final disposition is, and who has no response rate."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.analysis_plans import RetentionPlan
from pipeline.definitions import Recruitment, Survey
from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.estimates import PanelData
from pipeline.panel.lives import Lives, panel_time
from pipeline.panel.response import panel_representativity, panel_response
from pipeline.panel.retention import retention
from pipeline.panel.weights import weigh
from pipeline.weighting_steps import WeightRecipe
from tests.builders_validation import one_survey, one_wave

WAVES = ("w01", "w02", "w03")
# a row a member: 1 answered, 0 did not, p partial, q removed, w withdrew, d died
MEMBERS = ("111", "110", "11p", "11q", "1ww", "1dd", "100", "000", "111", "111")
Row = dict[str, float | None]


def survey(**changes: object) -> Survey:
    waves = tuple(
        replace(one_wave(), wave=wave, wave_number=at, fieldwork_start=date(2025, at, 1))
        for at, wave in enumerate(WAVES, 1)
    )
    equal = WeightRecipe("equal", "cross_sectional", (), "All alike.")
    usual = {"waves": waves, "retention": RetentionPlan("w01", "equal", 1), "weights": (equal,)}
    return replace(one_survey(), **(usual | changes))  # type: ignore[arg-type]


def panel(*, n_other: int = 0, passed_over: dict[str, str] | None = None, **changes: object) -> PanelData:
    """Return the panel of MEMBERS, the last of whom were recruited by other means; some waves passed some over."""
    marks = np.array([list(member) for member in MEMBERS])

    def by_wave(*shown: str) -> dict[str, np.ndarray]:
        return {wave: np.isin(marks[:, at], shown) for at, wave in enumerate(WAVES)}

    n, ids = len(MEMBERS), "abcdefghij"
    skipped = {wave: np.isin(list(ids), list(members)) for wave, members in (passed_over or {}).items()}
    arrays = PanelArrays(
        members=tuple(ids),
        stratum=np.zeros(n, np.int64),
        psu=np.arange(n),
        cohort=np.full(n, "c1"),
        domains={
            "age_group": Categories(("16-64", "65-74", "75+"), np.arange(n) % 2),
            "sex": Categories(("Female", "Male"), np.arange(n) % 2),
        },
        numbers={},
        is_respondent=by_wave("1"),
        is_eligible=by_wave("1", "0", "p", "q", "w"),
        is_invited={
            wave: flags & ~skipped.get(wave, np.zeros(n, np.bool_))
            for wave, flags in by_wave("1", "0", "p", "q").items()
        },
        is_listed={wave: np.ones(n, np.bool_) for wave in WAVES},
        is_passed_over=skipped,
        other_means=np.arange(n) >= n - n_other if n_other else None,
    )
    return PanelData(survey(**changes), arrays, dict.fromkeys(WAVES, pl.DataFrame()))


TOLD = pl.DataFrame(
    {"panel_member_id": ["c", "d"], "wave": ["w03", "w03"], "disposition": ["partial", "removed_quality"]}
)


def everyone_at_w03(**changes: object) -> Row:
    found = panel_response(panel(**changes), TOLD, confidence=0.95)  # type: ignore[arg-type]
    return found.filter(wave="w03", domain="all").row(0, named=True)


def test_every_member_has_one_final_disposition() -> None:
    row = everyone_at_w03()
    assert row["n_respondents"] == 3
    counts = ("n_partial", "n_other", "n_refused", "n_not_eligible")
    assert [row[name] for name in counts] == [1, 1, 1, 1]
    # who missed w02 counts as having left, and did not say so: nobody knows; who answered w02 is known to be there
    assert (row["n_unknown"], row["n_not_contacted"]) == (2, 1)
    assert row["rr1"] == row["response_rate"] == pytest.approx(3 / 9)
    assert row["rr6"] == pytest.approx(4 / 7)
    assert row["eligibility_rate"] == pytest.approx(7 / 8)
    assert row["completion_rate"] == pytest.approx(3 / 8)


def test_nobody_knows_whether_those_whose_invitation_came_back_are_still_in_the_population() -> None:
    # b had answered w02, so without the returned letter is known to be there
    returned = pl.concat(
        [TOLD, pl.DataFrame([{"panel_member_id": "b", "wave": "w03", "disposition": "undeliverable"}])]
    )
    found = panel_response(panel(), returned, confidence=0.95).filter(wave="w03", domain="all").row(0, named=True)
    before = everyone_at_w03()
    assert (found["n_unknown"], found["n_not_contacted"]) == (3, 0)
    assert found["n_other"] == before["n_other"]
    assert found["rr1"] == before["rr1"] == pytest.approx(3 / 9)
    assert found["rr5"] > before["rr5"]  # which counts nobody of unknown eligibility


def test_members_recruited_by_other_means_are_counted_and_have_no_response_rate() -> None:
    row = everyone_at_w03(n_other=2)
    assert row["n_respondents"] == 3
    assert row["rr1"] == row["response_rate"] == pytest.approx(1 / 7)
    assert row["completion_rate"] == pytest.approx(3 / 8)


def test_who_was_not_invited_is_in_no_rate() -> None:
    # h had missed both waves before, and is passed over at the third
    data = panel(passed_over={"w03": "h"})
    told = pl.concat([TOLD, TOLD[:1].with_columns(panel_member_id=pl.lit("h"), disposition=pl.lit("not_invited"))])
    row = panel_response(data, told, confidence=0.95).filter(wave="w03", domain="all").row(0, named=True)
    assert (row["n_unknown"], row["n_refused"], row["n_other"]) == (1, 1, 1)
    assert row["rr1"] == row["response_rate"] == pytest.approx(3 / 8)
    assert row["completion_rate"] == pytest.approx(3 / 7)


def test_members_whom_a_wave_passed_over_are_not_lost_to_the_panel() -> None:
    # at w02 nine are in the population; g and h were not asked, e has left the panel, the six others answered
    data = panel(passed_over={"w02": "gh"}, recruitment={"c1": Recruitment(100, 20, 10)})
    row = panel_response(data, TOLD, confidence=0.95).filter(wave="w02", domain="all").row(0, named=True)
    assert row["retention_rate"] == pytest.approx(6 / 7)
    assert row["cumrr2"] == pytest.approx(0.2 * 0.5 * 6 / 7)
    assert row["cumrr1"] == pytest.approx(0.2 * 0.5 * 6 / 6)


def test_retention_is_of_those_whom_the_wave_did_not_pass_over() -> None:
    data = panel(passed_over={"w02": "g"})
    weight = weigh(data.survey, data.survey.weight("equal"), ("w01",), data.arrays)
    rates = retention(data, weight, confidence=0.95).filter(domain="all").sort("wave")
    columns = ("n_first_wave", "n_eligible", "n_respondents", "retention_raw", "retention_eligible")
    # e withdrew, f died: w02 has no g; at w03 g is asked again
    assert rates.select(columns).rows()[1] == (8, 7, 6, pytest.approx(6 / 8), pytest.approx(6 / 7))
    assert rates.select(columns).rows()[2] == (9, 8, 3, pytest.approx(3 / 9), pytest.approx(3 / 8))


def test_a_declared_recruitment_gives_the_cumulative_rates() -> None:
    row = everyone_at_w03(recruitment={"c1": Recruitment(100, 20, 10)})
    assert row["recruitment_rate"] == 0.2
    assert row["profile_rate"] == 0.5
    assert row["retention_rate"] == pytest.approx(8 / 9)
    assert row["cumrr1"] == pytest.approx(0.2 * 0.5 * 3 / 8)
    assert row["cumulative_response_rate"] == row["cumrr2"] == pytest.approx(0.2 * 0.5 * 3 / 9)


@pytest.mark.parametrize("inference", ["calibrated_legacy", "pseudo_weighted", "not_representative"])
def test_without_known_chances_there_is_participation_and_no_response_rate(inference: str) -> None:
    row = everyone_at_w03(inference=inference, recruitment={"c1": Recruitment(100, 20, 10)})
    assert row["rate_kind"] == "participation"
    assert row["completion_rate"] == pytest.approx(3 / 8)
    assert {row[name] for name in ("response_rate", "rr1", "rr6", "cumrr2", "cumulative_response_rate")} == {None}


def test_a_wave_whose_response_cannot_be_modelled_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lives = Lives(
        pl.DataFrame(
            {"panel_member_id": list("abcdefghij"), "joined_on": [date(2024, 1, 1)] * 10, "exit_reason": [None] * 10}
        ).with_columns(age=pl.lit(None, pl.Float64), exit_reason=pl.lit(None, pl.String)),
        pl.DataFrame(schema={"panel_member_id": pl.String, "disposition": pl.String}),
        {},
    )
    time = panel_time(panel(), lives)
    found = panel_representativity(time, confidence=0.95)
    assert found["wave"].unique().sort().to_list() == list(WAVES)
    from pipeline.errors import EstimationError
    from pipeline.panel import response as module

    def cannot(*_: object, **__: object) -> pl.DataFrame:
        raise EstimationError("no maximum")

    monkeypatch.setattr(module, "representativity", cannot)
    rows = panel_representativity(time, confidence=0.95).rows(named=True)
    assert [(row["wave"], row["indicator"], row["covariates"]) for row in rows] == [
        (wave, "not_fitted", "no maximum") for wave in WAVES
    ]
