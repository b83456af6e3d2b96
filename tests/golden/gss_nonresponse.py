"""Our nonresponse-adjusted weight of the GSS panel beside NORC's: `python -m tests.golden.gss_nonresponse`.

NORC's wtpannr123 adjusts its base panel weight by classes of response propensity, from what it knows of the frame.
Ours starts from the weight of wave 1 and has only what the released files hold. The table goes into
tests/RESULTS.md.
"""

from pathlib import Path

import numpy as np
import polars as pl

from pipeline.panel.arrays import Categories, PanelArrays
from pipeline.panel.estimates import PanelData, wave_estimates
from pipeline.panel.weights import weigh
from pipeline.survey_files import read_survey
from pipeline.weighting_steps import CalibrationStep, Covariate, NonresponseStep, WeightRecipe
from tests.golden.gss_cohort import (
    Cohort,
    Integers,
    Texts,
    delivered_folder,
    domain_values,
    is_ineligible,
    numbers,
    read_cohort,
)
from tests.results_page import replace_section

SURVEY = Path(__file__).resolve().parents[2] / "surveys" / "gss_panel"
TITLE = "Nonresponse weights of the GSS panel beside NORC's"
COMMAND = "python -m tests.golden.gss_nonresponse"
WAVES = ("w1", "w2", "w3")
ITEMS = ("consci", "conmedic", "confed", "conlegis", "conpress", "confinan", "trust", "fair", "helpful", "natheal")
MARGINS = ("age_group_4", "sex", "degree", "race", "region")
NORCS = "wtpannr123"
OURS = WeightRecipe(
    "ours",
    "longitudinal",
    WAVES,
    "Change from wave 1 to wave 3.",
    starting_wave="w1",
    starting_weight="wtssall",
    keeps_ineligible=True,
    nonresponse=NonresponseStep(
        "propensity",
        (*(Covariate("domain", name) for name in MARGINS), Covariate("answer", "trust", "latest")),
        is_each_wave=True,
    ),
    calibration=CalibrationStep(
        "raking", MARGINS, "starting_wave", {"age_group_4": "largest", "degree": "largest"}, 1e-10, 10_000
    ),
)


def main() -> None:
    """Write the section of the results page."""
    table = comparison(read_cohort(delivered_folder()))
    lines = [
        f"`{COMMAND}`: 2006 cohort, ten items at wave 3; difference of every answer's share in standard errors.",
        "",
        *markdown(table),
    ]
    print("\n".join(lines))
    replace_section(TITLE, lines)


def panel_data(cohort: Cohort) -> PanelData:
    """Return the cohort as the pipeline has it."""
    survey = read_survey(SURVEY)
    known = domain_values(cohort)
    domains = {
        domain.domain: Categories(domain.values, _codes(known[domain.domain], domain.values))
        for domain in survey.domains
    }
    stratum, psu = (numbers(cohort.roster[name]).astype(np.int64) for name in ("vstrat_w1", "vpsu_w1"))
    answers = {wave: _answers(cohort, number) for number, wave in enumerate(WAVES, start=1)}
    eligible = {wave: ~is_ineligible(cohort, number) for number, wave in enumerate(WAVES, start=1)}
    arrays = PanelArrays(
        members=tuple(cohort.person.tolist()),
        stratum=stratum,
        psu=stratum * 10 + psu,
        cohort=np.repeat("", cohort.person.size),
        domains=domains,
        numbers={name: numbers(cohort.roster[name]) for name in ("wtssall_w1", "wtpan123", NORCS)},
        is_respondent={wave: cohort.interviewed[number] for number, wave in enumerate(WAVES, start=1)},
        is_eligible=eligible,
        is_invited=eligible,
        is_listed=dict.fromkeys(WAVES, np.ones(cohort.person.size, np.bool_)),
        answers=answers,
    )
    return PanelData(survey, arrays, answers)


def _codes(values: Texts, labels: tuple[str, ...]) -> Integers:
    place = {label: code for code, label in enumerate(labels)}
    return np.array([place.get(value, -1) for value in values.tolist()], np.int64)


def _answers(cohort: Cohort, wave: int) -> pl.DataFrame:
    """Return the answers to the items compared, blanks left out."""
    frames = [
        pl.DataFrame({"panel_member_id": cohort.person.tolist(), "code": cohort.answers[wave][item].tolist()})
        .drop_nulls("code")
        .with_columns(item=pl.lit(item), number=pl.lit(None, pl.Float64))
        for item in ITEMS
    ]
    return pl.concat(frames)


def comparison(cohort: Cohort) -> pl.DataFrame:
    """Return each answer's share at wave 3 under both weights, and their difference in NORC's standard errors."""
    data = panel_data(cohort)
    ours, norcs = (_shares(data, recipe) for recipe in (OURS, data.survey.weight(NORCS)))
    both = ours.join(norcs, on=["item", "category"], suffix="_norc")
    difference = pl.col("estimate") - pl.col("estimate_norc")
    return both.with_columns(in_errors=difference / pl.col("standard_error_norc"))


def _shares(data: PanelData, recipe: WeightRecipe) -> pl.DataFrame:
    weight = weigh(data.survey, recipe, WAVES, data.arrays)
    rows = wave_estimates(data, weight, "w3", confidence=0.95, is_provisional=False)
    wanted = (pl.col("domain") == "all") & (pl.col("statistic") == "share")
    return rows.filter(wanted).select("item", "category", "estimate", "standard_error", "unweighted_n")


def root_mean_square(table: pl.DataFrame) -> float:
    """Return the root mean square of the differences, in standard errors."""
    return float(np.sqrt(np.square(table["in_errors"].to_numpy()).mean()))


def markdown(table: pl.DataFrame) -> list[str]:
    """Return one line per item, and one for all."""
    lines = [
        "| item | n | largest share: ours | NORC's | SE | root mean square difference, in SE |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for item in ITEMS:
        rows = table.filter(item=item)
        row = rows.sort("estimate_norc").row(-1, named=True)
        lines.append(
            f"| {item}, {row['category']} | {row['unweighted_n']} | {row['estimate']:.4f} | {row['estimate_norc']:.4f} "
            f"| {row['standard_error_norc']:.4f} | {root_mean_square(rows):.2f} |"
        )
    return [*lines, f"| all ten | | | | | {root_mean_square(table):.2f} |"]


if __name__ == "__main__":
    main()
