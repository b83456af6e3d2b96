"""A list with selection probabilities, an export with its codebook, and published totals: a probability panel."""

from pathlib import Path

import pytest

from pipeline.survey_files import read_survey
from tests.nights import Panel, Ran, run

N = 200
AGREE = ("Disagree", "Neither", "Agree")
VALUES = "".join(f'<value code="{code}">{label}</value>' for code, label in enumerate(AGREE, 1))
CODEBOOK = f"""<?xml version="1.0"?>
<sss version="2.0"><survey><title>Spring</title><record ident="A">
<variable ident="1" type="quantity"><name>member_id</name><label>Member id</label><position start="1" finish="4"/>
<values><range from="1000" to="9999"/></values></variable>
<variable ident="2" type="single"><name>Q1</name><label>The council can be trusted.</label>
<position start="5" finish="5"/><values>{VALUES}</values></variable>
<variable ident="3" type="date"><name>enddate</name><label>End date</label><position start="6" finish="13"/></variable>
</record></survey></sss>
"""
GROUPS = {"White": 150, "Asian or Asian British": 30, "Black or Black British": 20}
CENSUS = (
    *("White: British,9000", "White: Irish,100", "Asian or Asian British: Indian,500"),
    *("Asian or Asian British: Chinese,200", "Black or Black British: African,200"),
)


def write_files(folder: Path) -> list[str]:
    """Write a member list, a fixed-width export with its codebook, and a census table; return the options."""
    groups = [name for name, n in GROUPS.items() for _ in range(n)]
    head = "Member ID,Year of birth,Ethnic group,Cohort,Selection probability"
    members = [f"{1000 + n},{1940 + n % 60},{groups[n]},2024,{0.01 if n % 2 else 0.02}" for n in range(N)]
    answers = [f"{1000 + n}{1 + n % 3}202503{1 + n % 20:02d}" for n in range(N)]
    census = ["area,ethnic group,n", *(f"Here,{line}" for line in CENSUS)]
    texts = {
        "members.csv": [head, *members], "spring.asc": answers, "spring.sss": [CODEBOOK], "census.csv": census,
    }  # fmt: skip
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = {"members": "members.csv", "export": "spring.asc", "codebook": "spring.sss", "margins": "census.csv"}
    return [word for option, name in given.items() for word in (f"--{option}", str(folder / name))]


@pytest.fixture(scope="module")
def adopted(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Panel, Ran]:
    """Adopt the panel and run its first night."""
    folder = tmp_path_factory.mktemp("probabilities")
    options = write_files(folder)
    panel = Panel(folder / "panel")
    return panel, run("adopt", str(panel.root), *options, "--title", "Town")


def test_probabilities_that_are_known_make_a_probability_panel(adopted: tuple[Panel, Ran]) -> None:
    panel, ran = adopted
    assert ran.exit_code == 0, ran.text
    assert panel.sql("select distinct inference from estimates").item() == "probability"
    base = panel.stored("select base_weight, count(*) as n from analysis.weights group by all order by all").rows()
    assert base == [(50.0, N // 2), (100.0, N // 2)]
    assert panel.sql("select count(base_weight) from weights").item() == 0, "it would name the stratum"
    page = (panel.root / "var" / "drafts" / "town" / "w01" / "newsletter.html").read_text(encoding="utf-8")
    assert "The selection probabilities of this panel are not known" not in page


def test_the_codebook_goes_with_the_wave_through_the_night(adopted: tuple[Panel, Ran]) -> None:
    panel, _ = adopted
    survey = read_survey(panel.root / "surveys" / "town")
    assert str(survey.wave("w01").source.codebook).endswith("surveys/town/spring.sss")
    assert [option.label for option in survey.items["q1"].answers] == list(AGREE)
    labels = panel.sql("select distinct label from answers where item = 'q1' order by label")["label"].to_list()
    assert labels == sorted(AGREE)


def test_published_categories_are_merged_until_the_list_meets_them(adopted: tuple[Panel, Ran]) -> None:
    panel, _ = adopted
    totals = panel.sql("select category, persons from margins where margin = 'ethnicity' order by category").rows()
    assert totals == [
        ("Asian or Asian British", 700.0), ("Black or Black British: African", 200.0), ("White", 9100.0),
    ]  # fmt: skip
    weighted = panel.sql("select sum(weight) as n from weights").item()
    assert weighted == pytest.approx(10_000)
    assert "the 2 categories of 'White' are one" in (panel.root / "DECISIONS.md").read_text(encoding="utf-8")
